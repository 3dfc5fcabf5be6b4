"""Schema drift: what has become of an entity's fields since they were last looked at. Pure.

A drift is JSON as `RemoteEntity.drift` keeps it: when it was last seen to change, the paths that
came and went, and of those that stayed what they were and are. Drifts add up until nothing is left
of them: a field that goes and comes back has not changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from formulas.language import paths

_DEPTH: Final = 3
Drift = Mapping[str, Any]


def fields_of(schema: Mapping[str, Any]) -> dict[str, str]:
    """Describe the fields of an entity in words, nested ones too: path → “text, at most 20”."""
    return dict(_described(schema.get("fields") or (), "", _DEPTH))


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Drift:
    """Compare two schemas; {} if their fields are the same."""
    old, new = fields_of(before), fields_of(after)
    return _drift(
        _topmost([path for path in new if path not in old]),
        _topmost([path for path in old if path not in new]),
        {path: [old[path], new[path]] for path in new if old.get(path, new[path]) != new[path]},
    )


def added_up(known: Drift, found: Drift, at: datetime) -> Drift:
    """Add a drift to one that is known already; {} if the one takes the other back."""
    came, went = set(known.get("added", ())), set(known.get("removed", ()))
    added = [path for path in known.get("added", ()) if path not in found.get("removed", ())]
    added += [path for path in found.get("added", ()) if path not in went]
    removed = [path for path in known.get("removed", ()) if path not in found.get("added", ())]
    removed += [path for path in found.get("removed", ()) if path not in came]
    changed = {**known.get("changed", {})}
    for path, (was, is_) in found.get("changed", {}).items():
        changed[path] = [changed.get(path, [was])[0], is_]
    stayed = {
        path: pair
        for path, pair in changed.items()
        if pair[0] != pair[1] and path not in removed and path not in added
    }
    drift = _drift(added, removed, stayed)
    return {**drift, "at": at.isoformat()} if drift else {}


def touched(drift: Drift, read: Sequence[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Tell which paths that are read have gone or changed.

    Yields:
        A path of the drift, what to say of it, and the paths that are read there.
    """
    for path in drift.get("removed", ()):
        if found := [one for one in read if _concerns(path, one)]:
            yield path, f"The source no longer has {path}", found
    for path, (was, is_) in drift.get("changed", {}).items():
        if found := [one for one in read if _plain(one) == _plain(path)]:
            yield path, f"In the source {path} is now {is_}, and was {was}", found


def _drift(added: list[str], removed: list[str], changed: dict[str, list[str]]) -> Drift:
    parts = {"added": added, "removed": removed, "changed": changed}
    return {name: part for name, part in parts.items() if part}


def _topmost(found: list[str]) -> list[str]:
    """Leave out what is inside of another one of them."""
    return [path for path in found if not any(path.startswith(f"{one}.") for one in found)]


def _concerns(gone: str, read: str) -> bool:
    """Whether a path leads to or through a field that has gone."""
    gone, read = _plain(gone), _plain(read)
    return read == gone or read.startswith(f"{gone}.")


def _plain(path: str) -> str:
    """Leave out which line is meant."""
    try:
        steps = paths.parse(path)
    except paths.PathError:
        return path
    return ".".join(str(step) for step in steps if isinstance(step, str))


def _described(
    fields: Sequence[Mapping[str, Any]], prefix: str, depth: int
) -> Iterator[tuple[str, str]]:
    for one in fields:
        spelled = paths.spell(one["name"])
        path = f"{prefix}{'.' if prefix and not spelled.startswith('[') else ''}{spelled}"
        yield path, _words(one)
        if one.get("fields") and depth > 1:
            yield from _described(one["fields"], path, depth - 1)


def _words(field: Mapping[str, Any]) -> str:
    words = [str(field.get("type", "text")).replace("_", " ")]
    if field.get("max_length"):
        words.append(f"at most {field['max_length']} characters")
    if field.get("scale") is not None:
        words.append(f"{field['scale']} decimal places")
    if field.get("required"):
        words.append("required")
    if field.get("choices"):
        words.append("one of " + ", ".join(str(choice[0]) for choice in field["choices"]))
    return ", ".join(words)
