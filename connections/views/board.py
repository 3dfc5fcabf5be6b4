"""What the mapping editor shows of a draft: its lines with a sample's values, and how it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from connections import drafts, kept, mapping_gaps, target_lines, versions
from connections.answering import Asked
from connections.checking import Known
from connections.document import FieldMapping, running
from connections.drafts import Holder
from connections.mapping_gaps import Gap
from connections.preview import Cell, preview
from connections.sampled import Sampled
from connections.sides import SourceField, fields_of_line
from connections.target_lines import Line
from objects.shape import ObjectShape
from syncapp import canonical

SHOWS: Final = {
    "all": "All",
    "mapped": "Mapped",
    "required": "Required",
    "changed": "Changed",
    "errors": "Errors",
}
AWKWARD: Final = {
    "failing": "Next failing",
    "longest": "Longest",
    "nulls": "With nulls",
    "letters": "Non-Latin",
    "lines": "Most lines",
}
_STEPS: Final = {"next": 1, "previous": -1}
TRIED: Final = 100
"""In how many kept records the next failing one is looked for."""


@dataclass
class Board:
    """A draft, ready to be shown.

    Attributes:
        holder: whose draft.
        sample: the record whose values are shown.
        lines: what is shown of the targets.
        counts: number of lines by what `SHOWS` can show.
        named: the line that was asked for, if one was.
        told: what became of choosing a record.
    """

    holder: Holder
    rows: tuple[FieldMapping, ...]
    shape: ObjectShape | None
    known: Known
    sources: Sequence[SourceField]
    samples: Sequence[Sampled]
    answers: Callable[[], Asked]
    at: int = 0
    show: str = "all"
    search: str = ""
    told: str = ""
    lines: list[Line] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    difference: versions.Difference | None = None
    gaps: Sequence[Gap] = ()
    named: Line | None = None

    @property
    def sample(self) -> Sampled | None:
        """The record whose values are shown."""
        return self.samples[self.at] if self.samples else None

    @property
    def query(self) -> str:
        """What addresses carry on, so that a page comes back as it was."""
        sample = self.sample.label if self.sample else ""
        kept = {"show": self.show if self.show != "all" else "", "q": self.search}
        named = {**kept, "sample": sample if self.at else ""}
        return urlencode({name: text for name, text in named.items() if text})

    @property
    def sample_text(self) -> str:
        """The record as JSON, for formulas to be tried on."""
        return canonical.text(self.sample.record) if self.sample else ""

    def tried(self, rows: Sequence[FieldMapping], name: str) -> Cell | None:
        """Give what a row that is being edited makes of the sample."""
        cells = _cells(self, [self.sample], rows) if self.sample else {}
        return next(iter(cells.get(name, ())), None)

    def sources_inside(self, inside: str) -> Sequence[SourceField]:
        """List what a row can read: of lines, the fields of one."""
        around = drafts.find(self.rows, inside)
        return fields_of_line(self.sources, around.source) if around else self.sources

    @property
    def children(self) -> dict[str, ObjectShape]:
        """Child objects of what is filled, by type."""
        return children_of(self.shape, self.known)

    @property
    def each(self) -> Iterator[Line]:
        """Every line, with those inside of others."""
        return (one for line in self.lines for one in line.each())

    @property
    def nth(self) -> int:
        """The number of the record, counted as people do."""
        return self.at + 1

    @property
    def changes(self) -> int:
        """In how many ways the draft differs from what runs; 0 if nothing ever ran."""
        return len(self.difference) if self.difference is not None else 0

    def line(self, asked: Mapping[str, Any]) -> Line | None:
        """Find a line by its row's name, or by its target; see `Line.named`."""
        name, place = asked.get("row"), (asked.get("at"), asked.get("inside", ""))
        child = "child" in asked
        for one in self.each:
            if name and one.row is not None and one.row.uuid == name:
                return one
            if not name and (one.target, one.inside) == place and one.child == child:
                return one
        return None

    def fresh(self, asked: Mapping[str, Any]) -> Line | None:
        """Make a line for a target that is not listed: a member of an object, or of lines."""
        inside, prefix = asked.get("inside", ""), asked.get("new", "")
        for one in self.each:
            if (inside and one.row is not None and one.row.uuid == inside) or (
                not inside and prefix == f"{one.target}."
            ):
                names = [member.target for member in one.members if member.row is None]
                made = Line("" if inside else prefix, "", inside=inside, fresh=True)
                made.names = names
                one.members.append(made)
                return made
        return None

    def top(self, line: Line) -> Line:
        """Give the line among whose lines this one is shown."""
        return next(one for one in self.lines if line in one.each())


def load(
    holder: Holder,
    asked: Mapping[str, Any],
    answers: Callable[[], Asked],
    *,
    row: bool = False,
) -> Board:
    """Read a draft and everything that is shown beside it.

    Args:
        holder: whose draft.
        asked: what the address says: `show`, `q`, `sample`, `pick`.
        answers: makes what answers the lookups of formulas, for whoever looks.
        row: only the row that `asked` names is shown, with those around and inside of it.
    """
    samples = holder.samples()
    show = str(asked.get("show", "all"))
    board = Board(
        holder,
        drafts.rows_of(holder),
        holder.shape(),
        Known(holder.tenant.pk),
        holder.sources(),
        samples,
        answers,
        show=show if show in SHOWS else "all",
        search=str(asked.get("q", "")).strip()[:100],
    )
    _choose(board, str(asked.get("sample", "")))
    _pick(board, str(asked.get("pick", "")))
    _line_up(board)
    if row:
        board.named = board.fresh(asked) if "new" in asked else board.line(asked)
        _fill(board, [board.top(board.named)] if board.named else ())
    else:
        _fill(board, board.lines)
        board.counts = {
            show: sum(_belongs(line, show) for line in board.lines) for show in SHOWS
        }
    return board


def shown(board: Board) -> list[Line]:
    """Give the lines that are asked for."""
    wanted = board.search.casefold()
    return [
        line
        for line in board.lines
        if _belongs(line, board.show) and any(wanted in one.found_by for one in line.each())
    ]


def children_of(shape: ObjectShape | None, known: Known) -> dict[str, ObjectShape]:
    """Give the child objects of a connect object, by type."""
    if shape is None or not shape.id:
        return {}
    return {type_: one for type_, one in known.objects.items() if one.parent_id == shape.id}


def _line_up(board: Board) -> None:
    connection = board.holder.connection
    board.lines = target_lines.lines_of(
        board.rows,
        board.shape,
        board.children,
        creates=connection.allow_create,
        primary_key=connection.primary_key,
    )
    target_lines.tell_types(board.lines, board.sources)


def _fill(board: Board, lines: Sequence[Line]) -> None:
    """Say of these lines what the sample gives, and what is wrong, strange or new."""
    rows = [line.row for line in lines if line.row is not None]
    board.difference = difference_of(board.holder)
    changed = {one.uuid for one in board.difference.mappings} if board.difference else set()
    cells = _cells(board, [board.sample], rows) if board.sample else {}
    board.gaps = board.holder.gaps()
    gaps, strange = _by_row(board.gaps), _strange(board, rows)
    for line in lines:
        for one in line.each():
            if one.row is not None:
                one.changed = one.row.uuid in changed
                one.cell = next(iter(cells.get(one.row.uuid, ())), None)
                one.problems = [one.plain(text) for text in gaps.get(one.row.uuid, ())]
                one.warnings = [one.plain(text) for text in strange.get(one.row.uuid, ())]


def _strange(board: Board, rows: Sequence[FieldMapping]) -> dict[str, list[str]]:
    """Say at which rows a source field is read that nobody has seen."""
    connection = board.holder.connection
    owner = connection.entity if board.holder.fetches else str(connection.object)
    return _by_row(mapping_gaps.strange(running(rows), board.sources, owner))


def _by_row(gaps: Iterable[Gap]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for gap in gaps:
        found.setdefault(gap.row, []).append(gap.message)
    return found


def _belongs(line: Line, show: str) -> bool:
    match show:
        case "mapped":
            return line.row is not None and line.row.enabled
        case "required":
            return line.needed or bool(
                line.shape and (line.shape.required or line.shape.is_key)
            )
        case "changed":
            return any(one.changed for one in line.each())
        case "errors":
            return any(one.failing or one.state == "missing" for one in line.each())
    return True


def difference_of(holder: Holder) -> versions.Difference | None:
    """Compare a draft with what runs; None if nothing ever ran."""
    live = holder.connection.live_version
    if live is None:
        return None
    draft = versions.draft_of(holder.connection)
    return versions.difference(holder.tenant.pk, live.spec, draft)


def _cells(
    board: Board, samples: Sequence[Sampled], rows: Sequence[FieldMapping] | None = None
) -> Mapping[str, Sequence[Cell]]:
    if board.shape is None:
        return {}
    tried = board.rows if rows is None else rows
    return preview(tried, board.shape, samples, board.answers()).cells


def _choose(board: Board, text: str) -> None:
    """Choose the record of this key, or the first one whose key contains the text."""
    folded = text.strip().casefold()
    for place, one in enumerate(board.samples if folded else ()):
        if one.label == text:
            board.at = place
            return
        if board.at == 0 and folded in one.label.casefold():
            board.at = place
    if folded and board.samples and folded not in board.samples[board.at].label.casefold():
        board.told = f"No kept record is called “{text.strip()[:80]}”."


def _pick(board: Board, wish: str) -> None:
    """Choose a record that mappings stumble over."""
    if not board.samples:
        return
    if wish in _STEPS:
        board.at = (board.at + _STEPS[wish]) % len(board.samples)
        return
    if wish not in AWKWARD:
        return
    if wish == "failing":
        _pick_failing(board)
        return
    found = {one.why: one.sampled for one in kept.awkward(board.samples)}
    if wish in found:
        board.at = board.samples.index(found[wish])
    else:
        board.told = f"None of {len(board.samples)} kept records is like that."


def _pick_failing(board: Board) -> None:
    """Choose the next record, from the present one on, for which a mapping has no value."""
    places = [(board.at + step) % len(board.samples) for step in range(1, TRIED + 1)]
    places = list(dict.fromkeys(places))
    cells = _cells(board, [board.samples[place] for place in places])
    for number, place in enumerate(places):
        if any(values[number].problem for values in cells.values() if number < len(values)):
            board.at = place
            return
    board.told = f"None of {len(places)} kept records fails."
