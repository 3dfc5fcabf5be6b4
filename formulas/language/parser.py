"""Text → tree, or an error that says what was expected where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from formulas.language import limits
from formulas.language.errors import (
    BudgetError,
    FormulaError,
    FormulaSyntaxError,
    FormulaValueError,
    Span,
)
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

_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_SAME: Final = {"=": "==", "<>": "!="}
_CURLY: Final = "‘’‚“”„«»`´"  # noqa: RUF001  what word processors make of quotation marks


def parse(text: str) -> Node:
    """Read a formula.

    Raises:
        FormulaSyntaxError: it cannot be read.
        FormulaValueError: a literal in it is none.
        BudgetError: it is too long or nested too deeply.
    """
    try:
        _refuse_at_sight(text)
        node: Node = _lark().parse(text)  # type: ignore[assignment]  # the transformer makes nodes
        _refuse_depth(node)
    except UnexpectedInput as error:
        raise _explained(text, error).within(text) from None
    except FormulaError as error:
        raise error.within(text) from None
    return node


def _refuse_at_sight(text: str) -> None:
    """Refuse what needs no reading."""
    if len(text) > limits.LENGTH:
        size = f"{len(text):,} characters; at most {limits.LENGTH:,} are allowed"
        raise BudgetError(f"The formula has {size}.", Span(limits.LENGTH, limits.LENGTH + 1))
    for at, character in enumerate(text):
        if _cannot_stand(character):
            message = f"The character U+{ord(character):04X} cannot stand in a formula."
            raise FormulaSyntaxError(message, Span(at, at + 1))
    if not text.strip():
        raise FormulaSyntaxError("The formula is empty.", Span(0, 0))


@cache
def _lark() -> Lark:
    grammar = (files("formulas.language") / "grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        transformer=_Nodes(),
        maybe_placeholders=False,
    )


Part = Token | Node


def _span(parts: Sequence[Part]) -> Span:
    """From the beginning of the first part to the end of the last."""
    return Span(_ends(parts[0])[0], _ends(parts[-1])[1])


def _ends(part: Part) -> Span:
    if isinstance(part, Token):
        assert part.start_pos is not None
        assert part.end_pos is not None
        return Span(part.start_pos, part.end_pos)
    return part.span


class _Pair(tuple[Node, Node]):
    """A key and a value, on their way into an object."""

    __slots__ = ()


class _Nodes(Transformer[Token, Node]):
    """Makes nodes, innermost first, while the text is read; so nothing recurses.

    Each method gets the parts of its rule in the order of the text: brackets and signs as
    tokens, the rest as nodes.
    """

    def number(self, parts: Sequence[Token]) -> Node:
        text = parts[0]
        digits = sum(character.isdigit() for character in re.split("[eE]", text)[0])
        if digits > limits.LITERAL_DIGITS:
            message = f"A number may have at most {limits.LITERAL_DIGITS} digits."
            raise FormulaValueError(message, _span(parts))
        value = Decimal(text)
        if value and abs(value.adjusted()) > limits.DIGITS:
            raise FormulaValueError(f"{_short(text)} is out of range.", _span(parts))
        return Literal(value, _span(parts))

    def text(self, parts: Sequence[Token]) -> Node:
        span = _span(parts)

        def unescaped(match: re.Match[str]) -> str:
            code = match[1]
            if len(code) == 1:  # others stay as they are: patterns are full of \\d and \\s
                return _ESCAPED.get(code, match[0])
            character = chr(int(code[1:], 16))
            if _cannot_stand(character):
                at = span.start + 1 + match.start()
                message = f"\\{code} is no character that may stand in a text."
                raise FormulaSyntaxError(message, Span(at, at + len(match[0])))
            return character

        return Literal(_ESCAPE.sub(unescaped, parts[0][1:-1]), span)

    def true(self, parts: Sequence[Token]) -> Node:
        return Literal(value=True, span=_span(parts))

    def false(self, parts: Sequence[Token]) -> Node:
        return Literal(value=False, span=_span(parts))

    def null(self, parts: Sequence[Token]) -> Node:
        return Literal(None, _span(parts))

    def bare(self, parts: Sequence[Token]) -> Node:
        name = parts[0]
        message = f"“{_short(name)}” stands alone. A function needs brackets, a field is read by data()."
        raise FormulaSyntaxError(message, _span(parts), f"data('{name}')")

    def call(self, parts: Sequence[Any]) -> Node:
        name, _, *arguments, _ = parts
        return Call(name.lower(), tuple(arguments), _span(parts), _ends(name))

    def array(self, parts: Sequence[Any]) -> Node:
        elements = parts[1:-1]
        pairs = [element for element in elements if isinstance(element, _Pair)]
        if not pairs:
            return ArrayOf(tuple(elements), _span(parts))
        if len(pairs) < len(elements):
            message = "Either every element has a key, as in ['a' => 1], or none has."
            raise FormulaSyntaxError(message, _span(parts))
        known = set()
        for key, _ in pairs:
            if isinstance(key, Literal):
                if key.value in known:
                    raise FormulaSyntaxError("This key is there twice.", key.span)
                known.add(key.value)
        return ObjectOf(tuple(pairs), _span(parts))

    def pair(self, parts: Sequence[Node]) -> _Pair:
        return _Pair((parts[0], parts[1]))

    def group(self, parts: Sequence[Any]) -> Node:
        inner: Node = parts[1]
        return replace(inner, span=_span(parts))

    def unary(self, parts: Sequence[Any]) -> Node:
        sign, operand = parts
        if sign in {"-", "!"}:
            return Unary(str(sign), operand, _span(parts))
        return Call("not", (operand,), _span(parts), _ends(sign))

    def chain(self, parts: Sequence[Any]) -> Node:
        signs = (str(sign) for sign in parts[1::2])
        return Chain(parts[0], tuple(zip(signs, parts[2::2], strict=True)), _span(parts))

    addition = product = chain

    def comparison(self, parts: Sequence[Any]) -> Node:
        left, sign, right = parts
        return Comparison(_SAME.get(sign, str(sign)), left, right, _span(parts))

    def both(self, parts: Sequence[Node]) -> Node:
        return Logic("&&", tuple(parts), _span(parts))

    def either(self, parts: Sequence[Node]) -> Node:
        return Logic("||", tuple(parts), _span(parts))


def _cannot_stand(character: str) -> bool:
    return character == "\0" or "\ud800" <= character <= "\udfff"


def _refuse_depth(node: Node) -> None:
    """Go down level by level, so that no depth is too much for the search itself."""
    level: Sequence[Node] = [node]
    for _ in range(limits.DEPTH):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return
    raise BudgetError(
        f"The formula is nested deeper than {limits.DEPTH} levels.", level[0].span
    )


def _explained(text: str, error: UnexpectedInput) -> FormulaSyntaxError:
    """Say in words what the parser stumbled over."""
    at = int(error.pos_in_stream or 0)  # type: ignore[redundant-expr]  # its type says None only
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return _ended_early(text)
    if isinstance(error, UnexpectedCharacters):
        return _strange_character(text, at)
    found = str(error.token) if isinstance(error, UnexpectedToken) else text[at]
    span = Span(at, at + len(found))
    if at == len(text) - len(text.lstrip()) and found == "=":
        return FormulaSyntaxError("A formula begins without “=”.", span)
    if found == ")" and _open_brackets(text[:at]).count("(") == 0:
        return FormulaSyntaxError("This bracket was never opened.", span)
    if found == "=>":
        return FormulaSyntaxError("“=>” stands in square brackets only: ['a' => 1].", span)
    return FormulaSyntaxError(f"“{_short(found)}” does not fit here.", span)


def _ended_early(text: str) -> FormulaSyntaxError:
    end = len(text.rstrip())
    missing = _open_brackets(text)
    if missing:
        closing = {"(": ")", "[": "]"}[missing[-1]]
        return FormulaSyntaxError(f"A “{closing}” is missing here.", Span(end, end + 1))
    return FormulaSyntaxError("The formula ends too early.", Span(end, end + 1))


def _strange_character(text: str, at: int) -> FormulaSyntaxError:
    character = text[at]
    span = Span(at, at + 1)
    if character in "'\"":
        return FormulaSyntaxError("This text is never closed.", Span(at, len(text)))
    if character in _CURLY:
        message = f"“{character}” is no quotation mark of formulas."
        return FormulaSyntaxError(message, span, "'")
    if character == ";":
        return FormulaSyntaxError("Arguments are separated by commas, not by “;”.", span, ",")
    if character in "{}$@#":
        message = f"“{character}” has no meaning here. A field is read with data('Name')."
        return FormulaSyntaxError(message, span)
    return FormulaSyntaxError(f"“{character}” does not fit here.", span)


def _open_brackets(text: str) -> str:
    """Give the brackets that are still open, outermost first; texts are skipped."""
    plain = re.sub(r"""'(\\.|[^'\\])*'|"(\\.|[^"\\])*\"""", "", text, flags=re.DOTALL)
    open_ones: list[str] = []
    for character in plain:
        if character in "([":
            open_ones.append(character)
        elif character in ")]" and open_ones:
            open_ones.pop()
    return "".join(open_ones)


def _short(token: str) -> str:
    return token if len(token) <= 30 else f"{token[:29]}…"
