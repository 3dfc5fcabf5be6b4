"""Formulas as mappings: values, refusals in their own words, seeds, what a spec knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connections.compile import compile_version
from connections.kit.base import Code
from connections.rows import NotRunnable
from connections.spec import Surroundings, SyncSpec
from formulas.language import Missing, Wanted
from formulas.language.context import Context
from objects.shape import FieldShape, ObjectShape
from tests.engine import Version, make_spec
from tests.every import every

FIELDS = (
    FieldShape(1, "number", "Number", required=True, is_key=True),
    FieldShape(2, "name", "Name", max_length=40),
    FieldShape(3, "price", "Price", "decimal", scale=2),
    FieldShape(4, "day", "Day", "date"),
    FieldShape(5, "phone", "Phone", sensitivity="pii"),
    FieldShape(6, "tags", "Tags", "list"),
    FieldShape(7, "label", "Label"),
)
SHAPE = ObjectShape(7, 1, "customer", "Customers", FIELDS, FIELDS[0])
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def row(target: str, source: str = "", *, formula: str = "") -> dict[str, Any]:
    kind = "formula" if formula else "field"
    return {
        "target": target,
        "kind": kind,
        "source": source,
        "value": None,
        "formula": formula,
    }


def spec(*rows: dict[str, Any]) -> SyncSpec:
    return make_spec(shape=SHAPE, rows=[row("number", "No"), *rows])


def formula(target: str, text: str, values: Mapping[str, Any] | None = None) -> Any:
    """The value that a formula gives its field, or the refusal."""
    mapped = spec(row(target, formula=text)).map({"No": "1", **(values or {})}, around())
    return mapped.refusal or mapped.values[target]


def around(**options: Any) -> Surroundings:
    return Surroundings(Context(moment=NOW), remote_id="r1", **options)


@every(
    ("target", "text", "value"),
    [
        ("name", "concat(data('a'), '-', data('b.c'))", "x-y"),
        ("price", "number('12.50') + 1", Decimal("13.50")),
        ("day", "today()", "2026-11-21"),
        ("name", "today()", "2026-11-21"),
        ("name", "now()", "2026-11-21T09:30:00+00:00"),
        ("tags", "[today(), ['a' => today()]]", ["2026-11-21", {"a": "2026-11-21"}]),
        ("name", "null", None),
        ("name", "data('nothing')", None),
    ],
)
def test_a_formula_fills_its_field(target: str, text: str, value: Any) -> None:
    assert formula(target, text, {"a": "x", "b": {"c": "y"}}) == value


def test_a_formula_may_give_the_key() -> None:
    one = make_spec(shape=SHAPE, rows=[row("number", formula="concat('C', data('No'))")])

    assert one.map({"No": "7"}).key == "C7"


def test_a_value_that_does_not_fit_refuses_the_record() -> None:
    refusal = formula("price", "'1.234'")

    assert (refusal.code, refusal.field) == (Code.WRONG_TYPE, "price")
    assert refusal.message.startswith("Price: ")


def test_an_error_tells_field_place_formula_and_what_was_read() -> None:
    refusal = formula("name", "concat('a',\n number(data('Sum')) + 1)", {"Sum": "ten"})

    assert (refusal.code, refusal.field) == (Code.FORMULA_FAILED, "name")
    assert refusal.message.startswith("Name: ")
    assert "At line 2, column" in refusal.message
    assert "concat('a', number(data('Sum')) + 1)" in refusal.message
    assert refusal.message.endswith("It has read Sum = “ten”.")


def test_long_formulas_values_and_lists_of_fields_are_shortened() -> None:
    names = [f"f{n}" for n in range(6)]
    read = " + ".join(f"data('{name}')" for name in names)
    text = f"number('x{'y' * 200}') + {read}"

    refusal = formula("name", text, {"f0": "z" * 200, "f1": None})

    assert "f0 = “zzz" in refusal.message
    assert "z" * 61 not in refusal.message
    assert "f1 = null" in refusal.message
    assert refusal.message.endswith(", …")


def test_a_path_is_read_out() -> None:
    refusal = formula("name", "number(data('a.b')) + number(data('x]'))", {"a": {"b": "B"}})

    assert "a.b = “B”" in str(refusal.message)


@every(
    ("target", "text"),
    [
        ("phone", "number(data('Phone'))"),  # fills a sensitive field
        ("name", "number(data('Phone'))"),  # reads what is copied into one
        ("name", "number(data(concat('Pho', 'ne', '')))"),  # may read anything
    ],
)
def test_what_is_sensitive_is_not_told(target: str, text: str) -> None:
    rows = [row("number", "No"), row(target, formula=text)]
    if target != "phone":
        rows.append(row("phone", "Phone"))
    one = make_spec(shape=SHAPE, rows=rows)

    refusal = one.map({"No": "1", "Phone": "secret 7"}).refusal

    assert refusal is not None
    assert "secret" not in refusal.message
    assert refusal.message.startswith(f"{target.title()}: There is a type error.")


def test_other_values_are_told_beside_sensitive_ones() -> None:
    text = "concat(number(data('Phone')), data('City'))"
    one = spec(row("name", formula=text), row("phone", "Phone"))

    refusal = one.map({"No": "1", "Phone": "secret", "City": "Linz"}).refusal

    assert refusal is not None
    assert refusal.message.endswith("It has read City = “Linz”, Phone = (not shown).")


def test_fail_and_skip_speak_for_themselves() -> None:
    failed = formula("name", "fail('No number yet')")
    skipped = formula("name", "skip('Inactive')")

    assert (failed.code, failed.message) == (Code.REFUSED_BY_FORMULA, "No number yet")
    assert (skipped.code, skipped.message) == (Code.SKIPPED_BY_FORMULA, "Inactive")


def test_the_first_formula_that_fails_counts() -> None:
    one = spec(row("name", formula="fail('a')"), row("label", formula="fail('b')"))

    refusal = one.map({"No": "1"}).refusal

    assert refusal is not None
    assert refusal.message == "a"


def test_an_identifier_belongs_to_connection_record_and_field() -> None:
    one = spec(row("name", formula="uuid()"), row("label", formula="uuid()"))
    other = around()
    other.remote_id = "r2"

    first = one.map({"No": "1"}, around()).values

    assert first == one.map({"No": "1", "x": 1}, around()).values
    assert first["name"] != first["label"]
    assert first["name"] != one.map({"No": "1"}, other).values["name"]


class Asking:
    """Knows nothing at first, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Wanted] = []

    def answer(self, wanted: Wanted) -> Any:
        self.asked.append(wanted)
        raise Missing(wanted)


def test_all_formulas_ask_before_anything_is_fetched() -> None:
    one = spec(
        row("name", formula="textvlookup('a', 'partner', 'code', 'name')"),
        row("label", formula="textvlookup('b', 'partner', 'code', 'name')"),
        row("tags", formula="fail('too early')"),
        row("price", formula="'no number'"),
    )
    asking = Asking()

    with pytest.raises(Missing) as missing:
        one.map({"No": "1"}, Surroundings(Context(asking)))

    assert [wanted.key for wanted in asking.asked] == ["a", "b"]
    assert missing.value.wanted.key == "a"


def test_a_linked_record_keeps_its_number() -> None:
    one = spec(row("name", formula="concat('INV-', sequence('invoice'))"))

    mapped = one.map({"No": "1"}, around(linked=True))

    assert mapped.values == {"number": "1"}
    assert one.plan.numbered == {"name"}


def test_what_is_read_is_known() -> None:
    one = spec(
        row("name", formula="concat(data('b.c'), data('a'))"), row("label", "Address.City")
    )
    anything = spec(row("name", formula="data(data('a'))"))

    assert one.reads == ("No", "a", "b", "Address")
    assert anything.reads == ()


@every(
    ("text", "asks", "by_bytes", "volatile"),
    [
        ("upper(data('a'))", False, True, False),
        ("today()", False, False, True),
        ("lastrun()", False, False, True),
        ("vlookup('a', 'partner', 'code', 'name')", True, False, False),
        ("get_entity_data('partner', ['code' => 1])", True, False, False),
        ("translatemap('terms', data('a'))", True, True, False),
        ("sequence('invoice')", True, False, True),
    ],
)
def test_a_spec_knows_what_its_formulas_need(
    text: str, asks: bool, by_bytes: bool, volatile: bool
) -> None:
    one = spec(row("name", formula=text))

    assert (one.asks, one.by_bytes) == (asks, by_bytes)
    assert one.plan.volatile == ({"name"} if volatile else set())


def test_without_formulas_the_bytes_tell() -> None:
    one = spec()

    assert (one.asks, one.by_bytes, one.programs) == (False, True, ())


def test_the_fingerprint_follows_the_formula_and_its_maps() -> None:
    terms = {"terms": {"10": "net30"}, "other": {"a": "b"}}
    more = {**terms, "terms": {"10": "net60"}}
    text = "translatemap('terms', data('a'))"
    document = {**_document(), "rows": [row("number", "No"), row("name", formula=text)]}

    def made(maps: Mapping[str, Mapping[str, Any]]) -> SyncSpec:
        return compile_version(Version(document), SHAPE, lambda _tenant: maps)

    first = made(terms)

    assert dict(first.maps) == {"terms": {"10": "net30"}}
    assert first.fingerprint == made({**terms, "other": {}}).fingerprint
    assert first.fingerprint != made(more).fingerprint
    plain, other = (spec(row("name", formula=text)) for text in ("'a'", "'b'"))
    assert plain.fingerprint != other.fingerprint


def test_a_map_whose_name_is_worked_out_may_be_any() -> None:
    text = "translatemap(data('which'), data('a'))"
    document = {**_document(), "rows": [row("number", "No"), row("name", formula=text)]}
    maps = {"a": {"1": "x"}, "b": {"1": "y"}}

    assert compile_version(Version(document), SHAPE, lambda _tenant: maps).maps == maps


def test_a_formula_that_no_longer_compiles_cannot_run() -> None:
    with pytest.raises(NotRunnable, match=r"^Name: "):
        spec(row("name", formula="nope()"))


def _document() -> dict[str, Any]:
    names = ("direction", "system_type", "config_id", "account_id", "pair_id", "entity")
    more = ("query_filter", "page_size", "allow_create", "allow_update", "deletes")
    base = spec()
    given = {name: getattr(base, name) for name in (*names, *more, "log_all", "keep_days")}
    return {**given, "primary_key": "number", "object_id": 7}
