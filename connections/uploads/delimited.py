"""CSV files: rows of a decoded stream, never more than a line in memory."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from typing import BinaryIO, Final

from connections.uploads.form import ENCODINGS, Form, Line
from connections.uploads.limits import MAX_CELL, MAX_LINE, FileRefused

_SAMPLE_ROWS: Final = 20
_CANDIDATES: Final = ",;\t|"


def raw(file: BinaryIO, form: Form) -> Iterator[tuple[int, list[str]]]:
    """Give every row with its number, blank ones too.

    Raises:
        FileRefused: it is not of this encoding, or a quote never closes.
    """
    with _parsed(file, form) as (counter, found):
        yield from zip(counter, found, strict=False)


def rows(file: BinaryIO, form: Form) -> Iterator[Line]:
    """Give the rows below the headings; blank ones are left out."""
    width, header = len(form.columns), form.header
    with _parsed(file, form) as (counter, found):
        for number, cells in zip(counter, found, strict=False):
            if number <= header or not any(cells):
                continue
            if len(cells) == width:
                yield Line(number, cells, "")
                continue
            while len(cells) > width and not cells[-1]:
                cells.pop()
            problem = f"The row has {len(cells)} cells, the heading {width}."
            yield Line(number, cells, "" if len(cells) == width else problem)


def count(file: BinaryIO, form: Form) -> int:
    """Count what `rows` would give.

    Raises:
        FileRefused: as `rows`.
    """
    with _parsed(file, form) as (counter, found):
        numbered = zip(counter, found, strict=False)
        below = islice(numbered, form.header, None)
        return sum(map(any, map(itemgetter(1), below)))


@contextmanager
def _parsed(file: BinaryIO, form: Form) -> Iterator[tuple[Iterator[int], Iterator[list[str]]]]:
    """Open a file; its rows are to be taken together with numbers, so that errors say where."""
    text = io.TextIOWrapper(file, encoding=form.encoding, newline="")
    counter = itertools.count(1)
    try:
        yield counter, csv.reader(_lines(text), delimiter=form.delimiter, strict=True)
    except csv.Error as error:
        raise FileRefused(_told(error, _begun(counter))) from error
    except UnicodeDecodeError as error:
        name, byte = ENCODINGS[form.encoding], error.object[error.start]
        raise FileRefused(
            f"After row {_begun(counter) - 1} the file is not {name}: byte 0x{byte:02X} means "
            "nothing there. Choose another encoding."
        ) from error
    except UnicodeError as error:
        raise FileRefused(f"The file is not {ENCODINGS[form.encoding]}: {error}.") from error
    finally:
        text.detach()


def _begun(counter: Iterator[int]) -> int:
    """Give the number of the row that was begun: the last one that was handed out."""
    return next(counter) - 1


def encoding_of(head: bytes, *, utf8: bool) -> str:
    """Tell the encoding by its mark, by zeros at every second place, or by what decodes.

    Args:
        head: how the file begins.
        utf8: all of it decodes as UTF-8.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) >= 4 and head.count(0) > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    return "utf-8-sig" if utf8 else "cp1252"


def delimiter_of(head: str) -> str:
    """Tell the delimiter: the one that cuts the first rows into most columns, all alike."""
    return max(_CANDIDATES, key=lambda delimiter: _fit(head, delimiter))


def _fit(head: str, delimiter: str) -> tuple[int, int]:
    widths = []
    try:
        for cells in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
            if any(cells):
                widths.append(len(cells))
            if len(widths) == _SAMPLE_ROWS:
                break
    except csv.Error:
        return 0, 0
    widths = widths[:-1] if len(widths) > 1 and len(widths) < _SAMPLE_ROWS else widths
    usual = max(set(widths), key=widths.count, default=1)
    return (widths.count(usual) if usual > 1 else 0), usual


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            raise csv.Error("line too long")
        yield line


def _told(error: csv.Error, number: int) -> str:
    said = str(error)
    if "field limit" in said or "unexpected end" in said:
        return (
            f"Row {number} begins a cell that does not end: a quotation mark is opened and never "
            f"closed, or the cell has more than {MAX_CELL:,} characters."
        )
    if "line too long" in said:
        return f"Row {number} is longer than {MAX_LINE:,} characters. Is this a CSV file?"
    return (
        f"Row {number}: after a closing quotation mark something else than the delimiter "
        "follows. Write a quotation mark inside of a quoted cell twice."
    )
