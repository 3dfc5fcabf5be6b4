"""Excel workbooks (.xlsx), read as streams: a zip file that is not trusted, with XML inside.

What a part may grow to is known before it is unpacked: the zip file says how large each part is,
and unpacking stops there. Formulas are not evaluated: their last result stands in the file.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import BinaryIO, Final, cast

from connections.uploads import markup
from connections.uploads.form import Exact, Form, Line
from connections.uploads.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ENTRIES,
    MAX_HELD,
    MAX_RATIO,
    MAX_UNPACKED,
    FileRefused,
)

_SMALL: Final = 1024 * 1024
_BUILT_IN_DATES: Final = frozenset(
    {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
)
_QUOTED: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_DAY_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001  sheets know no time zone
_DAY_ZERO_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001  as above
_DAMAGED: Final = "The workbook is damaged: {}. Open it in a spreadsheet and save it again."


class Workbook:
    """An opened workbook.

    Attributes:
        sheets: name → part of the zip file.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        _check(archive)
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names:
            raise FileRefused("This is no Excel workbook (.xlsx), though it looks like one.")
        book = _Book()
        self._read("xl/workbook.xml", book)
        relations = _Relations()
        if "xl/_rels/workbook.xml.rels" in names:
            self._read("xl/_rels/workbook.xml.rels", relations)
        self.sheets = {
            name: part
            for name, key in book.sheets
            if (part := relations.parts.get(key)) in names and part is not None
        }
        if not self.sheets:
            raise FileRefused("The workbook has no sheets.")
        self._zero = _DAY_ZERO_1904 if book.from_1904 else _DAY_ZERO

    def rows(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """Give the rows of a sheet that have cells, with their numbers.

        Raises:
            FileRefused: there is no such sheet any more, or it cannot be read.
        """
        part = self.sheets.get(sheet)
        if part is None:
            raise FileRefused(f"The workbook has no sheet “{sheet}”.")
        handler = _Sheet(self._texts(), self._dated(), self._zero)
        for _ in self._stream(part, handler):
            yield from handler.done
            handler.done = []

    def _texts(self) -> list[str]:
        texts = _Texts()
        if "xl/sharedStrings.xml" in self._archive.namelist():
            self._read("xl/sharedStrings.xml", texts)
        return texts.found

    def _dated(self) -> frozenset[int]:
        """Give the numbers of the styles that show a number as a date or time."""
        styles = _Styles()
        if "xl/styles.xml" in self._archive.namelist():
            self._read("xl/styles.xml", styles)
        return styles.dated()

    def _read(self, part: str, handler: markup.Handler) -> None:
        if self._archive.getinfo(part).file_size > MAX_HELD:
            raise FileRefused(
                "The workbook holds too many different texts to be read. Save it as CSV."
            )
        for _ in self._stream(part, handler):
            pass

    def _stream(self, part: str, handler: markup.Handler) -> Iterator[None]:
        try:
            with self._archive.open(part) as stream:
                yield from markup.feed(cast("BinaryIO", stream), handler)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise FileRefused(_DAMAGED.format(error)) from error


@contextmanager
def opened(file: BinaryIO) -> Iterator[Workbook]:
    """Open a workbook.

    Raises:
        FileRefused: it is none, it is encrypted, or it would unpack to too much.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileRefused(_DAMAGED.format(error)) from error
    with archive:
        try:
            yield Workbook(archive)
        except (NotImplementedError, RuntimeError) as error:
            raise FileRefused(_DAMAGED.format(error)) from error


def raw(file: BinaryIO, form: Form) -> Iterator[tuple[int, list[str]]]:
    """Give every row that has cells."""
    with opened(file) as book:
        yield from book.rows(form.part)


def rows(file: BinaryIO, form: Form) -> Iterator[Line]:
    """Give the rows below the headings; blank ones are left out."""
    width = len(form.columns)
    blank = [""] * width
    for number, cells in raw(file, form):
        if number <= form.header or not any(cells):
            continue
        problem, fitting = "", cells
        if any(cells[width:]):
            problem = f"The row has more filled cells than the heading has ({width})."
        else:
            fitting = (cells + blank)[:width]
        yield Line(number, fitting, problem)


def _check(archive: zipfile.ZipFile) -> None:
    """Judge by the table of contents, before anything is unpacked."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise FileRefused(f"The workbook has more than {MAX_ENTRIES:,} parts.")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise FileRefused("The workbook unpacks to more than 2 GB. Save it as CSV.")
    for entry in entries:
        if entry.flag_bits & 1:
            raise FileRefused("The workbook is protected by a password. Save it without one.")
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
            raise FileRefused(
                f"A part of the workbook unpacks to more than {MAX_RATIO} times its size, "
                "which no ordinary workbook does."
            )


class _Quiet:
    """A handler that looks at nothing; the others look at something."""

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        pass

    def end(self, _name: str) -> None:
        pass

    def text(self, _text: str) -> None:
        pass


class _Book(_Quiet):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            key = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            self.sheets.append((attributes.get("name", ""), key))
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}


class _Relations(_Quiet):
    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            self.parts[attributes.get("Id", "")] = part


class _Texts(_Quiet):
    """The shared texts; what is said about how to pronounce them is left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._inside = self._phonetic = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._phonetic = True
        self._inside = name == "t" and not self._phonetic

    def end(self, name: str) -> None:
        self._inside = False
        if name == "si":
            self.found.append("".join(self._parts))
        elif name == "rPh":
            self._phonetic = False

    def text(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)


class _Styles(_Quiet):
    def __init__(self) -> None:
        self._formats: dict[int, str] = {}
        self._used: list[int] = []
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            self._used.append(_whole(attributes.get("numFmtId")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False

    def dated(self) -> frozenset[int]:
        found = set(_BUILT_IN_DATES)
        for number, code in self._formats.items():
            if set(_QUOTED.sub("", code).lower()) & set("ymdhs"):
                found.add(number)
        return frozenset(at for at, number in enumerate(self._used) if number in found)


class _Sheet(_Quiet):
    """Collects rows."""

    def __init__(self, texts: list[str], dated: frozenset[int], zero: datetime) -> None:
        self.done: list[tuple[int, list[str]]] = []
        self._texts, self._dated, self._zero = texts, dated, zero
        self._places: dict[str, int] = {}
        self._row: list[str] = []
        self._number = self._count = 0
        self._at, self._type, self._style = -1, "n", ""
        self._parts: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            reference = attributes.get("r")
            self._at = self._at + 1 if reference is None else self._place(reference)
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._parts = None
        elif name in {"v", "t"}:
            self._parts = [] if self._parts is None else self._parts
            self._count += 1
        elif name == "row":
            number = attributes.get("r", "")
            self._number = int(number) if number.isdecimal() else self._number + 1
            self._row, self._at = [], -1
            if self._count > MAX_CELLS:
                raise FileRefused(
                    f"The sheet has more than {MAX_CELLS:,} cells. Save it as CSV."
                )

    def text(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)

    def end(self, name: str) -> None:
        if name == "c":
            if self._parts:
                row = self._row
                if len(row) <= self._at:
                    row += [""] * (self._at + 1 - len(row))
                row[self._at] = self._value("".join(self._parts))
            self._parts = None
        elif name == "row":
            self.done.append((self._number, self._row))

    def _place(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        found = self._places.get(letters)
        if found is None:
            found = 0
            for letter in letters.upper():
                found = found * 26 + ord(letter) - 64
            found -= 1
            if not 0 <= found < MAX_COLUMNS:
                raise FileRefused(
                    f"Row {self._number} has a cell in column {letters[:10]}; "
                    f"at most {MAX_COLUMNS} columns can be read."
                )
            self._places[letters] = found
        return found

    def _value(self, text: str) -> str:
        kind = self._type
        if kind == "s":
            try:
                return self._texts[int(text)]
            except (ValueError, IndexError) as error:
                raise FileRefused(_DAMAGED.format("it names a text that it lacks")) from error
        if kind == "n":
            dated = self._style.isdecimal() and int(self._style) in self._dated
            return _moment(text, self._zero) if dated else _number(text)
        if kind == "b":
            return Exact("true" if text.strip() == "1" else "false")
        return Exact(text) if kind == "d" else text


def _whole(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0


def _number(text: str) -> str:
    """Spell a number with the 15 digits that a spreadsheet knows of it."""
    if len(text) < 16 and text.lstrip("-").isdecimal():
        return Exact(text)
    try:
        return Exact(format(Decimal(format(float(text), ".15g")), "f"))
    except (ValueError, ArithmeticError):
        return text


def _moment(text: str, zero: datetime) -> str:
    """Spell a date, a time, or both; the sheet holds days since its day zero."""
    try:
        days = float(text)
        moment = zero + timedelta(milliseconds=round(days * 86_400_000))
    except (ValueError, OverflowError):
        return text
    moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    if 0 < days < 1:
        return Exact(moment.time().isoformat())
    return Exact(_day(moment) if days == int(days) else moment.isoformat())


def _day(moment: date) -> str:
    return moment.strftime("%Y-%m-%d").rjust(10, "0")
