"""Files that we write: templates to fill in. No cell of them is taken for a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from objects.models import ConnectField, ConnectObject

Rows = Sequence[Sequence[str]]

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
_SAMPLES: Final = {
    "text": "Text",
    "long_text": "A longer text",
    "integer": "12",
    "decimal": "1234.50",
    "boolean": "TRUE",
    "date": "2026-11-21",
    "datetime": "2026-11-21T14:05:00Z",
    "time": "14:05:00",
    "object": '{"name": "value"}',
    "list": '["value"]',
}
_FORMATS: Final = {
    "integer": "a whole number",
    "decimal": "a number without currency sign; the decimal sign is chosen when importing",
    "boolean": "TRUE or FALSE, YES or NO, 1 or 0",
    "date": "YYYY-MM-DD or MM/DD/YYYY; other orders can be chosen when importing",
    "datetime": "YYYY-MM-DDTHH:MM:SSZ",
    "time": "HH:MM:SS",
    "object": "JSON",
    "list": "JSON",
}
_GUIDE: Final = ("Column", "Label", "Type", "Required", "Format", "Sample", "Description")
_TYPES: Final = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/>{}</Types>'
)
_TYPE: Final = (
    '<Override PartName="/xl/worksheets/sheet{}.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_RELATIONS: Final = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{}</Relationships>"
)
_RELATION: Final = (
    '<Relationship Id="rId{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/{}" Target="{}"/>'
)
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KEYED: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def neutral(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def template(target: ConnectObject, *, xlsx: bool) -> bytes:
    """Make a file to fill in: headings of all fields, and what may stand below them.

    A workbook says it on a second sheet; a CSV file shows one row, which is to be replaced.
    """
    fields = list(
        target.fields.filter(read_only=False)
        .select_related("reference")
        .order_by("position", "pk")
    )
    names = [field.name for field in fields]
    if not xlsx:
        return csv_of([names, [_sample(field) for field in fields]])
    guide = [_GUIDE, *(_guide(field) for field in fields)]
    return workbook_of({"Records": [names], "Fields": guide})


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows as CSV that spreadsheets open as UTF-8."""
    part = io.StringIO()
    csv.writer(part).writerows([neutral(cell) for cell in row] for row in rows)
    return part.getvalue().encode("utf-8-sig")


def workbook_of(sheets: dict[str, Rows]) -> bytes:
    """Write sheets of texts as a workbook; texts in it are never formulas."""
    numbers = range(1, len(sheets) + 1)
    part = io.BytesIO()
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        types = "".join(map(_TYPE.format, numbers))
        archive.writestr("[Content_Types].xml", _TYPES.format(types))
        whole = _RELATION.format(1, "officeDocument", "xl/workbook.xml")
        archive.writestr("_rels/.rels", _RELATIONS.format(whole))
        listed = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
            for n, name in zip(numbers, sheets, strict=True)
        )
        book = (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_KEYED}"><sheets>{listed}</sheets></workbook>'
        )
        archive.writestr("xl/workbook.xml", book)
        related = "".join(
            _RELATION.format(n, "worksheet", f"worksheets/sheet{n}.xml") for n in numbers
        )
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format(related))
        for n, rows in zip(numbers, sheets.values(), strict=True):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", _sheet(rows))
    return part.getvalue()


def _sheet(rows: Rows) -> str:
    lines = "".join(
        "<row>"
        + "".join(
            f'<c t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
            for cell in row
        )
        + "</row>"
        for row in rows
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _sample(field: ConnectField) -> str:
    if field.type == ConnectField.Type.CHOICE:
        return str(field.choices[0][0]) if field.choices else ""
    if field.type == ConnectField.Type.REFERENCE:
        return f"key of {field.reference}"
    text = _SAMPLES.get(field.type, "")
    return text[: field.max_length] if field.max_length else text


def _guide(field: ConnectField) -> list[str]:
    form = _FORMATS.get(field.type, "")
    if field.type == ConnectField.Type.CHOICE:
        form = "one of " + ", ".join(str(value) for value, _ in field.choices)
    elif field.type == ConnectField.Type.REFERENCE:
        form = f"key or id of a record of {field.reference}"
    elif field.max_length:
        form = f"at most {field.max_length} characters"
    required = "yes" if field.required or field.is_key else "no"
    kind = field.get_type_display()
    return [field.name, field.label, kind, required, form, _sample(field), field.description]
