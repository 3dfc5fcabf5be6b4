"""What a record holds, and what other records hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Any, Final

from formulas.language import comparing, paths, values
from formulas.language.context import Context, Wanted
from formulas.language.errors import FormulaValueError
from formulas.language.signatures import (
    Any_,
    Array,
    FieldName,
    Object,
    ObjectField,
    ObjectFilters,
    ObjectName,
    ParentField,
    Text,
    example,
    function,
)
from formulas.language.values import Value

_LONGEST_KEY: Final = 1_000


@function(
    example("data('CardCode')", "C20000"),
    example("data('Address.City')", "Köln"),
    example("data('BPAddresses[1].Street')", "9 Dock Rd"),
    example("DATA('Nope')", None),
    aliases=("field",),
)
def data(record: Any, ctx: Context, field: FieldName) -> Value:  # noqa: ARG001  as all with a record
    """Give the value of a field of the record; null if the record has no such field.

    A name with dots and indexes leads into nested data, unless a field has just this name.
    """
    return reader(field)(record)


@function(example("parent('DocNum')", 4711), example("parent('Nope')", None))
def parent(ctx: Context, field: ParentField) -> Value:
    """Give the value of a field of the record around a line; null outside of lines.

    In the mappings of lines and child records `data` reads the line, and this the record that
    holds it. Names lead into nested data as with `data`.
    """
    return reader(field)(ctx.parent)


@function(example("linenumber()", 2))
def linenumber(ctx: Context) -> Value:
    """Tell which line of its record is mapped, from 1; null outside of lines."""
    return None if ctx.line is None else Decimal(ctx.line)


@function(
    example(
        "findvalue(data('BPAddresses'), ['AddressName' => 'Ship to'], 'Street')", "9 Dock Rd"
    ),
    example(
        "findvalue(data('Contacts'), ['Type' => 'Primary'], 'Email', 'no-email@example.com')",
        "no-email@example.com",
    ),
    example("findvalue(null, ['a' => 1], 'b')", None),
)
def findvalue(
    ctx: Context, array: Array, filters: Object, key: Text, default: Any_ = None
) -> Value:
    """Give one field of the first object in an array that matches all pairs; else a default."""
    ctx.spend(len(array))
    wanted, zone = filters.items(), ctx.zone
    for element in array:
        if matches(element, wanted, zone):
            return values.from_json(element.get(key))
    return default


@function(
    example("vlookup('CardCode', 'fsmcustomer', 'erp_id', 'customer_id')", "cust-001"),
    example("vlookup('Nope', 'fsmcustomer', 'erp_id', 'customer_id')", None),
)
def vlookup(
    record: Any,
    ctx: Context,
    field: FieldName,
    object: ObjectName,
    match: ObjectField,
    returns: ObjectField,
) -> Value:
    """Look up a value: the record of a connect object whose field equals a field of this record.

    The first argument is the name of a field, not a value; for values there is `textvlookup`. Of
    several records the most recently updated counts; null if there is none.
    """
    return _newest(ctx, reader(field)(record), object, match, returns)


@function(
    example("textvlookup('C20000', 'fsmcustomer', 'erp_id', 'customer_id')", "cust-001"),
    example("textvlookup(null, 'fsmcustomer', 'erp_id', 'customer_id')", None),
)
def textvlookup(
    ctx: Context, key: Any_, object: ObjectName, match: ObjectField, returns: ObjectField
) -> Value:
    """Look up a value: the record of a connect object whose field equals this value.

    Of several records the most recently updated counts; null if there is none.
    """
    return _newest(ctx, key, object, match, returns)


@function(
    example("textvlookuplike('maxi', 'fsmcustomer', 'name', 'customer_id')", "cust-001"),
    example("textvlookuplike('', 'fsmcustomer', 'name', 'customer_id')", None),
)
def textvlookuplike(
    ctx: Context, part: Any_, object: ObjectName, match: ObjectField, returns: ObjectField
) -> Value:
    """Look up a value: the record of a connect object whose field contains this text in any case.

    Of several records the least recently updated counts; `%` and `_` mean themselves. An empty
    text finds nothing.
    """
    wanted = _wanted("like", part, object, match, returns)
    return None if wanted is None else values.from_json(ctx.look_up(wanted))


@function(
    example(
        "pluck(get_entity_data('fsmcustomer', ['erp_id' => 'C20000']), 'name')", ["Maxi-Teq"]
    ),
    example("get_entity_data('fsmcustomer', ['erp_id' => null])", []),
)
def get_entity_data(ctx: Context, object: ObjectName, filters: ObjectFilters) -> Array:
    """Give the records of a connect object whose fields equal all pairs, newest first.

    At most 1 000; meant to be fed to `findvalue` and the other functions for arrays.
    """
    pairs = tuple((name, values.text(value)) for name, value in filters.items())
    if any(not text for _, text in pairs):
        return []
    found = values.array(ctx.look_up(Wanted("records", object, filters=pairs)))
    ctx.spend(len(found))
    return found


def reader(name: str) -> Callable[[Any], Value]:
    """Make the function that reads a field of a record."""
    follow: Callable[[Any], Any] = _nothing
    if "." in name or "[" in name:
        try:
            follow = paths.getter(paths.parse(name))
        except paths.PathError as error:
            raise FormulaValueError(str(error)) from None

    def read(record: Any) -> Value:
        if not isinstance(record, Mapping):
            return None
        value = record.get(name)
        return values.from_json(follow(record) if value is None else value)

    return read


def _nothing(_record: Any) -> None:
    """Follow no path: the name is a plain one."""


def matches(element: Any, wanted: Iterable[tuple[str, Value]], zone: tzinfo) -> bool:
    """Tell whether an element is an object that equals all pairs."""
    if not isinstance(element, Mapping):
        return False
    for key, value in wanted:
        given = element.get(key)
        if type(given) is str and type(value) is str:
            if given != value:
                return False
        elif not comparing.equal(given, value, zone):
            return False
    return True


def _newest(ctx: Context, key: Any, object: str, match: str, returns: str) -> Value:
    wanted = _wanted("newest", key, object, match, returns)
    return None if wanted is None else values.from_json(ctx.look_up(wanted))


def _wanted(what: str, key: Any, object: str, match: str, returns: str) -> Wanted | None:
    text = values.text(key)
    if not text:
        return None
    if len(text) > _LONGEST_KEY:
        message = f"A key of more than {_LONGEST_KEY:,} characters cannot be looked up."
        raise FormulaValueError(message)
    return Wanted(what, object, match, text, returns)
