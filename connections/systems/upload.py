"""A file that somebody uploaded: CSV, Excel or XML.

Source
    The pieces of the file, reached through the injected `Files`; each format's own reader.

Auth
    None of its own. The files that are injected belong to the tenant of the run.

Paging
    Rows in the order of the file. A cursor holds the number of the last row that was stored; who
    goes on from there reads over the rows before. Before the first page the whole file is read
    once, so that one which is damaged at its end is refused before anything was written.

Limits
    Those of `connections.uploads.limits`.

Errors
    A file that cannot be read to its end is a config error with the row and what helps. A row or
    cell that cannot be read concerns that row alone.

Quirks
    There is no address, and no config is stored: the settings are made for each import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import ClassVar, Final

import msgspec

from connections.kit import checks
from connections.kit.base import (
    Check,
    Context,
    Cursor,
    Entity,
    ErrorKind,
    Files,
    Outcome,
    Page,
    Query,
    Record,
    RemoteError,
    System,
    WriteItem,
    WriteResult,
)
from connections.uploads import reading
from connections.uploads.cells import Cells, Row, converter
from connections.uploads.form import Form, Line
from connections.uploads.limits import FileRefused

_VERSION: Final = 1
_MOST_DIGITS: Final = 18


class Upload(System):
    """One uploaded file."""

    label: ClassVar[str] = "File"
    endpoint_label: ClassVar[str | None] = None
    listed: ClassVar[bool] = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        if context.files is None or "upload" not in context.settings:
            raise RemoteError(ErrorKind.CONFIG, "There is no file; upload one.")
        self._files: Files = context.files
        self._upload = int(context.settings["upload"])
        self._form = msgspec.convert(context.settings["form"], Form)
        self._cells = msgspec.convert(context.settings["cells"], Cells)

    def check(self, *, entities: Sequence[str] = ()) -> Iterator[Check]:  # noqa: ARG002  the file is all
        """Test that the file can be read to its end."""
        return checks.lines([("reach", self._readable)])

    def entities(self) -> Sequence[Entity]:
        """Describe nothing: the columns are known from the headings."""
        return ()

    def read(self, query: Query, cursor: Cursor | None) -> Iterator[Page]:
        """Read rows from after the last stored one."""
        try:
            yield from self._pages(query, cursor)
        except FileRefused as error:
            raise RemoteError(ErrorKind.CONFIG, error.message) from error

    def find(
        self, _entity: str, keys: Sequence[Mapping[str, str]]
    ) -> Sequence[Sequence[Record]]:
        """Find nothing: a file is read from end to end."""
        return [() for _ in keys]

    def write(self, _entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        """Refuse: files are read only."""
        error = RemoteError(ErrorKind.UNSUPPORTED, "An uploaded file cannot be written.")
        return [WriteResult(item.index, Outcome.REJECTED, error=error) for item in items]

    def _pages(self, query: Query, cursor: Cursor | None) -> Iterator[Page]:
        file = self._files.open(self._upload)
        if cursor is None:
            after, total = 0, self._count(query)
        else:
            after, total = int(cursor["row"]), cursor["of"]
        lines = reading.rows(file, self._form, after=after)
        page = list(islice(lines, query.page_size))
        while True:
            following = list(islice(lines, query.page_size))
            after = page[-1].number if page else after
            at = {"v": _VERSION, "row": after, "of": total}
            yield Page(self._records(page), at, complete=not following, expected=total)
            if not following:
                return
            page = following

    def _count(self, query: Query) -> int:
        total = reading.count(self._files.open(self._upload), self._form)
        return total if query.max_records is None else min(total, query.max_records)

    def _records(self, page: Sequence[Line]) -> list[Record]:
        convert = converter(self._cells, self._keys(page))
        return [Record(str(line.number), b"", decode=Row(line, convert)) for line in page]

    def _keys(self, page: Sequence[Line]) -> dict[tuple[int, str], str]:
        """Find the keys of records that the page names by their ids, object by object."""
        found: dict[tuple[int, str], str] = {}
        for column in self._cells.columns:
            if column.reference is None:
                continue
            texts = {line.cells[column.at].strip() for line in page if not line.problem}
            ids = [int(text) for text in texts if _is_id(text)]
            keys: Mapping[int, str] = self._files.keys(column.reference, ids) if ids else {}
            for text in texts:
                if _is_id(text) and (key := keys.get(int(text))) is not None:
                    found[column.reference, text] = key
        return found

    def _readable(self) -> checks.Found:
        try:
            total = reading.count(self._files.open(self._upload), self._form)
        except FileRefused as error:
            raise RemoteError(ErrorKind.CONFIG, error.message) from error
        return checks.Found(f"The file has {total:,} rows.")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
