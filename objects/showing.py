"""How values of records look to people."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from objects.records.changes import Origin, Source
from objects.shape import FieldShape
from syncapp import canonical
from syncapp.tenants.models import ApiKey, Membership, Tenant

SHORT: Final = 80
_ORIGINS: Final = {
    Origin.USER: "a former user",
    Origin.API: "a former API key",
    Origin.SYNC: "a sync",
    Origin.IMPORT: "an import",
    Origin.UNDO: "an undo",
}


def shown(field: FieldShape | None, value: Any, *, limit: int | None = None) -> str | None:
    """Write a value for people; None for nothing, which tables show as a dash.

    Args:
        field: the field as it is now; None if it is gone.
        value: as it is stored.
        limit: cut the text after so many characters.
    """
    if value is None or value == "":
        return None
    text = _text(field, value)
    return text if limit is None or len(text) <= limit else f"{text[:limit]}…"


def _text(field: FieldShape | None, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict | list):
        return canonical.text(value)
    text = str(value)
    if field is not None and field.type == "datetime":
        return text.replace("T", " ").replace("Z", " UTC")
    if field is not None and field.type == "choice":
        return next((label or code for code, label in field.choices if code == text), text)
    return text


def names_of(tenant: Tenant, sources: Iterable[Source]) -> dict[Source, str]:
    """Name who wrote; at most two queries, however many entries."""
    wanted = set(sources)
    ids = {
        origin: {source.id for source in wanted if source.origin is origin and source.id}
        for origin in (Origin.USER, Origin.API)
    }
    found: dict[tuple[Origin, int | None], str] = {}
    if ids[Origin.USER]:
        members = Membership.objects.for_tenant(tenant).filter(user__in=ids[Origin.USER])
        for member in members.select_related("user"):
            found[Origin.USER, member.user_id] = str(member.user)
    if ids[Origin.API]:
        for key in ApiKey.objects.for_tenant(tenant).filter(pk__in=ids[Origin.API]):
            found[Origin.API, key.pk] = f"API key {key.name}"
    return {source: found.get(source, _ORIGINS[source.origin]) for source in wanted}
