"""What formulas see of other records: all questions of a page are answered together.

One statement for each distinct lookup, whatever the number of records that ask. Deleted records
are not seen, nor is anything of another tenant: the objects are the tenant's, and so are the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Protocol, TypeVar

from objects.records import find
from objects.records.find import Match
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coerce, index_text, key_text, storable

MOST: Final = 1_000
"""Records that one question gets at most."""


class Question(Protocol):
    """What is asked, as `formulas.language.Wanted` says it: newest, like or records."""

    @property
    def what(self) -> str: ...  # noqa: D102
    @property
    def object(self) -> str: ...  # noqa: D102
    @property
    def field(self) -> str: ...  # noqa: D102
    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def returns(self) -> str: ...  # noqa: D102
    @property
    def filters(self) -> tuple[tuple[str, str], ...]: ...  # noqa: D102


Asked = TypeVar("Asked", bound=Question)
Shapes = Mapping[str, ObjectShape]


class NoAnswer(Exception):
    """The question names an object or field that is not there.

    Attributes:
        message: which, for the tenant.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class Records:
    """The records of one tenant; ask inside its door.

    The fields of its objects are read once, with the first question.
    """

    def __init__(self, load: Callable[[], Shapes]) -> None:
        self._load = load

    @cached_property
    def _shapes(self) -> Shapes:
        return self._load()

    def find(self, questions: Collection[Asked]) -> dict[Asked, Any]:
        """Answer questions: by a value, by a list for `records`, or by a `NoAnswer`."""
        groups: dict[tuple[Any, ...], list[Asked]] = {}
        for one in questions:
            names = tuple(name for name, _ in one.filters)
            kind = (one.what, one.object, one.field, one.returns, names)
            groups.setdefault(kind, []).append(one)
        answers: dict[Asked, Any] = {}
        for group in groups.values():
            try:
                answers.update(zip(group, self._answered(group), strict=True))
            except NoAnswer as refusal:
                answers.update(dict.fromkeys(group, refusal))
        return answers

    def _answered(self, group: Sequence[Asked]) -> list[Any]:
        """Answer questions that differ by their values only."""
        one = group[0]
        shape = self._shapes.get(one.object)
        if shape is None:
            raise NoAnswer(f"There is no connect object “{one.object}”.")
        if one.what == "records":
            return _records(shape, group)
        _field(shape, one.field)
        _field(shape, one.returns)
        return _containing(shape, group) if one.what == "like" else _newest(shape, group)


def _records(shape: ObjectShape, group: Sequence[Question]) -> list[Any]:
    pairs = [question.filters for question in group]
    return _matching(shape, pairs, returns=None, limit=MOST)


def _newest(shape: ObjectShape, group: Sequence[Question]) -> list[Any]:
    pairs = [((question.field, question.key),) for question in group]
    found = _matching(shape, pairs, returns=group[0].returns, limit=1)
    return [values[0] if values else None for values in found]


def _containing(shape: ObjectShape, group: Sequence[Question]) -> list[Any]:
    parts = [question.key.casefold() for question in group]
    wanted = {part for part in parts if part and storable(part)}
    one = group[0]
    found = find.oldest_containing(shape.id, one.field, wanted, returns=one.returns)
    return [found.get(part) for part in parts]


def _matching(
    shape: ObjectShape,
    pairs: Sequence[Sequence[tuple[str, str]]],
    *,
    returns: str | None,
    limit: int,
) -> list[list[Any]]:
    """Find what has all of the values; all questions name the same fields, each may once."""
    fields = [_field(shape, name) for name, _ in pairs[0]]
    fields.sort(key=lambda field: (not field.is_key, not field.searched))
    first = fields[0] if fields else None
    matches = {
        number: match
        for number, some in enumerate(pairs)
        if (match := _match(shape, first, dict(some))) is not None
    }
    found: list[list[Any]] = [[] for _ in pairs]
    if matches:
        answers = find.newest(
            shape.id, first, list(matches.values()), returns=returns, limit=limit
        )
        for number, answer in zip(matches, answers, strict=True):
            found[number] = answer
    return found


def _match(
    shape: ObjectShape, first: FieldShape | None, texts: Mapping[str, str]
) -> Match | None:
    """Bring texts to the types of their fields; no record has what cannot be brought there."""
    try:
        values = {name: coerce(shape.by_name[name], text) for name, text in texts.items()}
        if first is None:
            return Match("", values)
        value = values[first.name]
        text = key_text(value) if first.is_key else index_text(first, value)
    except ValueRefused:
        return None
    return Match(text or "", values)


def _field(shape: ObjectShape, name: str) -> FieldShape:
    field = shape.by_name.get(name)
    if field is None:
        raise NoAnswer(f"The connect object “{shape.type}” has no field “{name}”.")
    return field
