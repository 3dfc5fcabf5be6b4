"""What the buttons of the mapping editor do to a draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from connections import drafts, editing
from connections.document import FieldMapping, every, read_conditions, read_mappings
from connections.drafts import Holder
from connections.editing import Rows
from syncapp.errors import Invalid, NotThere, Refused
from syncapp.tenants.actors import Actor

_OF_ONE: Final[dict[str, tuple[str, Callable[[Rows, str], Rows]]]] = {
    "remove": ("Remove {}", lambda present, name: editing.without(present, {name})),
    "up": ("Move {} up", lambda present, name: editing.moved(present, name, -1)),
    "down": ("Move {} down", lambda present, name: editing.moved(present, name, 1)),
    "on": ("Switch {} on", lambda present, name: editing.switched(present, {name}, on=True)),
    "off": ("Switch {} off", lambda present, name: editing.switched(present, {name}, on=False)),
    "accept": ("Accept {}", lambda present, name: editing.accepted(present, {name})),
}
"""What is done to one row: how it is called, and what it makes of the rows."""


def act(holder: Holder, verb: str, name: str, *, actor: Actor, etag: int | None) -> str:
    """Do what a button says; give what happened, in words.

    Raises:
        Changed: somebody else changed the draft meanwhile.
        Refused: there is nothing to do.
        NotThere: the row is gone.
        Invalid: there is no such act.
    """
    if verb in _OF_ONE:
        return _one(holder, verb, name, actor, etag)
    match verb:
        case "undo":
            return f"Undone: {drafts.undo(holder, actor=actor, etag=etag)}."
        case "suggest":
            return _suggest(holder, actor, etag)
        case "accept-all":
            return _waiting(holder, actor, etag, accept=True)
        case "dismiss":
            return _waiting(holder, actor, etag, accept=False)
        case "discard":
            return _discard(holder, actor, etag)
    raise Invalid("There is no such act.")


def _one(holder: Holder, verb: str, name: str, actor: Actor, etag: int | None) -> str:
    row = drafts.find(drafts.rows_of(holder), name)
    if row is None:
        raise NotThere("This mapping is gone.")
    words, make = _OF_ONE[verb]
    said = words.format(row.target)
    drafts.change(
        holder, said=said, rows=lambda present: make(present, name), actor=actor, etag=etag
    )
    return f"{said}: done." if verb in {"remove", "accept"} else ""


def _suggest(holder: Holder, actor: Actor, etag: int | None) -> str:
    shape = holder.shape()
    present = drafts.rows_of(holder)
    sources = holder.sources()
    if shape is None or not sources:
        raise Refused(
            "The fields of both sides must be known first: choose them in Details, and refresh "
            "the entities there."
        )
    found = editing.suggested(present, shape, sources)
    n = len(found) - len(present)
    if not n:
        raise Refused("No field of the source is called like a free field of the target.")
    told = f"{n} mapping{'' if n == 1 else 's'}"
    drafts.change(holder, said=f"Suggest {told}", rows=found, actor=actor, etag=etag)
    return f"{told} suggested; each counts once it is accepted."


def _waiting(holder: Holder, actor: Actor, etag: int | None, *, accept: bool) -> str:
    waiting = {row.uuid for row in every(drafts.rows_of(holder)) if row.suggested}
    if not waiting:
        raise Refused("There is no suggestion.")

    def make(present: tuple[FieldMapping, ...]) -> Rows:
        return (
            editing.accepted(present, waiting) if accept else editing.without(present, waiting)
        )

    told = f"{len(waiting)} suggestion{'' if len(waiting) == 1 else 's'}"
    said = f"{'Accept' if accept else 'Dismiss'} {told}"
    drafts.change(holder, said=said, rows=make, actor=actor, etag=etag)
    return f"{told} {'accepted' if accept else 'dismissed'}."


def _discard(holder: Holder, actor: Actor, etag: int | None) -> str:
    """Go back to what runs; what was switched off for good is gone, and *Undo* brings it back."""
    live = holder.connection.live_version
    if live is None:
        raise Refused("Nothing was published yet.")
    changed = drafts.change(
        holder,
        said="Discard the changes",
        rows=read_mappings(live.spec["rows"]),
        conditions=read_conditions(live.spec["conditions"]),
        actor=actor,
        etag=etag,
    )
    return f"The draft is {live} again." if changed else ""
