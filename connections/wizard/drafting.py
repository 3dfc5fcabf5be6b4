"""Begin, change and discard drafts; each belongs to one member."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from connections.models import WizardDraft
from connections.wizard.plan import Plan, plain_plan, read_plan
from syncapp.errors import Changed, NotThere, Refused
from syncapp.tenants.models import Membership, Tenant

MOST = 20
"""How many drafts a member keeps at most."""


def drafts_of(tenant: Tenant, member: Membership) -> Any:
    """Give the drafts of a member, latest first."""
    rows = WizardDraft.objects.for_tenant(tenant).filter(member=member)
    return rows.order_by("-updated_at", "-pk")


def begin(tenant: Tenant, member: Membership, *, now: datetime) -> WizardDraft:
    """Begin a draft.

    Raises:
        Refused: there are too many already.
    """
    if drafts_of(tenant, member).count() >= MOST:
        text = f"You have {MOST} unfinished connectors. Discard one first."
        raise Refused(text, code="too_many_drafts")
    draft: WizardDraft = WizardDraft.objects.create(
        tenant=tenant, member=member, data=plain_plan(Plan()), updated_at=now
    )
    return draft


def change(
    draft: WizardDraft,
    do: Callable[[Plan], None],
    *,
    now: datetime,
    step: int = 0,
    etag: int | None = None,
    passing: bool = False,
) -> WizardDraft:
    """Change what a draft says.

    Args:
        draft: the row as the caller knows it.
        do: changes the plan in place.
        now: when.
        step: the step that was reached, if it is further than before.
        etag: refuse if the row is no longer in this state.
        passing: the page only draws itself anew and stays of the present state, so that a button
            that is pressed meanwhile is no conflict.

    Raises:
        NotThere: it was finished or discarded meanwhile.
        Changed: it is no longer in this state.
    """
    row = locked(draft, etag)
    plan = read_plan(row.data)
    do(plan)
    row.etag -= passing
    write(row, plan, now=now, step=step)
    return row


def write(row: WizardDraft, plan: Plan, *, now: datetime, step: int = 0) -> None:
    """Store a plan in a row that is locked."""
    row.data = plain_plan(plan)
    row.name = plan.name[:100]
    row.step = max(row.step, step)
    row.etag += 1
    row.updated_at = now
    row.save(update_fields=["data", "name", "step", "etag", "updated_at"])


def locked(draft: WizardDraft, etag: int | None) -> WizardDraft:
    """Read a draft again and let nobody else change it before this transaction ends.

    Raises:
        NotThere: it is gone.
        Changed: it is no longer in this state.
    """
    rows = WizardDraft.objects.for_tenant(draft.tenant_id)
    row: WizardDraft | None = (
        rows.select_for_update(of=("self",))
        .select_related("tenant", "member")
        .filter(pk=draft.pk)
        .first()
    )
    if row is None:
        raise NotThere("This draft was finished or discarded meanwhile.")
    if etag is not None and row.etag != etag:
        raise Changed
    return row


def discard(draft: WizardDraft) -> None:
    """Throw a draft away; nothing of it ever existed."""
    draft.delete()
