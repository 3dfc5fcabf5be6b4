"""One way to read the rows of a file, whatever its format. Pure: bytes come from the caller."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import dropwhile, islice
from typing import BinaryIO, Final

from connections.uploads import delimited, markup, workbook
from connections.uploads.form import Form, Line

_READERS: Final = {"csv": delimited.rows, "xlsx": workbook.rows, "xml": markup.rows}
_COUNTERS: Final = {"csv": delimited.count}


def rows(file: BinaryIO, form: Form, *, after: int = 0) -> Iterator[Line]:
    """Give the rows that follow a row, in order.

    Args:
        file: at any place; it is read from its beginning.
        form: how it is read.
        after: number of the last row that is not wanted any more.

    Raises:
        FileRefused: the file cannot be read on; what, where, and what helps.
    """
    file.seek(0)
    lines = _READERS[form.format](file, form)
    return dropwhile(lambda line: line.number <= after, lines) if after else lines


def samples(file: BinaryIO, form: Form, n: int) -> list[Line]:
    """Give the first rows."""
    return list(islice(rows(file, form), n))


def count(file: BinaryIO, form: Form) -> int:
    """Read the whole file once: how many rows there are.

    Raises:
        FileRefused: it cannot be read to its end, so that nothing of it should be taken.
    """
    file.seek(0)
    return _COUNTERS.get(form.format, _count)(file, form)


def _count(file: BinaryIO, form: Form) -> int:
    return sum(1 for _ in _READERS[form.format](file, form))
