"""The rows of the mapping editor as HTML.

A target may have hundreds of fields, and a page draws a row for each: made here they cost a tenth
of what they would as templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from connections.document import FieldMapping
from connections.preview import LEFT_ALONE
from connections.target_lines import Line
from syncapp.ui.html import badge
from syncapp.ui.icons import icon

_NOTHING: Final = SafeString("")
_LONGEST: Final = 60
_LONGEST_TEXT: Final = 90
_MARKS: Final = {
    "mapped": "check",
    "missing": "alert-triangle",
    "wrong": "alert-triangle",
    "suggested": "wand",
    "off": "circle-minus",
}
_UNMAPPED: Final = format_html(
    '<td class="target-kind"></td><td class="target-source"><span class="{}">{}</span></td>'
    '<td class="target-sample"></td><td class="target-result"></td>',
    "nothing",
    "not mapped",
)
_MISSING: Final = format_html(
    '<td class="target-kind"></td><td class="target-source"><span class="{}">{}</span></td>'
    '<td class="target-sample"></td><td class="target-result"></td>',
    "tone-care",
    "required, not mapped",
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws lines.

    Attributes:
        url: where the editor of a row is.
        here: what its address carries on, beginning with an &.
        editable: whoever looks may change the draft.
    """

    url: str
    here: str
    editable: bool

    def bodies(self, lines: Iterable[Line]) -> SafeString:
        """Draw the fields of the target, each with the lines in it as a body of the table."""
        bodies = (
            (line.key, line.found_by, self._rows(line), self.more(line)) for line in lines
        )
        return format_html_join("\n", '<tbody id="{}" data-find="{}">{}{}</tbody>', bodies)

    def row(self, line: Line) -> SafeString:
        """Draw what one target gets."""
        state, key = line.state, line.key
        address = f"{self.url}?{line.address}{self.here}"
        return format_html(
            '<tr class="target target-{}{}">{}{}<td class="target-menu">{}</td></tr>',
            state,
            " target-inner" if line.inside else "",
            _head(line, state, key, address),
            self._filling(line, line.row, state, key)
            if line.row
            else _MISSING
            if state == "missing"
            else _UNMAPPED,
            _menu(line, key, address) if line.row and self.editable else _NOTHING,
        )

    def more(self, line: Line) -> SafeString:
        """Draw the way to another line inside of this one."""
        adds = line.adds if self.editable else ""
        if not adds:
            return _NOTHING
        text = f"Map a field of each {'child record' if line.child else 'line'}"
        if line.shape is not None and line.shape.type == "object":
            text = f"Map a member of {line.name}"
        return format_html(
            '<tr class="target-more"><td colspan="6">'
            '<a id="{0}-more" href="{1}" hx-get="{1}">{2}{3}</a></td></tr>',
            line.key,
            f"{self.url}?{adds}{self.here}",
            icon("plus"),
            text,
        )

    def _rows(self, line: Line) -> SafeString:
        return format_html_join("", "{}", ((self.row(one),) for one in line.each()))

    def _filling(self, line: Line, row: FieldMapping, state: str, key: str) -> SafeString:
        kind, text, source = row.kind, line.text, line.cell.source if line.cell else ""
        accept = state == "suggested" and self.editable
        return format_html(
            '<td class="target-kind"><abbr class="chip" title="{0}" aria-label="{0}">{1}</abbr></td>'
            '<td class="target-source"><code title="{2}">{3}</code>{4}{5}{6}</td>'
            '<td class="target-sample">{7}</td><td class="target-result">{8}</td>',
            kind.label,
            kind.chip,
            text,
            _short(text, _LONGEST_TEXT),
            format_html_join("", " {}", _asides(line, state)),
            format_html_join("", '<small class="{}">{}{}</small>', _told(line)),
            _accept(row, key) if accept else _NOTHING,
            _titled(source) if source else _NOTHING,
            _NOTHING if line.problems else result(line),
        )


def result(line: Line) -> SafeString:
    """Draw what a target gets of the sample; nothing without one."""
    cell = line.cell
    if cell is None:
        return _NOTHING
    if line.trouble:
        mark = icon("alert-circle")
        return format_html('<span class="target-problem">{}{}</span>', mark, line.trouble)
    nothing = {LEFT_ALONE: "left alone", "null": "no value"}.get(cell.kind)
    if nothing is None and cell.result != "":
        return _titled(cell.result)
    return format_html('<span class="nothing">{}</span>', nothing or "empty")


def _head(line: Line, state: str, key: str, address: str) -> SafeString:
    label = line.shape.label if line.shape else ""
    if label.casefold() == line.name.replace("_", " ").casefold():
        label = ""  # it says the same again
    return format_html(
        '<th scope="row"><span class="target-mark">{0}</span><span>'
        '<a class="row-link" id="{1}-open" href="{2}" hx-get="{2}">{3}</a>{4}'
        '<small class="quiet">{5}{6}</small></span></th>',
        icon(_MARKS[state]) if state in _MARKS else _NOTHING,
        key,
        address,
        line.name,
        format_html(' <span class="quiet">{}</span>', label) if label else _NOTHING,
        " · ".join(_notes(line)),
        format_html(' · <span class="tone-busy">{}</span>', "changed")
        if line.changed
        else _NOTHING,
    )


def _notes(line: Line) -> Iterator[str]:
    """Say what the target holds, and what is special about it."""
    yield line.type
    shape = line.shape
    if shape is not None and (shape.is_key or shape.is_unique):
        yield "key" if shape.is_key else "unique"
    if line.primary:
        yield "primary key"
    if shape is not None and shape.required and not shape.is_key:
        yield "required"


def _asides(line: Line, state: str) -> Iterator[tuple[SafeString]]:
    """Give what stands behind the source: a state, a conversion, options."""
    if state in {"suggested", "off"}:
        yield (badge(state),)
    if line.conversion:
        yield (format_html('<small class="quiet">{}</small>', line.conversion),)
    for option in line.options:
        yield (format_html('<small class="quiet">· {}</small>', option),)


def _told(line: Line) -> Iterator[tuple[str, SafeString, str]]:
    for problem in line.problems:
        yield "target-problem", icon("alert-circle"), problem
    for warning in line.warnings:
        yield "target-warning", icon("alert-triangle"), warning


def _accept(row: FieldMapping, key: str) -> SafeString:
    return format_html(
        '<button class="btn target-accept" form="acts" name="act" value="accept:{}" id="{}-accept"'
        ' data-key="m">{}Accept</button>',
        row.uuid,
        key,
        icon("check"),
    )


def _menu(line: Line, key: str, address: str) -> SafeString:
    return format_html(
        '<a class="btn-icon-quiet" id="{0}-menu" href="{1}" hx-get="{1}"'
        ' aria-label="Edit, move, switch or remove {2}">{3}</a>',
        key,
        address,
        line.name,
        icon("dots"),
    )


def _titled(text: str) -> SafeString:
    return format_html('<span title="{}">{}</span>', text, _short(text, _LONGEST))


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
