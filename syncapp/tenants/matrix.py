"""The permission matrix as a page shows it: a row per module, a cell per action."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from syncapp.tenants.permissions import CRUD, MODULES, VISIBLE


@dataclass(frozen=True, slots=True)
class Box:
    """One checkbox; `locked` shows a permission that whoever looks cannot give or take."""

    code: str
    label: str
    checked: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One module: the four usual actions (None where it has no such), then its specials."""

    key: str
    label: str
    actions: tuple[Box | None, ...]
    specials: tuple[Box, ...]

    @property
    def given(self) -> str:
        """The row in words, for pages without checkboxes."""
        boxes = [box for box in (*self.actions, *self.specials) if box and box.checked]
        return ", ".join(box.label for box in boxes)


HEADINGS = tuple(action.capitalize() for action in CRUD)


def rows(given: Collection[str], holds: Collection[str]) -> Iterator[Row]:
    """Give the matrix.

    Args:
        given: what is ticked.
        holds: what whoever looks may give.
    """

    def box(key: str, action: str) -> Box:
        code = f"{key}.{action}"
        label = action.replace("_", " ").capitalize()
        return Box(code, label, checked=code in given, locked=code not in holds)

    for module in MODULES:
        usual = tuple(
            box(module.key, action) if action in module.actions else None for action in CRUD
        )
        specials = tuple(box(module.key, action) for action in module.specials)
        yield Row(module.key, module.label, usual, specials)


def choices() -> list[tuple[str, str]]:
    """Give every permission with its name: ("configs.view", "Connection configs: view")."""
    named = [
        (code, f"{module.label}: {code.partition('.')[2].replace('_', ' ')}")
        for module in MODULES
        for code in module.codes()
    ]
    return [(VISIBLE, "Visible"), *named]


def whole_rows(keys: Collection[str]) -> set[str]:
    """Give every permission of these modules."""
    return {code for module in MODULES if module.key in keys for code in module.codes()}
