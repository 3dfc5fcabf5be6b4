"""Reading files: forms that are found out, rows that come, and files that nobody means."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from connections.kit.errors import RecordRefused
from connections.uploads import detection, markup, reading, workbook
from connections.uploads.cells import Cells, Column, Row, converter
from connections.uploads.form import Exact, Form, Line
from connections.uploads.limits import FileRefused
from connections.uploads.writing import csv_of, neutral, workbook_of


def look(content: bytes) -> Form:
    try:
        content.decode()
    except UnicodeDecodeError:
        return detection.look(io.BytesIO(content), utf8=False)
    return detection.look(io.BytesIO(content), utf8=True)


def rows(content: bytes, **form: Any) -> list[tuple[int, list[str]]]:
    found = structs.replace(look(content), **form)
    return [(line.number, line.cells) for line in reading.rows(io.BytesIO(content), found)]


def refused(content: bytes, **form: Any) -> str:
    with pytest.raises(FileRefused) as error:
        rows(content, **form)
    return error.value.message


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_delimiter_is_found(self, delimiter: str) -> None:
        text = "\n".join(
            delimiter.join(cells) for cells in (("a", "b"), ("1", "x y"), ("2", "z"))
        )
        assert look(text.encode()).delimiter == delimiter
        assert rows(text.encode()) == [(2, ["1", "x y"]), (3, ["2", "z"])]

    def test_commas_in_numbers_do_not_mislead(self) -> None:
        assert look(b"a;b;c\n1,5;2,5;3\n1,5;2;3\n").delimiter == ";"

    @pytest.mark.parametrize(
        ("encoding", "name"),
        [
            ("utf-8", "utf-8-sig"),
            ("utf-8-sig", "utf-8-sig"),
            ("cp1252", "cp1252"),
            ("utf-16", "utf-16"),
            ("utf-16-le", "utf-16-le"),
            ("utf-16-be", "utf-16-be"),
        ],
    )
    def test_the_encoding_is_found(self, encoding: str, name: str) -> None:
        content = "Größe,Ort\n1,Köln\n".encode(encoding)
        form = look(content)
        assert (form.encoding, form.columns) == (name, ("Größe", "Ort"))
        assert rows(content) == [(2, ["1", "Köln"])]

    def test_quotes_hold_delimiters_and_line_ends(self) -> None:
        assert rows(b'a,b\r\n"1,5","x\r\ny"\r\n"say ""hi""",z\r\n') == [
            (2, ["1,5", "x\r\ny"]),
            (3, ['say "hi"', "z"]),
        ]

    def test_the_heading_is_the_first_row_that_has_one(self) -> None:
        assert look(b"\n,\na,b\n1,2\n").header == 3
        assert rows(b"\n,\na,b\n\n1,2\n") == [(5, ["1", "2"])]

    def test_without_headings(self) -> None:
        content = b"1,2\n3,4\n"
        form = detection.described(
            io.BytesIO(content), structs.replace(look(content), header=0)
        )
        assert form.columns == ("Column 1", "Column 2")
        assert [line.number for line in reading.rows(io.BytesIO(content), form)] == [1, 2]

    def test_headings_are_never_empty_nor_twice(self) -> None:
        form = look(b"a,,a,a (2),A\n1,2,3,4,5\n")
        assert form.columns == ("a", "Column 2", "a (2)", "a (2) (2)", "A")
        assert len(form.notes) == 2

    def test_ragged_rows_are_told(self) -> None:
        lines = list(reading.rows(io.BytesIO(b"a,b\n1\n1,2,3\n1,2,,\n"), look(b"a,b\n1,2\n")))
        assert [line.problem for line in lines] == [
            "The row has 1 cells, the heading 2.",
            "The row has 3 cells, the heading 2.",
            "",
        ]

    def test_going_on(self) -> None:
        content = b"a\n1\n2\n3\n"
        form = look(content)
        assert [n for n, *_ in reading.rows(io.BytesIO(content), form, after=3)] == [4]
        assert reading.count(io.BytesIO(content), form) == 3

    def test_old_line_ends(self) -> None:
        assert rows(b"a,b\r1,2\r") == [(2, ["1", "2"])]

    def test_a_quote_that_never_closes(self) -> None:
        assert "Row 3 begins a cell that does not end" in refused(b'a,b\n1,2\n3,"4\n5,6\n')
        long = b'a,b\n1,"' + b"x\n" * 100_000
        assert "Row 2 begins a cell that does not end" in refused(long)

    def test_a_quote_in_the_middle(self) -> None:
        assert "Row 2: after a closing quotation mark" in refused(b'a,b\n"1"x,2\n')

    def test_another_encoding_further_down(self) -> None:
        content = b"a,b\n" + b"1,2\n" * 30_000 + "ä,1\n".encode("cp1252")
        form = structs.replace(look(b"a,b\n1,2\n"), encoding="utf-8-sig")
        with pytest.raises(FileRefused, match="byte 0xE4 means nothing there"):
            reading.count(io.BytesIO(content), form)

    def test_half_a_utf16_character(self) -> None:
        with pytest.raises(FileRefused, match="UTF-16"):
            rows("a,b\n1,2\n".encode("utf-16")[:-1])

    def test_a_line_without_end_is_not_held(self) -> None:
        form = look(b"a,b\n1,2\n")
        content = io.BytesIO(b"a,b\n" + b"x" * 5_000_000)
        with pytest.raises(FileRefused):
            reading.count(content, form)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "empty"),
            (b" \n\t\r\n", "empty"),
            (b",,\n,,\n", "no rows"),
            (b"%PDF-1.7\n1 0 obj", "a PDF"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", "old kind"),
            (b"\x1f\x8b\x08\x00", "gzip"),
            (b"PK\x03\x04 nothing", "damaged"),
            (b"a,b\n1,\0\n", "zero bytes"),
            (",".join(f"c{n}" for n in range(10_000)).encode(), "10,000 columns"),
        ],
    )
    def test_what_is_no_file_of_rows(self, content: bytes, said: str) -> None:
        with pytest.raises(FileRefused, match=said):
            look(content)

    def test_choices_that_are_none(self) -> None:
        for form in (Form("csv", "latin", ","), Form("csv", "utf-8-sig", "x")):
            with pytest.raises(FileRefused):
                detection.described(io.BytesIO(b"a\n"), form)
        with pytest.raises(FileRefused, match="Row 9 holds no headings"):
            detection.described(io.BytesIO(b"a\n1\n"), Form("csv", "utf-8-sig", ",", header=9))


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="[Red]0.00&quot;d&quot;"/></numFmts><cellStyleXfs><xf/>'
    '</cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    '<xf numFmtId="22"/><xf numFmtId="20"/></cellXfs></styleSheet>'
)
TEXTS = (
    f"<sst {MAIN}><si><t>head</t></si><si><r><t>ri</t></r><r><t>ch</t></r>"
    "<rPh><t>no</t></rPh></si></sst>"
)


def book(sheet: str, *, parts: dict[str, str] | None = None, properties: str = "") -> bytes:
    """A workbook with one sheet of this XML."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook_of({"Only": []}))) as plain,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        contents = {name: plain.read(name).decode() for name in plain.namelist()}
        whole = f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>"
        contents |= {"xl/worksheets/sheet1.xml": whole, **(parts or {})}
        contents["xl/workbook.xml"] = contents["xl/workbook.xml"].replace(
            "<sheets>", f"{properties}<sheets>"
        )
        for name, text in contents.items():
            archive.writestr(name, text)
    return made.getvalue()


class TestWorkbooks:
    def test_our_own_come_back(self) -> None:
        content = workbook_of({"A": [["x", "y"], ["=1+1", "<&>"]], "B": [["z"]]})
        assert look(content).parts == ("A", "B")
        assert rows(content) == [(2, ["=1+1", "<&>"])]
        other = detection.described(
            io.BytesIO(content), structs.replace(look(content), part="B")
        )
        assert other.columns == ("z",)

    def test_cells_of_all_kinds(self) -> None:
        parts = {"xl/styles.xml": STYLES, "xl/sharedStrings.xml": TEXTS}
        cells = (
            '<c t="s"><v>1</v></c><c><v>4.5999999999999996</v></c><c s="1"><v>46347</v></c>'
            '<c s="2"><v>7</v></c><c s="3"><v>46347.5868055556</v></c><c s="4"><v>0.25</v></c>'
            '<c t="b"><v>1</v></c><c t="str"><f>A1</f><v>said</v></c><c t="e"><v>#REF!</v></c>'
            '<c><v>1E+20</v></c><c t="d"><v>2026-11-21</v></c><c><v>?</v></c>'
        )
        heads = "".join(f'<c t="inlineStr"><is><t>h{n}</t></is></c>' for n in range(12))
        content = book(f"<row>{heads}</row><row>{cells}</row>", parts=parts)
        ((number, values),) = rows(content)
        assert number == 2
        assert values == [
            "rich",
            "4.6",
            "2026-11-21",
            "7",
            "2026-11-21T14:05:00",
            "06:00:00",
            "true",
            "said",
            "#REF!",
            "100000000000000000000",
            "2026-11-21",
            "?",
        ]
        assert [type(value) is Exact for value in values[:4]] == [False, True, True, True]

    def test_cells_know_their_place(self) -> None:
        sheet = (
            '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="C1" t="str"><v>c</v></c></row>'
            '<row r="5"><c r="C5"><v>3</v></c></row><row r="6"/><row r="7"><c r="D7"><v>9</v></c></row>'
        )
        lines = list(reading.rows(io.BytesIO(book(sheet)), look(book(sheet))))
        assert lines[0] == (5, ["", "", "3"], "")
        assert "more filled cells" in lines[1].problem

    def test_days_since_1904(self) -> None:
        heads = '<row><c t="str"><v>d</v></c></row>'
        content = book(
            f'{heads}<row><c s="1"><v>1</v></c></row>',
            parts={"xl/styles.xml": STYLES},
            properties='<workbookPr date1904="1"/>',
        )
        assert rows(content) == [(2, ["1904-01-02"])]

    @pytest.mark.parametrize("value", ["99999999999", "nan", "x"])
    def test_days_that_are_none(self, value: str) -> None:
        heads = '<row><c t="str"><v>d</v></c></row>'
        content = book(
            f'{heads}<row><c s="1"><v>{value}</v></c></row>', parts={"xl/styles.xml": STYLES}
        )
        assert rows(content) == [(2, [value])]

    def test_a_column_far_out(self) -> None:
        assert "column XFD" in refused(book('<row><c r="XFD1"><v>1</v></c></row>'))

    def test_a_text_that_is_not_there(self) -> None:
        assert "damaged" in refused(book('<row><c t="s"><v>7</v></c></row>'))

    def test_entities_are_refused(self) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
        content = book("", parts={"xl/worksheets/sheet1.xml": bomb})
        assert "document type" in refused(content)

    def test_a_bomb_is_refused_before_it_goes_off(self) -> None:
        content = book("<row/>" * 2_000_000)
        assert len(content) < 200_000
        tracemalloc.start()
        message = refused(content)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert "more than 200 times its size" in message
        assert peak < 5_000_000

    def test_sizes(self, monkeypatch: Any) -> None:
        content = workbook_of({"A": [["x"]]})
        for name, said in (
            ("MAX_UNPACKED", "more than 2 GB"),
            ("MAX_ENTRIES", "parts"),
            ("MAX_HELD", "too many different texts"),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(workbook, name, 1)
                assert said in refused(content)
        monkeypatch.setattr(workbook, "MAX_CELLS", 1)
        cells = "<row><c><v>1</v></c><c><v>1</v></c></row>" * 2
        assert "cells" in refused(book(cells))

    def test_zip_files_that_are_something_else(self) -> None:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("word/document.xml", "<x/>")
        assert "no Excel workbook" in refused(made.getvalue())

    def test_damage(self) -> None:
        content = bytearray(workbook_of({"A": [["x" * 50], ["y"]]}))
        at = content.index(b"xl/worksheets/sheet1.xml") + 40
        content[at : at + 8] = b"\xff" * 8
        assert "damaged" in refused(bytes(content))

    def test_a_password(self) -> None:
        content = bytearray(workbook_of({"A": [["x"]]}))
        at = content.index(b"PK\x01\x02")
        content[at + 8] |= 1
        assert "password" in refused(bytes(content))

    def test_no_sheets(self) -> None:
        empty = f"<workbook {MAIN}/>"
        assert "no sheets" in refused(book("", parts={"xl/workbook.xml": empty}))

    def test_a_sheet_that_is_gone(self) -> None:
        content = workbook_of({"A": [["x"], ["1"]]})
        assert "no sheet “B”" in refused(content, part="B")


class TestXml:
    def test_records_are_the_outermost_that_repeat(self) -> None:
        content = (
            b"<x:all xmlns:x='u'><head><v>1</v></head><x:row id='1'><a>A</a><b><c>C</c></b></x:row>"
            b"<x:row id='2'><a>B</a><a>D</a>t</x:row></x:all>"
        )
        form = look(content)
        assert form.part == "all/row"
        assert form.columns == ("@id", "a", "b.c", "a (2)")
        assert rows(content) == [(1, ["1", "A", "C", ""]), (2, ["2", "B", "", "D"])]

    def test_one_record_is_one(self) -> None:
        assert rows(b"<?xml version='1.0'?><all><row><a>1</a></row></all>") == [(1, ["1"])]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"<a><b><c>1</c></b>", "no element found in line 1"),
            (b"<a>&nothing;</a>", "not well-formed"),
            (b"<a/>", "no elements that could be records"),
            (b'<!DOCTYPE a [<!ENTITY x "y">]><a><b><c>&x;</c></b></a>', "document type"),
            (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a><b><c/></b></a>', "document type"),
            (b"<?xml version='1.0' encoding='no-such'?><a/>", "XML"),
            (b"<a>" * 60, "deeper than 50"),
            (b"<a><b><c/></b></a>", "hold no values"),
        ],
    )
    def test_what_is_refused(self, content: bytes, said: str) -> None:
        with pytest.raises(FileRefused, match=said):
            look(content)

    def test_bounds(self, monkeypatch: Any) -> None:
        content = b"<a><b><c>123</c><d>4</d></b></a>"
        for name, said in (
            ("MAX_CELL", "a text of more than"),
            ("MAX_ELEMENTS", "elements"),
            ("MAX_COLUMNS", "different elements"),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(markup, name, 1)
                assert said in refused(content)


def converted(cells: Cells, row: Sequence[str], **keys: Any) -> dict[str, Any]:
    return dict(Row(Line(2, list(row)), converter(cells, **keys))(b""))


class TestCells:
    @pytest.mark.parametrize(
        ("dates", "text", "found"),
        [
            ("mdy", "2/1/2026", "2026-02-01"),
            ("dmy", "2/1/2026", "2026-01-02"),
            ("dmy_dots", "2.1.2026", "2026-01-02"),
            ("iso", "2026-01-02", "2026-01-02"),
            ("dmy", "2026-01-02 10:00", "2026-01-02 10:00"),
            ("mdy", "12/31/2026 14:05", "2026-12-31T14:05"),
            ("mdy", Exact("14:05:00"), "14:05:00"),
        ],
    )
    def test_dates(self, dates: str, text: str, found: str) -> None:
        cells = Cells(dates=dates, columns=(Column(0, "due", "date"),))
        assert converted(cells, [text]) == {"column1": found}

    @pytest.mark.parametrize(("dates", "text"), [("iso", "1/2/2026"), ("mdy", "1.2.2026")])
    def test_dates_of_another_order(self, dates: str, text: str) -> None:
        cells = Cells(dates=dates, columns=(Column(0, "due", "date"),))
        with pytest.raises(RecordRefused) as error:
            converted(cells, [text])
        assert (error.value.code, error.value.field) == ("wrong_type", "due")

    @pytest.mark.parametrize(
        ("sign", "text", "found"),
        [
            (".", "1,234.50", Decimal("1234.50")),
            (".", " 7 ", Decimal(7)),
            (",", "1.234,50", Decimal("1234.50")),
            (",", "-1,5", Decimal("-1.5")),
            (",", "1\u00a0234,5", Decimal("1234.5")),
            (",", Exact("1.5"), "1.5"),
            (".", "5.", "5."),
            (".", "1" * 40, "1" * 40),
            (".", "\u0661", "\u0661"),
        ],
    )
    def test_numbers(self, sign: str, text: str, found: str | Decimal) -> None:
        cells = Cells(decimal=sign, columns=(Column(0, "sum", "decimal"),))
        value = converted(cells, [text])["column1"]
        assert (value, str(value), type(value)) == (found, str(found), type(found))

    @pytest.mark.parametrize(
        ("text", "found"), [("12", 12), ("-1,234", Decimal(-1234)), ("1" * 19, "1" * 19)]
    )
    def test_whole_numbers(self, text: str, found: int | Decimal | str) -> None:
        cells = Cells(columns=(Column(0, "n", "integer"),))
        value = converted(cells, [text])["column1"]
        assert (value, type(value)) == (found, type(found))

    def test_the_same_days_in_text_and_exact(self) -> None:
        cells = Cells(columns=(Column(0, "due", "date"),))
        convert = converter(cells)
        for _ in range(2):
            assert convert([Exact("odd")]) == {"column1": "odd"}
            with pytest.raises(RecordRefused, match="is not a date"):
                convert(["odd"])
            assert convert(["1/2/2026"]) == {"column1": "2026-01-02"}

    @pytest.mark.parametrize(("sign", "text"), [(",", "1.5"), (".", "1,5"), (".", "=1+1")])
    def test_numbers_that_could_mean_another(self, sign: str, text: str) -> None:
        cells = Cells(decimal=sign, columns=(Column(0, "sum", "decimal"),))
        with pytest.raises(RecordRefused, match="is not a number"):
            converted(cells, [text])

    def test_empty_cells(self) -> None:
        columns = (Column(0, "a", "text"), Column(1, "b", "text"))
        assert converted(Cells(columns=columns), ["", " "]) == {}
        cleared = converted(Cells(clear=True, columns=columns), ["", "x"])
        assert cleared == {"column1": None, "column2": "x"}

    def test_a_row_with_a_problem(self) -> None:
        with pytest.raises(RecordRefused, match="odd"):
            Row(Line(2, [], "odd"), converter(Cells()))(b"")


def test_files_that_we_write_hold_no_formulas() -> None:
    assert [neutral(text) for text in ("=1", "+1", "-1", "@a", "\t=1", "a")] == [
        "'=1",
        "'+1",
        "'-1",
        "'@a",
        "'\t=1",
        "a",
    ]
    assert csv_of([["=1", "ä"]]) == "\ufeff'=1,ä\r\n".encode()
