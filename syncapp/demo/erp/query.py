"""Query options: `$filter`, `$orderby`, `$top`, `$skip`, `$count`, `$select`, `$skiptoken`.

Pages go on behind the last record given (keyset), not at a number of records: a record that
somebody adds or deletes meanwhile moves no other record off or onto a page.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from syncapp import canonical
from syncapp.demo.erp import filters
from syncapp.demo.erp.errors import ODataError
from syncapp.demo.erp.model import EntitySet, Kind, Property

MAX_PAGE_SIZE: Final = 1000
DEFAULT_PAGE_SIZE: Final = 500
MAX_NUMBER: Final = 1_000_000_000

OPTIONS = ("$filter", "$orderby", "$top", "$skip", "$count", "$select", "$skiptoken", "$format")

Position = tuple[Any, ...]
"""Where a record stands in an order: its ranks, the key as the last."""

_TYPES: dict[Kind, type | tuple[type, ...]] = {
    Kind.INT: int,
    Kind.DECIMAL: (int, Decimal),
    Kind.BOOL: bool,
}


@dataclass(frozen=True, slots=True)
class _Descending:
    """A rank that sorts the other way round."""

    rank: tuple[bool, Any]

    def __lt__(self, other: _Descending) -> bool:
        return other.rank < self.rank


@dataclass(frozen=True, slots=True)
class Term:
    """One field of an order; nulls stand before all values."""

    field: Property
    evaluate: Callable[[Mapping[str, Any]], Any]
    descending: bool = False

    def rank(self, value: Any) -> Any:
        """Make a value comparable."""
        rank = (value is not None, value)
        return _Descending(rank) if self.descending else rank

    def fits(self, value: Any) -> bool:
        """Tell whether a value from a token can be compared with this field's."""
        if isinstance(value, bool) and self.field.kind is not Kind.BOOL:
            return False
        return value is None or isinstance(value, _TYPES.get(self.field.kind, str))


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of an entity set."""

    terms: tuple[Term, ...]

    @property
    def by_key(self) -> bool:
        """The order in which records are stored anyway."""
        return len(self.terms) == 1 and not self.terms[0].descending

    def position(self, values: Mapping[str, Any]) -> Position:
        """Tell where a record stands."""
        return tuple(term.rank(term.evaluate(values)) for term in self.terms)

    def token(self, values: Mapping[str, Any]) -> str:
        """Write down where a record stands."""
        place = canonical.dumps([term.evaluate(values) for term in self.terms])
        return base64.urlsafe_b64encode(place).decode()

    def after(self, token: str) -> Position:
        """Read a place that `token` wrote down."""
        try:
            place = canonical.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        except (*canonical.type_errors, binascii.Error, ValueError):
            place = None
        if not isinstance(place, list) or len(place) != len(self.terms):
            raise _wrong("$skiptoken", "is not a token of this list")
        if not all(term.fits(value) for term, value in zip(self.terms, place, strict=True)):
            raise _wrong("$skiptoken", "is not a token of this list")
        return tuple(term.rank(value) for term, value in zip(self.terms, place, strict=True))


@dataclass(frozen=True, slots=True)
class Query:
    """What a client wants to see of an entity set."""

    order: Order
    where: filters.Evaluate | None = None
    top: int | None = None
    skip: int = 0
    count: bool = False
    select: tuple[str, ...] | None = None
    after: Position | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def next_options(self, token: str, n_given: int) -> str:
        """Spell the options of the page that follows, as a query string."""
        following = {name: text for name, text in self.options.items() if name != "$skip"}
        if self.top is not None:
            following["$top"] = str(self.top - n_given)
        return urlencode(following | {"$skiptoken": token}, safe="$,/'()", quote_via=quote)


def parse(text: str, entity_set: EntitySet) -> Query:
    """Understand a query string.

    Raises:
        ODataError: an option is unknown, given twice, or says what cannot be.
    """
    options = read_options(text, OPTIONS)
    order = _order(options.get("$orderby", ""), entity_set)
    where, top, token = options.get("$filter"), options.get("$top"), options.get("$skiptoken")
    return Query(
        order=order,
        where=None if where is None else filters.parse(where, entity_set),
        top=None if top is None else _number("$top", top),
        skip=_number("$skip", options.get("$skip", "0")),
        count=_flag("$count", options.get("$count", "false")),
        select=_select(options.get("$select", "*"), entity_set),
        after=None if token is None else order.after(token),
        options=options,
    )


def read_options(text: str, allowed: tuple[str, ...]) -> dict[str, str]:
    """Split a query string into options; each may be given once."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=50)
    except ValueError as error:
        message = f"The query cannot be read: {error}."
        raise ODataError(message, code="InvalidQuery") from error
    options: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            message = f"There is no query option {name} here."
            raise ODataError(message, code="UnknownOption", target=name)
        if name in options:
            raise _wrong(name, "is given twice")
        options[name] = value
    if options.get("$format", "json") not in {"json", "application/json"}:
        raise _wrong("$format", "can only be json")
    return options


def page_size(prefer: str) -> int | None:
    """Find the wanted page size in a `Prefer` header; None if it names none."""
    for preference in prefer.split(","):
        name, _, value = preference.partition(";")[0].strip().partition("=")
        number = value.strip(' "')
        known = name.strip().lower() in {"odata.maxpagesize", "maxpagesize"}
        if known and number.isascii() and number.isdigit() and int(number[:9]) > 0:
            return min(int(number[:9]), MAX_PAGE_SIZE)
    return None


def _order(text: str, entity_set: EntitySet) -> Order:
    terms = [_term(part, entity_set) for part in text.split(",")] if text.strip() else []
    named = [term.field.name for term in terms]
    if entity_set.key in named:
        terms = terms[: named.index(entity_set.key) + 1]
    else:
        terms.append(_term(entity_set.key, entity_set))
    return Order(tuple(terms))


def _term(text: str, entity_set: EntitySet) -> Term:
    path, *direction = text.split() or [""]
    if direction not in ([], ["asc"], ["desc"]):
        raise _wrong("$orderby", f"has {' '.join(direction)!r} where asc or desc belongs")
    found, evaluate = entity_set.path(path)
    if found.kind is Kind.COMPLEX:
        raise _wrong("$orderby", f"cannot sort by {path}, which has parts")
    return Term(found, evaluate, descending=direction == ["desc"])


def _select(text: str, entity_set: EntitySet) -> tuple[str, ...] | None:
    names = [name.strip() for name in text.split(",")]
    if "*" in names:
        return None
    return tuple(dict.fromkeys(entity_set.property(name).name for name in names))


def _number(option: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_NUMBER):
        raise _wrong(option, f"must be a whole number from 0 to {MAX_NUMBER}")
    return int(text)


def _flag(option: str, text: str) -> bool:
    if text not in {"true", "false"}:
        raise _wrong(option, "must be true or false")
    return text == "true"


def _wrong(option: str, problem: str) -> ODataError:
    return ODataError(f"{option} {problem}.", code="InvalidOption", target=option)
