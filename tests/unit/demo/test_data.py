"""The made-up records: always the same, within the limits of their model, and varied."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

from syncapp import canonical
from syncapp.demo.erp import bodies, data
from syncapp.demo.erp.model import ITEMS, PARTNERS, SETS, Kind, Values
from tests.every import every

EVERYTHING = data.everything()
PARTNER_LIST = EVERYTHING[PARTNERS.name]
ITEM_LIST = EVERYTHING[ITEMS.name]


def test_the_records_are_the_same_on_every_machine() -> None:
    digest = hashlib.sha256(canonical.dumps(EVERYTHING)).hexdigest()

    assert digest == "f7938537898c2c9d41b23d9a92c96a46a0100c312d7a0f1a35ea3eaad43b20b8"


def test_there_are_as_many_as_promised() -> None:
    assert len({values["CardCode"] for values in PARTNER_LIST}) == 2000
    assert len({values["ItemCode"] for values in ITEM_LIST}) == 5000


@every("name", SETS)
def test_every_record_would_pass_the_checks_of_a_client(name: str) -> None:
    for values in EVERYTHING[name]:
        made = bodies.created(SETS[name], values)

        for found in SETS[name].properties:
            if not found.computed:
                assert made[found.name] == values[found.name]


@every("name", SETS)
def test_computed_amounts_keep_their_scale(name: str) -> None:
    for found in SETS[name].properties:
        if found.computed and found.kind is Kind.DECIMAL:
            scale = Decimal(1).scaleb(-(found.scale or 0))
            amounts = [values[found.name] for values in EVERYTHING[name]]
            assert all(amount == amount.quantize(scale) for amount in amounts)


def test_keys_are_sorted() -> None:
    for name, records in EVERYTHING.items():
        keys = [values[SETS[name].key] for values in records]
        assert keys == sorted(keys)


@every(
    "marks",
    ["ö", "ß", "'", "София", "株", "云", "Ł", "Ş", "&", "–"],
)
def test_names_hold_marks_of_many_scripts(marks: str) -> None:
    names = "".join(values["CardName"] for values in PARTNER_LIST).lower()

    assert marks.lower() in names


@every("name", ["EmailAddress", "Phone1", "Website", "VatId", "Notes"])
def test_null_empty_and_filled_all_occur(name: str) -> None:
    kinds = {values[name] if not values[name] else "filled" for values in PARTNER_LIST}

    assert kinds == {None, "", "filled"}


def test_the_longest_names_fill_their_field() -> None:
    assert max(len(values["CardName"]) for values in PARTNER_LIST) == 100
    assert max(len(values["ItemName"]) for values in ITEM_LIST) == 200


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [value] if isinstance(value, str) else []


def test_nobody_can_be_reached() -> None:
    addresses = [text for text in texts(PARTNER_LIST) if "@" in text or "://" in text]

    assert addresses
    assert all(text.rstrip("/").endswith(".test") for text in addresses)
    assert all(text.isascii() for text in addresses)


def test_most_firms_have_a_name_of_their_own() -> None:
    assert len({values["CardName"] for values in PARTNER_LIST}) > 1000


def test_bar_codes_have_their_check_digit() -> None:
    codes = [values["BarCode"] for values in ITEM_LIST if values["BarCode"]]

    for code in codes:
        assert len(code) == 13
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(code)) % 10 == 0


def test_changes_lie_in_the_past_and_spread() -> None:
    changes = [values["LastModified"] for values in PARTNER_LIST + ITEM_LIST]

    assert min(changes) >= "2025-01-01"
    assert max(changes) < "2026-07-01"
    assert len(set(changes)) > 6900


def test_addresses_are_in_the_country_of_the_telephone() -> None:
    def lands(values: Values) -> tuple[str, str]:
        return values["BillTo"]["Country"], values["Phone1"].split()[0]

    pairs = {lands(values) for values in PARTNER_LIST if values["Phone1"]}

    assert ("DE", "+49") in pairs
    assert len(pairs) == len({country for country, _ in pairs})
