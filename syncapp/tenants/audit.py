"""Who changed what, when: one entry per change of configuration, written in its transaction.

Every service that changes configuration calls `record` once. Rows that change by themselves
(schedules, leases, record values) are not configuration and leave no entry here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from django.db import models

from syncapp.tenants.actors import Actor
from syncapp.tenants.models import AuditEntry, Tenant

Diff = Mapping[str, list[Any]]
_LABEL_LENGTH: Final = 200


def record(
    tenant: Tenant,
    actor: Actor,
    action: str,
    obj: models.Model,
    *,
    diff: Diff | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write one entry; call it before deleting `obj`, while it still has its id.

    Args:
        tenant: whose configuration changed.
        actor: who did it.
        action: a verb of the glossary, as it is: create, edit, delete, activate, revoke …
        obj: what was changed; its class gives the entry's kind ("connection config").
        diff: {field: [before, after]}, best made by `diff`.
        reason: what the actor said about it.
    """
    return AuditEntry.objects.create(
        tenant=tenant,
        actor=actor.label,
        actor_user=actor.user_id,
        action=action,
        kind=kind_of(obj),
        object_id=obj.pk,
        object_label=str(obj)[:_LABEL_LENGTH],
        diff=dict(diff or {}),
        reason=reason,
    )


def kind_of(obj: models.Model | type[models.Model]) -> str:
    """Name the kind of thing that an entry is about: "profile", "connection config"."""
    return str(obj._meta.verbose_name)


def snapshot(obj: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Keep the present values of these fields, to compare with later.

    A foreign key gives its row's text, which a reader of the audit understands.
    """
    return {name: plain(getattr(obj, name)) for name in names}


def diff(
    before: Mapping[str, Any], after: Mapping[str, Any], *, secret: Collection[str] = ()
) -> dict[str, list[Any]]:
    """Compare two sets of values: {field: [before, after]} of those that differ.

    Args:
        before: field → value; nothing for something new.
        after: field → value; nothing for something deleted.
        secret: fields whose values are told as "set", "not set" and "changed" only.
    """
    names = dict.fromkeys([*before, *after])
    changes: dict[str, list[Any]] = {}
    for name in names:
        old, new = before.get(name), after.get(name)
        if plain(old) != plain(new):
            changes[name] = told(old, new) if name in secret else [plain(old), plain(new)]
    return changes


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold and a person can read."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case set() | frozenset():
            return sorted(str(item) for item in value)
        case list() | tuple():
            return [plain(item) for item in value]
        case datetime() | date() | time():
            return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def told(old: object, new: object) -> list[str]:
    """Tell that something changed without telling what it was or is."""
    if not new:
        return ["set", "not set"]
    return ["set", "changed"] if old else ["not set", "set"]
