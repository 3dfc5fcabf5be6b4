"""The project's own sources, each read and parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("syncapp", "connections", "objects", "formulas", "synclogs")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file.

    Attributes:
        name: its path from the root.
        module: its name for an import.
        nodes: all of its tree, outermost first.
    """

    name: str
    module: str
    text: str
    nodes: tuple[ast.AST, ...]

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @property
    def migration(self) -> bool:
        return "/migrations/" in self.name

    def functions(self) -> Iterator[Function]:
        return (node for node in self.nodes if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in self.nodes if isinstance(node, ast.ClassDef))


@cache
def sources(folder: str) -> list[Source]:
    """Read the files of a folder at the root, in order of their paths."""
    return [_read(path) for path in sorted((ROOT / folder).rglob("*.py"))]


def of_rooms() -> list[Source]:
    """All sources of the application."""
    return [source for room in ROOMS for source in sources(room)]


def _read(path: Path) -> Source:
    name, text = str(path.relative_to(ROOT)), path.read_text()
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return Source(name, module, text, tuple(ast.walk(ast.parse(text))))
