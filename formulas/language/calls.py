"""A call of a function → a closure: arguments are worked out, converted, and handed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from formulas.language import limits, values
from formulas.language.context import Context
from formulas.language.errors import (
    RECOVERABLE,
    ArityError,
    FormulaError,
    FormulaTypeError,
    Span,
)
from formulas.language.functions import fields
from formulas.language.nodes import Call
from formulas.language.signatures import Function, Kind, Run
from formulas.language.values import Value


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled node; `constant` says that `value` is all that it ever gives."""

    run: Run
    constant: bool = False
    value: Value = None


def constant_of(value: Value) -> Code:
    """Make the code of a constant."""
    return Code(lambda _record, _ctx: value, constant=True, value=value)


def check_arity(function: Function, node: Call) -> None:
    """Check the number of arguments.

    Raises:
        ArityError: it takes another number.
    """
    given, least, most = len(node.arguments), function.least, function.most
    if given < least or (most is not None and given > most):
        wanted = (
            f"{least}"
            if least == most
            else f"at least {least}"
            if most is None
            else f"{least} to {most}"
        )
        noun = "argument" if wanted == "1" else "arguments"
        message = f"{function.name} takes {wanted} {noun}, not {given}: {function.signature}"
        raise ArityError(message, node.span)


def reader_of(name: Value, span: Span) -> Run:
    """Make the closure of `data` with a constant name, by far the most frequent call."""
    try:
        plain = values.text(name)
        read = fields.reader(plain)
    except FormulaError as error:
        raise error.at(span) from None

    def field_of(record: Any, _ctx: Context) -> Value:
        if type(record) is dict:  # nearly all are read on this short way
            value = record.get(plain)
            if type(value) is str and len(value) <= limits.TEXT:
                return value
        else:
            value = None
        try:
            return read(record) if value is None else values.from_json(value)
        except FormulaError as error:
            raise error.at(span) from None

    return field_of


Argument = tuple[Callable[[Value, Context], Any] | None, Run]
"""How an argument is converted, or None if it is ready, and how it is worked out."""


def called(function: Function, codes: list[Code], node: Call) -> Run:
    """Make the closure of a call."""
    kinds = [function.parameter(at).kind for at in range(len(codes))]
    if any(kind.lazy for kind in kinds):
        return _branching(function, [code.run for code in codes], node.span)
    arguments = [_argument(*pair) for pair in zip(kinds, codes, strict=True)]
    nulls = [at for at, kind in enumerate(kinds) if kind.spreads]
    call, with_record, with_context = function.call, function.record, function.context

    def run(record: Any, ctx: Context) -> Value:
        try:
            given = [
                work(record, ctx) if convert is None else convert(work(record, ctx), ctx)
                for convert, work in arguments
            ]
            for at in nulls:
                if given[at] is None:
                    return None
            if with_record:
                return call(record, ctx, *given)
            return call(ctx, *given) if with_context else call(*given)
        except FormulaError as error:
            if error.span is None:
                _blame(error, arguments, node, record, ctx)
            raise

    return run


def _branching(function: Function, runs: list[Run], span: Span) -> Run:
    """Make the closure of a call that evaluates all of its arguments itself."""
    call = function.call

    def run(record: Any, ctx: Context) -> Value:
        try:
            return call(record, ctx, *runs)
        except FormulaError as error:
            raise error.at(span) from None

    return run


def _argument(kind: Kind, code: Code) -> Argument:
    """Convert a constant once; one that cannot be converted fails with the first record."""
    if kind.inner:
        return None, code.run
    if code.constant and not kind.zoned:
        try:
            return None, constant_of(kind.convert(code.value, Context())).run
        except RECOVERABLE:
            pass
    return kind.convert, code.run


def _blame(
    error: FormulaError, arguments: list[Argument], node: Call, record: Any, ctx: Context
) -> None:
    """Point at the argument that could not be converted, or else at the whole call."""
    error.span = node.span
    if not isinstance(error, FormulaTypeError):
        return
    for (convert, work), argument in zip(arguments, node.arguments, strict=True):
        if convert is not None:
            try:
                convert(work(record, ctx), ctx)
            except FormulaError:
                error.span = argument.span
                return
