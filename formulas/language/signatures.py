"""What a function takes, read from its Python signature: kinds of parameters and their defaults.

    @function(example("padleft('7', 4, '0')", "0007"))
    def padleft(ctx: Context, text: Text, length: Integer, character: Text = " ") -> Text:
        '''Fill a text up on the left.'''

The annotation of a parameter names its kind; the kind converts the argument. A null for a kind
that `spreads` makes the whole call null. The docstring is the help, the module is the group.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, get_type_hints

from formulas.language import values
from formulas.language.context import Context
from formulas.language.values import Value

Run = Callable[[Any, Context], Value]
"""Compiled: (record, context) → value."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of parameter.

    Attributes:
        name: as the reference shows it.
        convert: takes any value for one of this kind, or raises FormulaTypeError.
        spreads: a null here makes the result null.
        lazy: the function gets the compiled argument and evaluates it itself, or does not; all
            parameters of such a function are lazy.
        zoned: converting depends on the time zone.
        inner: it gets an `Inner`, to evaluate it for element after element.
        names: what its text is the name of: `field` (of the record), `parent` (a field of the
            record around a line), `object`, `object_field`, `map`, `sequence`; "" if it is no name. Lineage and completion go by it.
    """

    name: str
    convert: Callable[[Value, Context], Any]
    spreads: bool = False
    lazy: bool = False
    zoned: bool = False
    inner: bool = False
    names: str = ""


def _text(value: Value, _ctx: Context) -> str:
    return value if type(value) is str else values.text(value)


def _number(value: Value, _ctx: Context) -> Decimal | None:
    return value if type(value) is Decimal else values.number(value)


def _array(value: Value, _ctx: Context) -> list[Value]:
    return value if type(value) is list else values.array(value)


def _object(value: Value, _ctx: Context) -> dict[str, Value]:
    return value if type(value) is dict else values.mapping(value)


def _as_it_is(value: Value, _ctx: Context) -> Any:
    return value


_moment: Final = Kind(
    "date", lambda value, ctx: values.moment(value, ctx.zone), spreads=True, zoned=True
)

Text = Annotated[str, Kind("text", _text)]
FieldName = Annotated[str, Kind("text", _text, names="field")]
ParentField = Annotated[str, Kind("text", _text, names="parent")]
ObjectName = Annotated[str, Kind("text", _text, names="object")]
ObjectField = Annotated[str, Kind("text", _text, names="object_field")]
MapName = Annotated[str, Kind("text", _text, names="map")]
SequenceName = Annotated[str, Kind("text", _text, names="sequence")]
Number = Annotated[Decimal, Kind("number", _number, spreads=True)]
Integer = Annotated[
    int, Kind("whole number", lambda value, _ctx: values.integer(value), spreads=True)
]
Moment = Annotated[date, _moment]
Condition = Annotated[bool, Kind("condition", lambda value, _ctx: values.truth(value))]
Array = Annotated[list[Any], Kind("array", _array)]
Object = Annotated[dict[str, Any], Kind("object", _object)]
ObjectFilters = Annotated[dict[str, Any], Kind("object", _object, names="object_field")]
Any_ = Annotated[Any, Kind("value", _as_it_is)]
Later = Annotated[Run, Kind("value", _as_it_is, lazy=True)]
"""Evaluated by the function itself: the branch that is not taken costs and breaks nothing."""


@dataclass(frozen=True, slots=True)
class Inner:
    """A formula that is evaluated for each element of an array.

    Attributes:
        run: takes an element in place of the record.
        size: the nodes of its tree: what one evaluation costs.
    """

    run: Run
    size: int


PerElement = Annotated[Inner, Kind("formula", _as_it_is, inner=True)]
"""Written as a formula, or as a text that is one; `data` in it reads the element."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function.

    Attributes:
        default: its text in a formula, or None if it must be given.
        many: takes all further arguments.
    """

    name: str
    kind: Kind
    default: str | None = None
    many: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A formula and its result, on the example record."""

    formula: str
    result: Any


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language, with all that is known about it: what `@function` makes.

    Attributes:
        aliases: further names.
        help: one sentence.
        notes: what one should know beside that, or "".
        record: its first argument is the record.
        context: its next argument is the context.
        pure: depends on its arguments alone, not even on the time zone; so constants are worked
            out once.
        volatile: may give another value for the same record another time.
    """

    name: str
    group: str
    help: str
    notes: str
    parameters: tuple[Parameter, ...]
    returns: str
    examples: tuple[Example, ...]
    aliases: tuple[str, ...]
    call: Callable[..., Value]
    record: bool
    context: bool
    pure: bool
    volatile: bool

    @property
    def least(self) -> int:
        """The fewest arguments."""
        return sum(one.default is None and not one.many for one in self.parameters)

    @property
    def most(self) -> int | None:
        """The most arguments; None without a bound."""
        endless = self.parameters and self.parameters[-1].many
        return None if endless else len(self.parameters)

    @property
    def signature(self) -> str:
        """Its call, optional parameters in brackets: `padleft(text, length, [character])`."""
        names = [
            f"[{one.name}]"
            if one.default is not None
            else f"{one.name}, …"
            if one.many
            else one.name
            for one in self.parameters
        ]
        return f"{self.name}({', '.join(names)})"

    def parameter(self, index: int) -> Parameter:
        """Give the parameter that takes argument number `index`, from 0."""
        return self.parameters[min(index, len(self.parameters) - 1)]


def example(formula: str, result: Any) -> Example:
    """Show what a formula gives. Numbers may be written as int or text of a Decimal."""
    return Example(formula, Decimal(result) if type(result) is int else result)


def function(
    *examples: Example, name: str = "", aliases: tuple[str, ...] = (), volatile: bool = False
) -> Callable[[Callable[..., Value]], Function]:
    """Make a function of the language of a Python function."""

    def decorate(call: Callable[..., Value]) -> Function:
        return _read(
            call, name or call.__name__.rstrip("_"), examples, aliases, volatile=volatile
        )

    return decorate


def _read(
    call: Callable[..., Value],
    name: str,
    examples: tuple[Example, ...],
    aliases: tuple[str, ...],
    *,
    volatile: bool,
) -> Function:
    hints = get_type_hints(call, include_extras=True)
    parameters = []
    inspected = list(inspect.signature(call).parameters.values())
    takes = [one.name for one in inspected[:2] if one.name in {"record", "ctx"}]
    for one in inspected[len(takes) :]:
        kind = next(part for part in hints[one.name].__metadata__ if isinstance(part, Kind))
        given = one.default is not inspect.Parameter.empty
        default = _spelled(one.default) if given else None
        many = one.kind is inspect.Parameter.VAR_POSITIONAL
        parameters.append(Parameter(one.name.rstrip("_"), kind, default, many))
    help_, _, notes = inspect.cleandoc(call.__doc__ or "").partition("\n\n")
    return Function(
        name=name,
        group=call.__module__.rpartition(".")[2],
        help=" ".join(help_.split()),
        notes=" ".join(notes.split()),
        parameters=tuple(parameters),
        returns=_returned(hints["return"]),
        examples=examples,
        aliases=aliases,
        call=call,
        record="record" in takes,
        context="ctx" in takes,
        pure=not takes and not any(one.kind.zoned for one in parameters),
        volatile=volatile,
    )


def _spelled(default: Any) -> str:
    if callable(default):
        return "null"
    return repr(default) if isinstance(default, str) else values.text(default) or "null"


def _returned(hint: Any) -> str:
    kind = next((p for p in getattr(hint, "__metadata__", ()) if isinstance(p, Kind)), None)
    if kind is not None:
        return kind.name
    return "boolean" if hint is bool else "value"
