"""Tree → closures. What can be known before the first record is found out here, once.

Each node becomes a function of (record, context). Constants are worked out, arguments that are
constants are converted, names and numbers of arguments are checked, and what the formula reads is
noted. There is no `eval`, no attribute and no loop but those of functions over arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from formulas.language import values
from formulas.language.calls import Code, called, check_arity, constant_of, reader_of
from formulas.language.context import Context, Missing
from formulas.language.errors import (
    FormulaError,
    Span,
    UnknownNameError,
)
from formulas.language.functions import FUNCTIONS, meant
from formulas.language.nodes import (
    ArrayOf,
    Call,
    Chain,
    Comparison,
    Literal,
    Logic,
    Node,
    ObjectOf,
    Unary,
    children,
)
from formulas.language.operators import chain_of, comparison_of
from formulas.language.parser import parse
from formulas.language.signatures import Function, Inner, Run
from formulas.language.values import Value


@dataclass(frozen=True, slots=True)
class FieldUse:
    """A field of the record that a formula reads."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class LookupUse:
    """Something outside of the record that a formula asks for.

    Attributes:
        function: the name of the function.
        object: the connect object, value map or sequence; None if its name is worked out.
        field: the compared field, if it is a constant.
        returns: the returned field, if it is a constant.
    """

    function: str
    object: str | None
    field: str | None
    returns: str | None
    span: Span


@dataclass(slots=True)
class Notes:
    """What the compiler finds out about a formula on its way."""

    fields: list[FieldUse] = field(default_factory=list)
    parents: list[FieldUse] = field(default_factory=list)  # of the record around a line
    lookups: list[LookupUse] = field(default_factory=list)
    volatile: bool = False
    dynamic: bool = False  # the name of a field is worked out, so that any may be read
    dynamic_parent: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The value of one part of a formula, or why it has none."""

    span: Span
    value: Value
    error: str = ""


class Trace(Context):
    """A context that keeps the value of each part."""

    __slots__ = ("kept",)

    kept: dict[Span, Step]


_ELSEWHERE: Final = ("object", "map", "sequence")
"""Names of what lies outside of the record."""


class Compiler:
    """Compiles one formula."""

    def __init__(self, *, traced: bool = False) -> None:
        self.notes = Notes()
        self._traced = traced
        self._inside = 0  # how many `map` and `where` are around

    def compile(self, node: Node) -> Run:
        """Make the closure of a tree.

        Raises:
            UnknownNameError, ArityError: a function is called wrongly.
        """
        return self._code(node).run

    def _code(self, node: Node) -> Code:
        match node:
            case Literal():
                code = constant_of(node.value)
            case Call():
                code = self._call(node)
            case ArrayOf():
                code = self._array(node)
            case ObjectOf():
                code = self._object(node)
            case Unary():
                code = self._unary(node)
            case Chain():
                code = self._chain(node)
            case Comparison():
                code = self._comparison(node)
            case _:
                code = self._logic(node)
        return Code(_kept(code.run, node.span)) if self._traced and not self._inside else code

    # --- operators ------------------------------------------------------------------------

    def _unary(self, node: Unary) -> Code:
        operand = self._code(node.operand)
        run = operand.run
        if node.operator == "!":
            return self._folded(
                lambda record, ctx: not values.truth(run(record, ctx)), [operand]
            )

        def negative(record: Any, ctx: Context) -> Value:
            try:
                number = values.number(run(record, ctx))
            except FormulaError as error:
                raise error.at(node.operand.span) from None
            return None if number is None else -number

        return self._folded(negative, [operand])

    def _chain(self, node: Chain) -> Code:
        codes = [self._code(node.first), *(self._code(part) for _, part in node.rest)]
        signs = (sign for sign, _ in node.rest)
        rest = [(sign, code.run) for sign, code in zip(signs, codes[1:], strict=True)]
        return self._folded(chain_of(codes[0].run, rest, node.span), codes)

    def _comparison(self, node: Comparison) -> Code:
        left, right = self._code(node.left), self._code(node.right)
        # Not worked out ahead, even of constants: an order of dates depends on the time zone.
        return Code(comparison_of(node.operator, left.run, right.run, node.span))

    def _logic(self, node: Logic) -> Code:
        codes = [self._code(operand) for operand in node.operands]
        runs = [code.run for code in codes]
        truth = values.truth
        if node.operator == "&&":
            return self._folded(
                lambda record, ctx: all(truth(run(record, ctx)) for run in runs), codes
            )
        return self._folded(
            lambda record, ctx: any(truth(run(record, ctx)) for run in runs), codes
        )

    def _array(self, node: ArrayOf) -> Code:
        codes = [self._code(item) for item in node.items]
        runs = [code.run for code in codes]
        return self._folded(lambda record, ctx: [run(record, ctx) for run in runs], codes)

    def _object(self, node: ObjectOf) -> Code:
        codes = [self._code(part) for part in children(node)]
        pairs = [
            (key.run, value.run) for key, value in zip(codes[::2], codes[1::2], strict=True)
        ]
        text = values.text

        def made(record: Any, ctx: Context) -> Value:
            try:
                return {text(key(record, ctx)): value(record, ctx) for key, value in pairs}
            except FormulaError as error:
                raise error.at(node.span) from None

        return self._folded(made, codes)

    # --- functions ------------------------------------------------------------------------

    def _call(self, node: Call) -> Code:
        function = FUNCTIONS.get(node.name)
        if function is None:
            guess = meant(node.name)
            hint = f" Did you mean {guess}?" if guess else ""
            message = f"There is no function “{node.name[:40]}”.{hint}"
            raise UnknownNameError(message, node.name_span, guess)
        check_arity(function, node)
        self._note(function, node)
        codes = [
            self._inner(argument) if function.parameter(at).kind.inner else self._code(argument)
            for at, argument in enumerate(node.arguments)
        ]
        if function.name == "data" and codes[0].constant:
            return Code(reader_of(codes[0].value, node.span))
        run = called(function, codes, node)
        return self._folded(run, codes) if function.pure else Code(run)

    def _inner(self, argument: Node) -> Code:
        """Compile a formula for elements; a text is one that is written as a text."""
        text = argument.value if isinstance(argument, Literal) else None
        self._inside += 1
        try:
            node = parse(text) if isinstance(text, str) else argument
            inner = Inner(self._code(node).run, _size(node))
        except FormulaError as error:
            if not isinstance(text, str):
                raise
            error.message = f"In the inner formula: {error.message}"
            error.span, error.text = argument.span, ""
            raise
        finally:
            self._inside -= 1
        run = inner.run
        if isinstance(text, str):
            run = _at(run, argument.span)
        return constant_of(replace(inner, run=run))

    def _note(self, function: Function, node: Call) -> None:
        """Note what the call reads, by what the texts among its arguments are names of."""
        notes = self.notes
        notes.volatile |= function.volatile
        named: dict[str, list[Node]] = {}
        for parameter, argument in zip(function.parameters, node.arguments, strict=False):
            named.setdefault(parameter.kind.names, []).append(argument)
        if not self._inside:
            notes.dynamic |= function.name == "item"
            for argument in named.get("field", ()):
                name = _name(argument)
                if name is None:
                    notes.dynamic = True
                else:
                    notes.fields.append(FieldUse(name, argument.span))
        for argument in named.get("parent", ()):
            name = _name(argument)
            if name is None:
                notes.dynamic_parent = True
            else:
                notes.parents.append(FieldUse(name, argument.span))
        for what in _ELSEWHERE:
            for argument in named.get(what, ()):
                fields = [_name(part) for part in named.get("object_field", ())]
                compared, returned = (*fields, None, None)[:2]
                use = LookupUse(function.name, _name(argument), compared, returned, node.span)
                notes.lookups.append(use)

    def _folded(self, run: Run, parts: list[Code]) -> Code:
        """Work out once what depends on constants alone; an error waits for the first record."""
        if self._traced or not all(part.constant for part in parts):
            return Code(run)
        try:
            return constant_of(run({}, Context()))
        except (FormulaError, Missing):
            return Code(run)


def _name(argument: Node) -> str | None:
    """Give the name that an argument is; None if it is worked out."""
    if not isinstance(argument, Literal) or argument.value is None:
        return None
    return values.text(argument.value)


def _size(node: Node) -> int:
    level, size = [node], 0
    while level:
        size += len(level)
        level = [child for parent in level for child in children(parent)]
    return size


def _at(run: Run, span: Span) -> Run:
    """Make errors of an inner formula, whose places mean another text, point at its text."""

    def moved(record: Any, ctx: Context) -> Value:
        try:
            return run(record, ctx)
        except FormulaError as error:
            error.span = span
            raise

    return moved


def _kept(run: Run, span: Span) -> Run:
    """Keep the value of a part, or its error."""

    def keeping(record: Any, ctx: Context) -> Value:
        kept: dict[Span, Step] = ctx.kept  # type: ignore[attr-defined]  # traced code only
        try:
            value = run(record, ctx)
        except FormulaError as error:
            kept[span] = Step(span, None, error.message)
            raise
        kept[span] = Step(span, value)
        return value

    return keeping
