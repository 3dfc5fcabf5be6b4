"""What keeps mappings from being published: each gap names its mapping and the place in it."""

from __future__ import annotations

from typing import Any

from connections import mapping_gaps
from connections.checking import Known
from connections.document import FieldMapping, read_mappings
from connections.mapping_gaps import Gap
from connections.sides import SourceField
from objects.shape import FieldShape, ObjectShape
from tests.every import every

CODE = FieldShape(1, "code", "Code", required=True, is_key=True)
FIELDS = (
    CODE,
    FieldShape(2, "name", "Name", required=True, max_length=5),
    FieldShape(3, "city", "City"),
    FieldShape(4, "address", "Address", "object"),
    FieldShape(5, "lines", "Lines", "list"),
    FieldShape(6, "total", "Total", "decimal", formula="data('city')"),
    FieldShape(7, "state", "State", required=True, default="open"),
)
SHAPE = ObjectShape(7, 1, "partner", "Partners", FIELDS, CODE)
CHILD = ObjectShape(8, 1, "contact", "Contacts", (CODE, FIELDS[1]), CODE, parent_id=7)
STRAY = ObjectShape(9, 1, "stray", "Strays", (CODE,), CODE)
REMOTE = ObjectShape(
    0,
    1,
    "Orders",
    "Orders",
    (
        FieldShape(0, "DocEntry", "DocEntry", "integer", is_key=True, read_only=True),
        FieldShape(0, "CardCode", "Customer", required=True),
        FieldShape(
            0,
            "Address",
            "Address",
            "object",
            fields=(FieldShape(0, "City"), FieldShape(0, "Zip", type="integer")),
        ),
        FieldShape(
            0,
            "DocumentLines",
            "Lines",
            "list",
            fields=(FieldShape(0, "ItemCode", "Item", required=True), FieldShape(0, "Note")),
        ),
    ),
    None,
)
GOOD: list[dict[str, Any]] = [
    {"target": "code", "source": "No"},
    {"target": "name", "source": "Name"},
]


class Nothing(Known):
    """Knows three objects and one value map."""

    objects = {"contact": CHILD, "stray": STRAY, "partner": SHAPE}
    maps = {"terms": 1}


KNOWN = Nothing(1)


def rows(*plain: dict[str, Any]) -> tuple[FieldMapping, ...]:
    return read_mappings(list(plain))


def gaps(*plain: dict[str, Any], shape: ObjectShape = SHAPE, creates: bool = True) -> list[Gap]:
    return mapping_gaps.gaps(rows(*plain), shape, KNOWN, "code", creates=creates)


def messages(*plain: dict[str, Any], **options: Any) -> list[str]:
    return [gap.message for gap in gaps(*plain, **options)]


def formula(target: str, text: str, **options: Any) -> dict[str, Any]:
    return {"target": target, "kind": "formula", "formula": text, **options}


def lines(*inner: dict[str, Any], **options: Any) -> dict[str, Any]:
    whole = {"target": "lines", "kind": "lines", "source": "Items", "rows": list(inner)}
    return {**whole, **options}


def children(*inner: dict[str, Any], **options: Any) -> dict[str, Any]:
    return lines(*inner, **{"target": "contact", "kind": "children", **options})


def test_nothing_is_missing() -> None:
    found = messages(
        *GOOD,
        {"target": "city", "kind": "map", "source": "Town", "map": "terms"},
        {"target": "address.city", "source": "Town"},
        {"target": "address.street.no", "kind": "raw", "value": "5"},
        lines({"target": "a.b", "source": "x"}, formula("c", "parent('No')")),
        children(*GOOD),
    )

    assert found == []


@every(
    ("row", "message"),
    [
        ({"target": "nope", "source": "x"}, "“Partners” has no field “nope”."),
        ({"target": "city", "source": ""}, "city: choose a source field."),
        ({"target": "city.x", "source": "y"}, "city.x: City holds no object."),
        ({"target": "total", "source": "x"}, "total: the field is calculated by the object"),
        ({"target": "city", "kind": "map", "source": "x"}, "city: choose a value map."),
        (
            {"target": "city", "kind": "map", "source": "x", "map": "nope"},
            "city: There is no value map “nope”.",
        ),
        (
            {"target": "address", "source": "x", "if_empty": "default", "default": "{"},
            "address: This is not JSON",
        ),
        (
            {"target": "city", "source": "x", "if_empty": "default"},
            "city: say what the default",
        ),
        (formula("address.x", "now()"), "address.x: the formula of a part of a field must"),
        (formula("city", "1 +"), "city: "),
        (lines({"target": "a", "source": "x"}, target="city"), "City is no list"),
        (lines(), "lines: map the fields of a line."),
        (lines({"target": "a[0]", "source": "x"}), "a[0]: a target has no numbers"),
        (lines({"target": "a", "source": ""}), "lines.a: choose a source field."),
        (lines(formula("a", "nope()")), "lines.a: There is no function “nope”."),
        (lines(formula("a", "today()")), "lines.a: the formula of a line must always"),
        (lines({"target": "a", "source": "x", "when": "create"}), "lines.a: lines are written"),
        (
            lines({"target": "a", "source": "x"}, {"target": "a.b", "source": "y"}),
            "lines: a is mapped as a whole, and a.b beside that.",
        ),
        (children(*GOOD, target="nope"), "There is no connect object “nope”."),
        (children(*GOOD, target="stray"), "“Strays” is no child object of “Partners”."),
        (children(*GOOD, source=""), "contact: choose a source field."),
        (children(GOOD[1]), "contact: Map Code: it is required."),
        (children(GOOD[0]), "contact: Map Name: it is required."),
        (
            children({**GOOD[0], "kind": "raw", "value": "x"}, GOOD[1]),
            "contact: Map Code from a field: all records would get one key.",
        ),
        (
            children(*GOOD, {"target": "x", "source": "y"}),
            "contact.“Contacts” has no field “x”",
        ),
        (
            children(GOOD[0], formula("name", "sequence('a')")),
            "contact.name: sequences give numbers to records",
        ),
        (children(GOOD[0], formula("name", "oops(")), "contact.name: "),
    ],
)
def test_one_thing_is_wrong(row: dict[str, Any], message: str) -> None:
    mappings = rows(*GOOD, row)
    found = mapping_gaps.gaps(mappings, SHAPE, KNOWN, "code", creates=True)

    assert [gap.message for gap in found] == [next(iter(found)).message]
    assert found[0].message.startswith(message)
    assert found[0].row in {mappings[2].uuid, *(one.uuid for one in mappings[2].rows)}


@every(
    ("first", "second", "message"),
    [
        ("city", "city", "city is mapped twice."),
        ("address", "address.city", "address is mapped as a whole, and address.city beside"),
        ("address.city", "address", "address is mapped, and parts of it."),
        ("address.city", "address.city", "address.city is mapped twice."),
    ],
)
def test_targets_are_filled_once(first: str, second: str, message: str) -> None:
    mappings = rows(*GOOD, {"target": first, "source": "a"}, {"target": second, "source": "b"})

    (gap,) = mapping_gaps.gaps(mappings, SHAPE, KNOWN, "code", creates=True)

    assert gap.message.startswith(message)
    assert gap.row == mappings[3].uuid


def test_new_records_need_what_is_required() -> None:
    assert messages(GOOD[0]) == ["Map Name: it is required."]
    assert messages(GOOD[0], {**GOOD[1], "when": "update"}) == ["Map Name: it is required."]
    assert messages(GOOD[0], creates=False) == []


@every(
    ("change", "message"),
    [
        ({"when": "create"}, "Code identifies records, so its mapping must always count."),
        ({"keep_filled": True}, "Code identifies records, so its mapping must always count."),
        ({"if_empty": "default", "default": "x"}, "Code identifies records: with a default"),
        ({"kind": "raw", "value": "x"}, "Map Code from a field"),
        ({"kind": "formula", "formula": "now()"}, "Code identifies records, so its formula"),
    ],
)
def test_keys_must_tell_records_apart(change: dict[str, Any], message: str) -> None:
    (gap,) = mapping_gaps.key_gaps(rows({**GOOD[0], **change}), CODE)

    assert gap.message.startswith(message)


def test_another_system_is_judged_by_its_schema() -> None:
    found = messages(
        {"target": "DocEntry", "source": "no"},
        {"target": "Address.City", "source": "city"},
        {"target": "Address.Nope", "source": "city"},
        {"target": "Address.Zip", "kind": "raw", "value": "x"},
        lines({"target": "Note", "source": "n"}, target="DocumentLines"),
        lines({"target": "Nope", "source": "n"}, target="DocumentLines"),
        shape=REMOTE,
    )

    assert found == [
        "DocumentLines is mapped twice.",
        "Map Customer: it is required.",
        "DocEntry: the other system does not let anybody write it.",
        "Address.Nope: Address has no member “Nope”.",
        "Address.Zip: 'x' is not a whole number.",
        "DocumentLines: Map Item: it is required.",
        "DocumentLines: Map Item: it is required.",
        "A line of DocumentLines has no field “Nope”.",
    ]


def test_unknown_source_fields_are_strange() -> None:
    known = [
        SourceField(path, path, "text") for path in ("No", "Address.City", "Items[0].Code")
    ]
    mappings = rows(
        {"target": "code", "source": "No"},
        {"target": "city", "source": "adress.City"},
        {"target": "name", "source": "address.City"},
        formula("address", "data('Nope')"),
        formula("address", "1 +"),
        lines(
            {"target": "a", "source": "Code"},
            {"target": "b", "source": "code"},
            formula("c", "concat(parent('no'), data('x'), parent('No'))"),
        ),
        {
            "target": "x",
            "kind": "lines",
            "source": "No",
            "rows": [{"target": "a", "source": "?"}],
        },
    )

    found = mapping_gaps.strange(mappings, known, "Orders")

    assert [gap.message for gap in found] == [
        "city: “Orders” has no field “adress.City”.",
        "name: “Orders” has no field “address.City”, but “Address”.",
        "address: “Orders” has no field “Nope” (line 1, column 6).",
        "b: A line of Items has no field “code”, but “Code”.",
        "c: A line of Items has no field “x” (line 1, column 27).",
        "c: “Orders” has no field “no”, but “No”.",
    ]
    assert found[3].row == mappings[5].rows[1].uuid
    assert mapping_gaps.strange(mappings, [], "Orders") == []
