"""Published documents become specs: mapping, keys, refusals, fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from connections.compile import compile_version
from connections.kit.base import Code
from connections.rows import NotRunnable
from connections.spec import Mapped, SyncSpec
from objects.shape import FieldShape, ObjectShape
from tests.every import every

CODE = FieldShape(1, "code", "Code", required=True, is_key=True, max_length=600)
NAME = FieldShape(2, "name", "Name", required=True, max_length=20)
CITY = FieldShape(3, "city", "City")
LIMIT = FieldShape(4, "limit", "Credit limit", "decimal", scale=2)
PHONE = FieldShape(5, "phone", "Phone", "integer", sensitivity="pii")
KIND = FieldShape(6, "kind", "Kind", "choice", choices=(("c", "Customer"), ("s", "Supplier")))
NUMBER = FieldShape(7, "number", "Number", "integer", is_unique=True)
EXTRA = FieldShape(8, "extra", "Extra", "object")


def shape(*fields: FieldShape) -> ObjectShape:
    chosen = fields or (CODE, NAME, CITY, LIMIT, PHONE, KIND, NUMBER, EXTRA)
    key = next((one for one in chosen if one.is_key), None)
    return ObjectShape(7, 1, "partner", "Partners", chosen, key)


@dataclass
class Version:
    spec: Mapping[str, Any]
    pk: int = 5
    tenant_id: int = 1
    connection_id: int = 3
    extra: dict[str, Any] = field(default_factory=dict)


def row(target: str, source: str = "", *, value: Any = None) -> dict[str, Any]:
    kind = "field" if source else "raw"
    return {"uuid": "u", "target": target, "kind": kind, "source": source, "value": value}


ROWS = [row("code", "CardCode"), row("name", "CardName"), row("city", "Address.City")]


def compiled(
    rows: list[dict[str, Any]] | None = None,
    object_shape: ObjectShape | None = None,
    **options: Any,
) -> SyncSpec:
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
        "rows": rows or ROWS,
        **options,
    }
    return compile_version(Version(document), object_shape or shape())


def mapped(values: dict[str, Any], *more: dict[str, Any]) -> Mapped:
    return compiled([*ROWS, *more]).map({"CardCode": "C1", "CardName": "Ada", **values})


def test_a_record_is_mapped() -> None:
    found = mapped(
        {"Address": {"City": "Linz"}, "Credit": Decimal("1.50"), "Kind": "c"},
        row("limit", "Credit"),
        row("kind", "Kind"),
        row("phone", value="12"),
    )

    assert found == Mapped(
        {
            "code": "C1",
            "name": "Ada",
            "city": "Linz",
            "limit": Decimal("1.50"),
            "kind": "c",
            "phone": 12,
        },
        "C1",
        None,
        "C1",
    )


def test_absent_is_left_alone_null_empties_and_blank_stays_blank() -> None:
    assert "city" not in mapped({}).values
    assert mapped({"Address": {"City": None}}).values["city"] is None
    assert mapped({"Address": {"City": ""}}).values["city"] == ""


@every("value", [None, "", "absent"])
def test_a_required_field_without_a_value_refuses_the_record(value: str | None) -> None:
    source = {"CardCode": "C1"} if value == "absent" else {"CardCode": "C1", "CardName": value}

    refusal = compiled().map(source).refusal

    assert refusal is not None
    assert (refusal.code, refusal.field) == (Code.REQUIRED_MISSING, "name")
    assert refusal.message.startswith("Name")


@every(
    ("source", "code", "told"),
    [
        ({"CardName": "x" * 21}, Code.TOO_LONG, "x" * 21),
        ({"CardName": {"a": 1}}, Code.WRONG_TYPE, "a text"),
        ({"CardName": "a\0b"}, Code.UNSTORABLE, "a␀b"),
        ({"Credit": "a lot"}, Code.WRONG_TYPE, "a lot"),
        ({"Credit": Decimal("1.234")}, Code.WRONG_TYPE, "1.234"),
        ({"Kind": "x"}, Code.NOT_A_CHOICE, "x"),
        ({"CardCode": ""}, Code.EMPTY_KEY, "key is empty"),
        ({"CardCode": None}, Code.EMPTY_KEY, "key is empty"),
        ({"CardCode": "k" * 513}, Code.KEY_TOO_LONG, "kkk…"),
    ],
)
def test_a_refusal_names_code_field_and_value(
    source: dict[str, Any], code: Code, told: str
) -> None:
    refusal = mapped(source, row("limit", "Credit"), row("kind", "Kind")).refusal

    assert refusal is not None
    assert refusal.code == code
    assert told in refusal.message


def test_a_long_value_is_shown_shortened() -> None:
    refusal = mapped({"CardName": "y" * 5000}).refusal

    assert refusal is not None
    assert len(refusal.message) < 200


def test_the_value_of_a_sensitive_field_is_never_shown() -> None:
    refusal = mapped({"Tel": "0664-secret"}, row("phone", "Tel")).refusal

    assert refusal is not None
    assert refusal.field == "phone"
    assert "secret" not in refusal.message
    assert "not shown" in refusal.message


def test_only_the_first_refusal_is_told() -> None:
    refusal = mapped({"CardName": None, "Credit": "x"}, row("limit", "Credit")).refusal

    assert refusal is not None
    assert refusal.field == "name"


def test_an_absent_key_refuses_the_record() -> None:
    refusal = compiled().map({"CardName": "Ada"}).refusal

    assert refusal is not None
    assert refusal.code == Code.EMPTY_KEY


@every(("value", "key"), [(17, "17"), (Decimal("17.0"), "17"), ("0017", "17"), (-3, "-3")])
def test_a_number_is_a_key_in_plain_spelling(value: object, key: str) -> None:
    number = replace(NUMBER, is_key=True)
    spec = compiled([row("number", "No")], shape(number), primary_key="number")

    assert spec.map({"No": value}).key == key


def test_a_text_key_is_not_trimmed() -> None:
    assert compiled().map({"CardCode": " C1 ", "CardName": "Ada"}).key == " C1 "


def test_a_unique_field_matches_while_the_key_still_names_new_records() -> None:
    spec = compiled([*ROWS, row("number", "No")], primary_key="number")

    found = spec.map({"CardCode": "C1", "CardName": "Ada", "No": 5})

    assert not spec.matched_by_key
    assert (found.key, found.record_key, found.refusal) == ("5", "C1", None)


def test_an_absent_unique_field_cannot_match() -> None:
    spec = compiled([*ROWS, row("number", "No")], primary_key="number")

    refusal = spec.map({"CardCode": "C1", "CardName": "Ada"}).refusal

    assert refusal is not None
    assert (refusal.code, refusal.field) == (Code.EMPTY_KEY, "number")


def test_constants_are_coerced_once_and_shared_by_no_two_records() -> None:
    spec = compiled([*ROWS, row("extra", value='{"a": 1.10}'), row("kind", value="s")])
    source = {"CardCode": "C1", "CardName": "Ada"}

    first = spec.map(source).values
    first["kind"] = "spoilt"

    assert spec.map(source).values["extra"] == {"a": Decimal("1.10")}
    assert spec.map(source).values["kind"] == "s"


def test_a_constant_is_never_a_formula() -> None:
    plain = [one for one in ROWS if one["target"] != "name"]

    found = compiled([*plain, row("name", value="data('CardCode')")]).map({"CardCode": "C1"})

    assert found.values["name"] == "data('CardCode')"


def test_an_empty_constant_is_null() -> None:
    assert mapped({}, row("kind", value="")).values["kind"] is None


def test_what_no_longer_fits_the_object_is_not_runnable() -> None:
    with pytest.raises(NotRunnable, match="no field “city”"):
        compiled(object_shape=shape(CODE, NAME))
    with pytest.raises(NotRunnable, match="Kind"):
        compiled([*ROWS, row("kind", value="gone")])
    with pytest.raises(NotRunnable, match="no field “gone”"):
        compiled(primary_key="gone")


def test_reads_are_the_top_level_fields() -> None:
    spec = compiled([*ROWS, row("kind", "Address.Kind"), row("phone", "Lines[0].Tel")])

    assert spec.reads == ("CardCode", "CardName", "Address", "Lines")


def test_the_fingerprint_follows_what_decides_about_a_record() -> None:
    same = compiled().fingerprint

    assert len(same) == 16
    assert (
        compiled(page_size=5, keep_days=30, log_all=False, query_filter="x").fingerprint == same
    )
    changed = [
        compiled([*ROWS[:2], row("city", "Town")]),
        compiled([*ROWS, row("kind", value="c")]),
        compiled(allow_update=False),
        compiled(deletes="delete"),
        compiled(object_shape=shape(CODE, replace(NAME, max_length=30), CITY)),
        compiled(object_shape=shape(CODE, NAME, replace(CITY, required=True))),
    ]
    assert len({same, *(spec.fingerprint for spec in changed)}) == 1 + len(changed)
