"""Finds out about the form of a file: format, encoding, delimiter, headings. Pure."""

from __future__ import annotations

from itertools import islice
from typing import BinaryIO, Final

from msgspec import structs

from connections.uploads import delimited, markup, workbook
from connections.uploads.form import DELIMITERS, ENCODINGS, Form, headings
from connections.uploads.limits import FileRefused

_HEAD: Final = 64 * 1024
_HEADING_ROWS: Final = 50
_FOREIGN: Final = {
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of the old kind (.xls). Save it as .xlsx",
    b"\x1f\x8b": "a packed file (gzip). Unpack it",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"Rar!": "a packed file (rar). Unpack it",
    b"7z\xbc\xaf": "a packed file (7z). Unpack it",
}


def look(file: BinaryIO, *, utf8: bool) -> Form:
    """Find out how a file is to be read.

    Args:
        file: any file.
        utf8: all of it decodes as UTF-8.

    Raises:
        FileRefused: it is empty, or nothing that can be imported.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if not head.strip():
        raise FileRefused("The file is empty.")
    for mark, what in _FOREIGN.items():
        if head.startswith(mark):
            raise FileRefused(f"This is {what}; CSV, Excel (.xlsx) and XML can be imported.")
    if head.startswith(b"PK"):
        return described(file, Form("xlsx"))
    encoding = delimited.encoding_of(head, utf8=utf8)
    if b"\0" in head and not encoding.startswith("utf-16"):
        raise FileRefused("The file is no text: it holds zero bytes. Is it a CSV file?")
    text = head[: len(head) // 2 * 2].decode(encoding, errors="ignore")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return described(file, Form("xml"))
    return described(
        file, Form("csv", encoding=encoding, delimiter=delimited.delimiter_of(text), header=-1)
    )


def described(file: BinaryIO, form: Form) -> Form:
    """Give the form with its columns, after something of it was found or chosen.

    Raises:
        FileRefused: it cannot be read that way.
    """
    file.seek(0)
    if form.format == "xml":
        return _xml(file, form)
    if form.format == "xlsx":
        with workbook.opened(file) as book:
            parts = tuple(book.sheets)
        part = form.part if form.part in parts else parts[0]
        form = structs.replace(
            form, part=part, parts=parts, header=form.header if form.part else -1
        )
        first = list(islice(workbook.raw(file, form), _HEADING_ROWS))
    else:
        _check_choices(form)
        first = list(islice(delimited.raw(file, form), _HEADING_ROWS))
    return _headed(form, first)


def _headed(form: Form, first: list[tuple[int, list[str]]]) -> Form:
    """Take the headings from their row; of a row that is not named, the first that has any."""
    filled = [(number, cells) for number, cells in first if any(cell.strip() for cell in cells)]
    if not filled:
        raise FileRefused("The file has no rows.")
    if form.header == 0:
        width = max(len(cells) for _, cells in filled)
        names, notes = headings([f"Column {number}" for number in range(1, width + 1)])
        return structs.replace(form, columns=names, notes=notes)
    number, cells = next((one for one in filled if form.header in {-1, one[0]}), (0, []))
    if not number:
        raise FileRefused(f"Row {form.header} holds no headings.")
    names, notes = headings(cells)
    return structs.replace(form, header=number, columns=names, notes=notes)


def _xml(file: BinaryIO, form: Form) -> Form:
    parts = markup.records_of(file)
    form = structs.replace(
        form, part=form.part if form.part in parts else parts[0], parts=parts, header=0
    )
    file.seek(0)
    columns = markup.columns_of(file, form)
    if not columns:
        raise FileRefused(f"The elements {form.part} hold no values.")
    return structs.replace(form, columns=columns)


def _check_choices(form: Form) -> None:
    if form.encoding not in ENCODINGS:
        raise FileRefused(f"There is no encoding “{form.encoding}”.")
    if form.delimiter not in DELIMITERS:
        raise FileRefused("The delimiter is comma, semicolon, tab or vertical bar.")
