"""The tree of a formula. Nodes are equal if they mean the same, wherever they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from formulas.language.errors import Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: text, number, true, false or null."""

    value: str | Decimal | bool | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; `name` in lower case."""

    name: str
    arguments: tuple[Node, ...]
    span: Span = field(default=NOWHERE, compare=False)
    name_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """An array: `[a, b]`."""

    items: tuple[Node, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object: `['a' => b, 'c' => d]`."""

    pairs: tuple[tuple[Node, Node], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """One operand: `-a`, `!a`; `operator` is `-` or `!`."""

    operator: str
    operand: Node
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """`a + b - c`, or `a * b / c`: operators of one level, worked off from the left."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a == b`; `operator` is one of == != < <= > >=."""

    operator: str
    left: Node
    right: Node
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """`a && b && c`; `operator` is `&&` or `||`."""

    operator: str
    operands: tuple[Node, ...]
    span: Span = field(default=NOWHERE, compare=False)


Node = Literal | Call | ArrayOf | ObjectOf | Unary | Chain | Comparison | Logic


def children(node: Node) -> tuple[Node, ...]:
    """Give the nodes right below, in the order of the text."""
    match node:
        case Call():
            return node.arguments
        case ArrayOf():
            return node.items
        case ObjectOf():
            return tuple(part for pair in node.pairs for part in pair)
        case Unary():
            return (node.operand,)
        case Chain():
            return (node.first, *(operand for _, operand in node.rest))
        case Comparison():
            return (node.left, node.right)
        case Logic():
            return node.operands
        case _:
            return ()
