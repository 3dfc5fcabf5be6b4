"""Create, edit and delete value maps and their entries; load them for a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from formulas.models import ValueMap, ValueMapEntry, ValueMapUnmapped
from formulas.services import entries as rules
from formulas.services.entries import Difference, Entries, Line, Problem
from syncapp import canonical
from syncapp.errors import Changed, Invalid, Refused
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import clean, unique, users_of
from syncapp.tenants.models import Tenant

_AUDITED: Final = ("name", "description", "value_type")
_MOST_AUDITED: Final = 100
_TAKEN: Final = "There is a value map of this name already."

_LOAD: Final = """
SELECT m.id, m.name, m.revision, m.value_type,
       coalesce(jsonb_object_agg(e.key, e.value) FILTER (WHERE e.key IS NOT NULL), '{}')
FROM value_map m LEFT JOIN value_map_entry e ON e.map_id = m.id
WHERE m.tenant_id = %(tenant)s AND (%(names)s::text[] IS NULL OR m.name = ANY(%(names)s))
GROUP BY m.id
"""
_WRITE: Final = """
INSERT INTO value_map_entry (tenant_id, map_id, key, value)
SELECT %(tenant)s, %(map)s, r.key, r.value FROM jsonb_each_text(%(entries)s::jsonb) AS r
ON CONFLICT (map_id, key) DO UPDATE SET value = excluded.value
"""
_REMOVE: Final = """
DELETE FROM value_map_entry
WHERE map_id = %(map)s AND key IN (SELECT jsonb_array_elements_text(%(keys)s::jsonb))
"""
_MAPPED: Final = """
DELETE FROM value_map_unmapped
WHERE map_id = %(map)s AND key IN (SELECT jsonb_object_keys(%(entries)s::jsonb))
"""


class InUse(Refused):
    """Something still uses this; change that first."""

    code = "in_use"


@dataclass(frozen=True, slots=True)
class LoadedMap:
    """A value map as formulas use it.

    Attributes:
        id, revision: together they name this content; a map that is made anew has another id.
        values: key → text, number or boolean, as the map's type says; null for an empty one.
    """

    id: int
    name: str
    revision: int
    values: Mapping[str, Any]


def load_maps(tenant_id: int, names: Collection[str] | None = None) -> dict[str, LoadedMap]:
    """Load value maps with all entries, by name, in one query.

    Args:
        tenant_id: whose.
        names: only these; None for all. Those that do not exist are absent from the answer.
    """
    wanted = None if names is None else [one for one in names if not rules.unstorable(one)]
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, {"tenant": tenant_id, "names": wanted})
        rows = cursor.fetchall()
    return {
        name: LoadedMap(
            id_,
            name,
            revision,
            {
                key: rules.typed(text, value_type)
                for key, text in canonical.loads(found).items()
            },
        )
        for id_, name, revision, value_type, found in rows
    }


def map_ids(tenant_id: int) -> dict[str, int]:
    """Give the value maps that there are: name → id."""
    return dict(ValueMap.objects.filter(tenant_id=tenant_id).values_list("name", "pk"))


def create_map(
    *,
    tenant: Tenant,
    name: str,
    description: str = "",
    value_type: str = ValueMap.ValueType.TEXT,
    entries: Entries | None = None,
    actor: Actor,
) -> ValueMap:
    """Make a value map.

    Raises:
        Invalid: name, type or entries will not do, or the name is taken.
    """
    made = ValueMap(
        tenant=tenant, name=name.strip(), description=description, value_type=value_type
    )
    clean(made)
    wanted = judged(entries or {}, value_type)
    with transaction.atomic(), unique("name", _TAKEN):
        made.save(force_insert=True)
        _write(made, wanted)
        diff = audit.diff({}, audit.snapshot(made, _AUDITED))
        difference = rules.compare({}, wanted)
        audit.record(tenant, actor, "create", made, diff={**diff, **_told(difference)})
    return made


def edit_map(
    row: ValueMap,
    *,
    name: str | None = None,
    description: str | None = None,
    value_type: str | None = None,
    entries: Entries | None = None,
    known: int | None = None,
    actor: Actor,
) -> ValueMap:
    """Change what is given of a value map; `entries` replaces all of them.

    The map is read anew and locked; `known` is the revision that the change was made from.

    Raises:
        Changed: somebody changed the entries since `known`.
        Invalid: the values will not do; the name is taken, or in use.
    """
    with transaction.atomic():
        row = _locked(row, known)
        before, present = audit.snapshot(row, _AUDITED), entries_of(row)
        new_name = row.name if name is None else name.strip()
        if new_name != row.name and (users := users_of(row)):
            said = ", ".join(map(str, users[:3]))
            raise Invalid(fields={"name": f"Formulas of {said} call the map by its name."})
        row.name = new_name
        row.description = row.description if description is None else description
        row.value_type = row.value_type if value_type is None else value_type
        clean(row)
        wanted = judged(present if entries is None else entries, row.value_type)
        difference = rules.compare(present, wanted)
        diff = audit.diff(before, audit.snapshot(row, _AUDITED))
        if diff or difference:
            row.revision += bool(difference) or "value_type" in diff
            with unique("name", _TAKEN):
                row.save(update_fields=(*_AUDITED, "revision", "changed_at"))
            _apply(row, difference)
            audit.record(row.tenant, actor, "edit", row, diff={**diff, **_told(difference)})
    return row


def patch_map(
    row: ValueMap,
    *,
    changes: Mapping[str, str | None],
    known: int | None = None,
    actor: Actor,
    **details: Any,
) -> ValueMap:
    """Change some entries: a text sets the value of a key, None removes the key.

    `details` are name, description and type, as far as they change.

    Raises:
        Changed: somebody changed the entries since `known`.
        Invalid: a key or value will not do; the name is taken, or in use.
    """
    with transaction.atomic():
        row = _locked(row, known)
        wanted = entries_of(row)
        for key, value in changes.items():
            if value is None:
                wanted.pop(key, None)
            else:
                wanted[key] = value
        return edit_map(row, entries=wanted, actor=actor, **details)


def delete_map(row: ValueMap, *, actor: Actor) -> None:
    """Delete a value map with its entries and its inbox.

    Raises:
        InUse: formulas of published connections call it.
    """
    with transaction.atomic():
        row = _locked(row, None)
        if users := users_of(row):
            raise InUse(f"“{row}” is in use by {', '.join(map(str, users[:10]))}.")
        gone = rules.compare(entries_of(row), {})
        diff = audit.diff(audit.snapshot(row, _AUDITED), {})
        audit.record(row.tenant, actor, "delete", row, diff={**diff, **_told(gone)})
        row.delete()


def entries_of(row: ValueMap) -> dict[str, str]:
    """Give all entries by key, in the order of keys."""
    return dict(row.entries.order_by("key").values_list("key", "value"))


def counted(rows: QuerySet[ValueMap]) -> QuerySet[Any]:
    """Add how many entries and waiting values there are."""
    waiting = ValueMapUnmapped.objects.filter(tenant=OuterRef("tenant"), ignored=False)
    entries = ValueMapEntry.objects.filter(tenant=OuterRef("tenant"))
    return rows.annotate(n_entries=_count(entries), n_unmapped=_count(waiting))


def judged(entries: Entries, value_type: str) -> dict[str, str]:
    """Spell all values as the type is.

    Raises:
        Invalid: some will not do; says which.
    """
    lines = (Line(at, key, value) for at, (key, value) in enumerate(entries.items(), 1))
    found = rules.read(lines, value_type)
    refuse(found.problems)
    return found.entries


def refuse(problems: list[Problem]) -> None:
    """Raise what is wrong with lines, the first few of it.

    Raises:
        Invalid: there is something.
    """
    if not problems:
        return
    said = [f"Line {at}: {text}" if at else text for at, text in problems[:5]]
    if more := len(problems) - len(said):
        said.append(f"{more} more lines are wrong.")
    raise Invalid(fields={"entries": " ".join(said)})


def _count(parts: QuerySet[Any]) -> Coalesce:
    mine = parts.filter(map=OuterRef("pk")).order_by().values("map")
    return Coalesce(Subquery(mine.annotate(n=Count("pk")).values("n")), 0)


def _locked(row: ValueMap, known: int | None) -> ValueMap:
    rows = ValueMap.objects.for_tenant(row.tenant).select_for_update(of=("self",))
    found: ValueMap = rows.select_related("tenant").get(pk=row.pk)
    if known is not None and known != found.revision:
        raise Changed
    return found


def _apply(row: ValueMap, difference: Difference) -> None:
    if difference.removed:
        _run(_REMOVE, row, keys=canonical.text(list(difference.removed)))
    changed = {key: after for key, (_, after) in difference.changed.items()}
    _write(row, {**difference.added, **changed})


def _write(row: ValueMap, entries: Entries) -> None:
    if entries:
        sent = canonical.text(dict(entries))
        _run(_WRITE, row, entries=sent)
        _run(_MAPPED, row, entries=sent)


def _run(query: str, row: ValueMap, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, {"tenant": row.tenant_id, "map": row.pk, **parameters})


def _told(difference: Difference) -> dict[str, list[Any]]:
    """Say what changed to a reader of the audit; of very much, that it was very much."""
    told: dict[str, list[Any]] = {
        **{f"entry {key}": [None, after] for key, after in difference.added.items()},
        **{f"entry {key}": list(both) for key, both in difference.changed.items()},
        **{f"entry {key}": [before, None] for key, before in difference.removed.items()},
    }
    if (more := len(told) - _MOST_AUDITED) <= 0:
        return told
    kept = dict(list(told.items())[:_MOST_AUDITED])
    return {**kept, "further entries": [None, f"{more} changed"]}
