"""Work with arrays and objects. Null is an empty array; an object alone is an array of one."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from formulas.language import comparing, values
from formulas.language.context import Context, Missing
from formulas.language.errors import FormulaTypeError, FormulaValueError
from formulas.language.functions.fields import matches
from formulas.language.signatures import (
    Any_,
    Array,
    Condition,
    Inner,
    Integer,
    Object,
    PerElement,
    Text,
    example,
    function,
)
from formulas.language.values import Value


@function(example("count(data('BPAddresses'))", 2), example("count(null)", 0))
def count(array: Array) -> Any_:
    """Count the elements of an array."""
    return values.decimal(len(array))


@function(example("first(['a', 'b'])", "a"), example("first([])", None))
def first(array: Array) -> Any_:
    """Give the first element of an array."""
    return values.from_json(array[0]) if array else None


@function(example("last(['a', 'b'])", "b"), example("last(null)", None))
def last(array: Array) -> Any_:
    """Give the last element of an array."""
    return values.from_json(array[-1]) if array else None


@function(
    example("get(data('BPAddresses'), 1)", {"AddressName": "Ship to", "Street": "9 Dock Rd"}),
    example("get(['a' => 1], 'a')", 1),
    example("get(['a'], 5, 'none')", "none"),
    example("get(['a', 'b'], -1)", "b"),
)
def get(collection: Any_, key: Any_, default: Any_ = None) -> Value:
    """Give an element of an array by its place from 0, or of an object by its key.

    A negative place counts from the end.
    """
    if isinstance(collection, list):
        place = values.integer(key)
        if place is None or not -len(collection) <= place < len(collection):
            return default
        return values.from_json(collection[place])
    found = values.mapping(collection).get(values.text(key))
    return default if found is None else values.from_json(found)


@function(
    example("slice(['a', 'b', 'c'], 1)", ["b", "c"]), example("slice([1, 2, 3], 0, 2)", [1, 2])
)
def slice_(ctx: Context, array: Array, start: Integer, length: Integer = 1_000_000) -> Array:
    """Give a part of an array, from a place counted from 0; a negative one counts from the end."""
    ctx.spend(len(array))
    begin = max(start + len(array), 0) if start < 0 else start
    return array[begin : begin + max(length, 0)]


@function(
    example(
        "filter(data('Lines'), ['Type' => 'Item'])",
        [{"ItemCode": "A1", "Quantity": 2, "Type": "Item"}],
    ),
    example("filter(null, ['a' => 1])", []),
)
def filter_(ctx: Context, array: Array, filters: Object) -> Array:
    """Give the objects of an array that match all pairs."""
    ctx.spend(len(array))
    wanted, zone = filters.items(), ctx.zone
    return [element for element in array if matches(element, wanted, zone)]


@function(
    example("where(data('Lines'), data('Quantity') > 3)",
            [{"ItemCode": "B2", "Quantity": 5, "Type": "Service"}]),
)  # fmt: skip
def where(ctx: Context, array: Array, formula: PerElement) -> Array:
    """Give the elements of an array for which a formula is true.

    Inside of the formula, which may also be written as a text, `data` reads the element, and
    `item()` is the element itself.
    """
    return [element for element, value in _each(ctx, array, formula) if values.truth(value)]


@function(
    example("map([1, 2], item() * 10)", [10, 20]),
    example("map(data('Lines'), concat(data('Quantity'), ' x ', data('ItemCode')))",
            ["2 x A1", "5 x B2"]),
    example("map(['a'], 'upper(item())')", ["A"]),
    example("map(null, item())", []),
)  # fmt: skip
def map_(ctx: Context, array: Array, formula: PerElement) -> Array:
    """Work out a formula for each element of an array.

    Inside of the formula, which may also be written as a text, `data` reads the element, and
    `item()` is the element itself.
    """
    return [value for _, value in _each(ctx, array, formula)]


@function(example("map(['a', 'b'], upper(item()))", ["A", "B"]))
def item(record: Any, ctx: Context) -> Value:  # noqa: ARG001  as all with a record
    """Give the element that `map` or `where` is at; outside of them, the whole record."""
    return values.from_json(record)


@function(
    example("pluck(data('BPAddresses'), 'Street')", ["1 Main St", "9 Dock Rd"]),
    example("pluck([['a' => 1], ['b' => 2]], 'a')", [1, None]),
)
def pluck(ctx: Context, array: Array, key: Text) -> Array:
    """Give one field of each object of an array."""
    ctx.spend(len(array))
    return [values.mapping(element).get(key) for element in array]


@function(example("unique(['b', 'a', 'b', null])", ["b", "a", None]))
def unique(ctx: Context, array: Array) -> Array:
    """Leave out elements that were there before."""
    seen: set[tuple[str, str]] = set()
    found = []
    ctx.spend(len(array))
    for element in array:
        mark = _mark(element)
        if mark not in seen:
            seen.add(mark)
            found.append(element)
    return found


@function(
    example("sort([3, 1, 2])", [1, 2, 3]),
    example("pluck(sort(data('Lines'), 'Quantity', true), 'ItemCode')", ["B2", "A1"]),
    example("sort(['b', null, 'a'])", ["a", "b", None]),
)
def sort(ctx: Context, array: Array, key: Text = "", descending: Condition = False) -> Array:
    """Put an array in order, or its objects by one field; null comes last."""
    ctx.spend(len(array) * max(len(array).bit_length(), 1))

    def of(element: Any) -> Any:
        return values.mapping(element).get(key) if key else element

    known = [element for element in array if of(element) is not None]
    unknown = [element for element in array if of(element) is None]
    known.sort(
        key=cmp_to_key(lambda a, b: comparing.compare(of(a), of(b), ctx.zone) or 0),
        reverse=descending,
    )
    return known + unknown


@function(
    example("merge(['a'], ['b', 'c'])", ["a", "b", "c"]),
    example("merge(['a' => 1, 'b' => 2], ['b' => 3])", {"a": 1, "b": 3}),
    example("merge(null, ['b'])", ["b"]),
)
def merge(ctx: Context, *collections: Any_) -> Any_:
    """Join arrays, or objects: of a key that several have, the last counts."""
    given = [one for one in collections if one is not None]
    ctx.spend(sum(len(one) for one in given if isinstance(one, list | dict)) + 1)
    if given and all(isinstance(one, dict) for one in given):
        return {key: value for one in given for key, value in one.items()}
    return [element for one in given for element in values.array(one)]


@function(example("flatten([['a'], ['b', ['c']]])", ["a", "b", ["c"]]))
def flatten(ctx: Context, array: Array) -> Array:
    """Take one level of arrays out of an array."""
    found: list[Any] = []
    for element in array:
        found += element if isinstance(element, list) else [element]
        ctx.spend(len(element) if isinstance(element, list) else 1)
    return found


@function(example("compact(['a', null, '', 0])", ["a", 0]))
def compact(ctx: Context, array: Array) -> Array:
    """Leave out null and empty texts, arrays and objects."""
    ctx.spend(len(array))
    return [one for one in array if one is not None and one not in ("", [], {})]


@function(example("keys(['a' => 1, 'b' => 2])", ["a", "b"]))
def keys(ctx: Context, object: Object) -> Array:
    """Give the keys of an object."""
    ctx.spend(len(object))
    return list(object)


@function(example("values(['a' => 1, 'b' => 2])", [1, 2]))
def values_(ctx: Context, object: Object) -> Array:
    """Give the values of an object."""
    ctx.spend(len(object))
    return list(object.values())


@function(example("range(1, 4)", [1, 2, 3, 4]), example("range(3, 1)", []))
def range_(ctx: Context, start: Integer, end: Integer) -> Array:
    """Give the whole numbers from one to another."""
    if end - start >= 100_000:
        raise FormulaValueError("A range may have at most 100,000 numbers.")
    ctx.spend(max(end - start, 0))
    return [values.decimal(number) for number in range(start, end + 1)]


def _each(ctx: Context, array: list[Any], formula: Inner) -> list[tuple[Any, Value]]:
    """Evaluate the inner formula, which the compiler has compiled, for each element.

    All elements ask for what they look up before the first that misses its answer stops the
    evaluation; otherwise an array would need as many rounds as it has elements.
    """
    ctx.watch_the_clock()
    found: list[tuple[Any, Value]] = []
    missing: Missing | None = None
    for element in array:
        ctx.spend(formula.size)
        try:
            value = formula.run(element, ctx)
        except Missing as absent:
            missing = missing or absent
            continue
        if isinstance(value, str):
            ctx.room_for(len(value))
        found.append((element, value))
    if missing is not None:
        raise missing
    return found


def _mark(element: Any) -> tuple[str, str]:
    """Give what equal elements have in common, and others have not."""
    kind = values.kind(element)
    if kind in {"array", "object"}:
        raise FormulaTypeError("Only texts, numbers, dates and booleans can be told apart.")
    plain = values.decimal(element).normalize() if kind == "number" else element
    return kind, values.text(plain)
