"""The steps of drafts: how each was before a change, so that the change can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import QuerySet

from connections.models import DraftStep
from syncapp.tenants.actors import Actor

MOST: Final = 50
"""How many changes of a draft can be undone."""
_SAID: Final = 200


def of(tenant_id: int, side: str, owner: Mapping[str, Any]) -> QuerySet[DraftStep]:
    """List the steps of a draft, the last one first; `owner` is its connection or wizard."""
    return DraftStep.objects.filter(tenant_id=tenant_id, side=side, **owner).order_by("-pk")


def remember(
    tenant_id: int,
    side: str,
    owner: Mapping[str, Any],
    *,
    before: Mapping[str, Any],
    said: str,
    actor: Actor,
) -> None:
    """Keep how a draft was before it is changed, and forget the oldest steps."""
    DraftStep.objects.create(
        tenant_id=tenant_id,
        side=side,
        said=said[:_SAID],
        before=before,
        by=actor.label,
        **owner,
    )
    old = list(of(tenant_id, side, owner).values_list("pk", flat=True)[MOST : MOST + 10])
    if old:
        DraftStep.objects.filter(tenant_id=tenant_id, pk__in=old).delete()
