"""Value maps, parts of objects and lines: what a record becomes, and what refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from connections.compile import compile_version
from connections.kit.codes import Code
from connections.rows import NotRunnable
from connections.spec import Mapped, Surroundings, SyncSpec
from formulas.language import Missing, Wanted
from formulas.language.context import Context
from objects.shape import FieldShape, ObjectShape
from tests.every import every
from tests.unit.connections.test_compile import Version

KNOWN = FieldShape(
    0,
    "bills",
    "Bills",
    "list",
    fields=(FieldShape(0, "no", "No", "integer", required=True), FieldShape(0, "text")),
)
CODE = FieldShape(1, "code", "Code", required=True, is_key=True)
FIELDS = (
    CODE,
    FieldShape(2, "terms", "Terms", max_length=6),
    FieldShape(3, "lines", "Lines", "list"),
    FieldShape(4, "address", "Address", "object"),
    FieldShape(5, "secret", "Secret", sensitivity="pii"),
    FieldShape(6, "hidden", "Hidden", "list", sensitivity="pii"),
    KNOWN,
)
SHAPE = ObjectShape(7, 1, "partner", "Partners", FIELDS, CODE)
CHILD = ObjectShape(8, 1, "contact", "Contacts", (CODE, FIELDS[1]), CODE, parent_id=7)
STRAY = ObjectShape(9, 1, "stray", "Strays", (CODE,), CODE)
KEYLESS = ObjectShape(10, 1, "keyless", "Keyless", (FIELDS[1],), None, parent_id=7)
SHAPES = {one.type: one for one in (SHAPE, CHILD, STRAY, KEYLESS)}
MAPS = {"terms": {"10": "net30"}, "other": {}}


def spec(*rows: dict[str, Any], shape: ObjectShape = SHAPE) -> SyncSpec:
    document = {
        "direction": "inbound",
        "system_type": "odata",
        "config_id": 11,
        "account_id": 12,
        "pair_id": 13,
        "entity": "BusinessPartners",
        "object_id": 7,
        "primary_key": "code",
        "query_filter": "",
        "page_size": 1000,
        "allow_create": True,
        "allow_update": True,
        "deletes": "ignore",
        "log_all": True,
        "keep_days": 60,
        "rows": [{"target": "code", "source": "No"}, *rows],
    }
    return compile_version(Version(document), shape, lambda _id: MAPS, lambda _id: SHAPES)


class Asking:
    """Has the value maps, and nothing else yet."""

    record = 0

    def __init__(self) -> None:
        self.wanted: list[Wanted] = []

    def answer(self, wanted: Wanted) -> Any:
        if wanted.what == "map":
            found = MAPS[wanted.object].get(wanted.key)
            return None if found is None else [found]
        self.wanted.append(wanted)
        raise Missing(wanted)

    def fetch(self) -> None: ...


def mapped(values: dict[str, Any], *rows: dict[str, Any]) -> Mapped:
    around = Surroundings(Context(Asking()), remote_id="r1")
    return spec(*rows).map({"No": "1", **values}, around)


def lines(*rows: dict[str, Any], target: str = "lines", **options: Any) -> dict[str, Any]:
    return {
        "target": target,
        "kind": "lines",
        "source": "Items",
        "rows": list(rows),
        **options,
    }


def formula(target: str, text: str) -> dict[str, Any]:
    return {"target": target, "kind": "formula", "formula": text}


ITEM = {"target": "item", "source": "Code"}
TERMS = {"target": "terms", "kind": "map", "source": "Group", "map": "terms"}


def test_a_value_is_looked_up() -> None:
    assert mapped({"Group": 10}, TERMS).values["terms"] == "net30"
    assert mapped({"Group": "99"}, TERMS).values["terms"] is None
    assert mapped({}, TERMS).values["terms"] is None


def test_what_is_not_mapped_may_have_a_default() -> None:
    row = {**TERMS, "if_empty": "default", "default": "other"}

    assert mapped({"Group": "99"}, row).values["terms"] == "other"


def test_the_map_belongs_to_the_version() -> None:
    one = spec(TERMS)

    assert one.maps == {"terms": MAPS["terms"]}
    assert one.reads == ("No", "Group")
    assert (one.asks, one.by_bytes) == (True, True)


def test_names_may_hold_quotes() -> None:
    row = {**TERMS, "source": "a\"b'c"}

    with pytest.raises(NotRunnable):
        spec(row)
    assert mapped({"it's": 10}, {**TERMS, "source": "it's"}).values["terms"] == "net30"


def test_they_are_kept_apart() -> None:
    found = mapped(
        {"Town": "Linz"},
        {"target": "address.city", "source": "Town"},
        {"target": "address.of.kind", "kind": "raw", "value": "home"},
    )

    assert "address" not in found.values
    assert found.parts == {
        ("address", "city"): "Linz",
        ("address", "of", "kind"): "home",
    }


@every(
    ("target", "message"),
    [
        ("terms.x", "Terms holds no object"),
        ("nope.x", "“Partners” has no field “nope”"),
        ("lines[0].x", "a target has no numbers"),
        ("address..x", "Cannot read"),
        ("", "A path begins"),
    ],
)
def test_there_must_be_an_object(target: str, message: str) -> None:
    with pytest.raises(NotRunnable, match=message.replace("[", "\\[")):
        spec({"target": target, "source": "x"})


def test_each_line_is_mapped() -> None:
    found = mapped(
        {"Currency": "EUR", "Items": [{"Code": "A", "G": "10"}, {"Code": "B"}]},
        lines(
            ITEM,
            {"target": "at.terms", "kind": "map", "source": "G", "map": "terms"},
            {"target": "kind", "kind": "raw", "value": "x"},
            formula("no", "linenumber() * 10"),
            formula("at.currency", "parent('Currency')"),
        ),
    )

    assert found.refusal is None
    assert found.values["lines"] == [
        {
            "kind": "x",
            "item": "A",
            "no": 10,
            "at": {"terms": "net30", "currency": "EUR"},
        },
        {"kind": "x", "item": "B", "no": 20, "at": {"terms": None, "currency": "EUR"}},
    ]


@every(
    ("value", "options", "expected"),
    [
        ([], {}, []),
        (None, {}, None),
        ("", {"if_empty": "clear"}, None),
        (None, {"if_empty": "default", "default": '[{"a": 1}]'}, [{"a": 1}]),
    ],
)
def test_empties(value: Any, options: dict[str, Any], expected: Any) -> None:
    assert mapped({"Items": value}, lines(ITEM, **options)).values["lines"] == expected


def test_absent_and_skipped_arrays_are_left_alone() -> None:
    assert "lines" not in mapped({}, lines(ITEM)).values
    assert "lines" not in mapped({"Items": None}, lines(ITEM, if_empty="skip")).values


@every(
    ("items", "code", "message"),
    [
        (5, Code.WRONG_TYPE, "Items of the source is no list."),
        ([{}, 5], Code.WRONG_TYPE, "lines[1]: the line is no object."),
        ([{"N": 1}, {"N": "x"}], Code.FORMULA_FAILED, "lines[1].n: "),
        ([{"N": 0}], Code.REFUSED_BY_FORMULA, "lines[0].m: no zeros"),
    ],
)
def test_a_wrong_line_refuses_the_record(items: Any, code: Code, message: str) -> None:
    rows = (
        formula("n", "data('N') * 2"),
        formula("m", "if(data('N') == '0', fail('no zeros'), 1)"),
    )

    found = mapped({"Items": items}, lines(*rows))

    assert found.refusal is not None
    assert found.refusal.code is code
    assert found.refusal.message.startswith(message)


def test_skip_leaves_a_line_out() -> None:
    found = mapped(
        {"Items": [{"Code": "A"}, {"Code": "B"}]},
        lines(ITEM, formula("n", "if(data('Code') == 'A', skip('no'), 1)")),
    )

    assert found.values["lines"] == [{"item": "B", "n": 1}]


def test_all_lines_ask_before_anything_is_fetched() -> None:
    asking = Asking()
    context = Context(asking)
    rows = lines(formula("n", "textvlookup(data('Code'), 'partner', 'code', 'name')"))
    one = spec(rows)

    with pytest.raises(Missing):
        one.map({"No": "1", "Items": [{"Code": "A"}, {"Code": "B"}]}, Surroundings(context))

    assert [wanted.key for wanted in asking.wanted] == ["A", "B"]
    assert (context.parent, context.line) == (None, None)
    assert not one.by_bytes


def test_identifiers_belong_to_the_line() -> None:
    row = lines(formula("id", "uuid()"))

    found = mapped({"Items": [{}, {}]}, row).values["lines"]

    assert found[0] != found[1]
    assert found == mapped({"Items": [{}, {}]}, row).values["lines"]


def test_members_that_are_known_have_types() -> None:
    row = lines(
        {"target": "no", "source": "N"}, {"target": "text", "source": "T"}, target="bills"
    )

    assert mapped({"Items": [{"N": "5"}]}, row).values["bills"] == [{"no": 5}]
    refused = mapped({"Items": [{"T": "x"}]}, row).refusal
    assert refused is not None
    assert refused.message == "bills[0].no: No is required, and the source has none."
    with pytest.raises(NotRunnable, match="A line of bills has no field “x”"):
        spec(lines({"target": "x", "source": "N"}, target="bills"))


def test_a_required_list_needs_an_array() -> None:
    needed = ObjectShape(7, 1, "p", "P", (CODE, FieldShape(2, "l", "L", "list", True)), CODE)

    one = spec(lines(ITEM, target="l"), shape=needed)

    for values in ({}, {"Items": None}):
        refusal = one.map({"No": "1", **values}).refusal
        assert refusal is not None
        assert refusal.code is Code.REQUIRED_MISSING


def test_what_they_read_is_known() -> None:
    one = spec(lines(ITEM, formula("c", "parent('Head.Currency')")))
    anything = spec(lines(formula("c", "parent(data('Which'))")))

    assert one.reads == ("No", "Items", "Head")
    assert anything.reads == ()


def test_what_is_sensitive_is_not_shown() -> None:
    secret = {"target": "secret", "source": "Pin"}
    values = {"Pin": "1234", "Items": [{"Code": "5678", "Which": "Pin"}]}

    around = mapped(values, secret, lines(formula("n", "parent('Pin') / 'x'")))
    dynamic = mapped(values, secret, lines(formula("n", "parent(data('Which')) / 'x'")))
    inside = mapped(values, lines(formula("n", "data('Code') / 'x'"), target="hidden"))

    for found in (around, dynamic, inside):
        assert found.refusal is not None
        assert "1234" not in found.refusal.message
        assert "5678" not in found.refusal.message


def test_each_element_is_mapped_to_a_record() -> None:
    row = {
        "target": "contact",
        "kind": "children",
        "source": "Contacts",
        "rows": [
            formula("code", "concat(parent('No'), '-', linenumber())"),
            {"target": "terms", "source": "T"},
        ],
    }

    found = mapped({"Contacts": [{"T": "a"}, {"T": "b"}]}, row)

    assert found.children is not None
    assert [(one.key, one.values["terms"]) for one in found.children["contact"]] == [
        ("1-1", "a"),
        ("1-2", "b"),
    ]


@every(
    ("target", "source", "message"),
    [
        ("nope", "a", "There is no connect object “nope”"),
        ("stray", "a", "“Strays” is no child object of “Partners”"),
        ("keyless", "a", "“Keyless” has no key field"),
        ("contact", "", "Contacts: choose a source field"),
        ("contact", "a..b", "Contacts: Cannot read"),
    ],
)
def test_there_must_be_such_a_child(target: str, source: str, message: str) -> None:
    with pytest.raises(NotRunnable, match=message):
        spec({"target": target, "kind": "children", "source": source, "rows": []})


def test_its_fields_belong_to_the_fingerprint() -> None:
    row = {
        "target": "contact",
        "kind": "children",
        "source": "C",
        "rows": [{"target": "code", "source": "x"}],
    }
    before = spec(row).fingerprint
    SHAPES["contact"] = ObjectShape(
        8,
        1,
        "contact",
        "Contacts",
        (CODE, FieldShape(2, "terms", max_length=7)),
        CODE,
        0,
        7,
    )
    try:
        assert spec(row).fingerprint != before
    finally:
        SHAPES["contact"] = CHILD


def test_an_entity_of_which_nothing_is_known_takes_anything() -> None:
    anything = ObjectShape(0, 1, "Things", "Things", (), None)

    one = compile_version(
        Version(
            {
                **{
                    name: getattr(spec(), name)
                    for name in (
                        "system_type",
                        "config_id",
                        "account_id",
                        "pair_id",
                        "entity",
                        "query_filter",
                        "page_size",
                        "allow_create",
                        "allow_update",
                        "deletes",
                        "log_all",
                        "keep_days",
                    )
                },
                "direction": "outbound",
                "primary_key": "id",
                "rows": [
                    {"target": "id", "source": "number"},
                    {"target": "Address.City", "source": "city"},
                ],
            }
        ),
        anything,
    )

    found = one.map({"number": 5, "city": "Linz"})
    assert (found.values, found.key) == ({"id": 5}, "5")
    assert found.parts == {("Address", "City"): "Linz"}
