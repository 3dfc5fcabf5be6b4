"""Tree → text, in the one form that is read as the same tree."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

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
)

_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)
_COMPOUND: Final = (Chain, Comparison, Logic)


def spell(node: Node) -> str:
    """Write a tree as a formula."""
    match node:
        case Literal():
            return _literal(node)
        case Call():
            return f"{node.name}({_list(node.arguments)})"
        case ArrayOf():
            return f"[{_list(node.items)}]"
        case ObjectOf():
            return (
                f"[{', '.join(f'{spell(key)} => {spell(value)}' for key, value in node.pairs)}]"
            )
        case Unary():
            return f"{node.operator}{_operand(node.operand)}"
        case Chain():
            rest = "".join(f" {sign} {_operand(part)}" for sign, part in node.rest)
            return f"{_operand(node.first)}{rest}"
        case Comparison():
            return f"{_operand(node.left)} {node.operator} {_operand(node.right)}"
        case _:
            return f" {node.operator} ".join(_operand(operand) for operand in node.operands)


def _list(nodes: tuple[Node, ...]) -> str:
    return ", ".join(map(spell, nodes))


def _operand(node: Node) -> str:
    """Set brackets around what has an operator of its own."""
    return f"({spell(node)})" if isinstance(node, _COMPOUND) else spell(node)


def _literal(node: Literal) -> str:
    match node.value:
        case None:
            return "null"
        case bool():
            return "true" if node.value else "false"
        case Decimal():
            return str(node.value)
        case text:
            return f"'{text.translate(_ESCAPES)}'"
