"""Options of mappings: when they count, what empties do, parts of objects."""

from __future__ import annotations

from typing import Any

from objects.shape import FieldShape, ObjectShape
from tests.engine import Memory, make_spec, source

KEY = FieldShape(1, "number", "Number", required=True, is_key=True)
SHAPE = ObjectShape(
    7,
    1,
    "customer",
    "Customers",
    (
        KEY,
        FieldShape(2, "name", "Name", required=True, max_length=12),
        FieldShape(3, "city", "City", max_length=8),
        FieldShape(4, "address", "Address", "object"),
        FieldShape(5, "other", "Other", is_unique=True),
    ),
    KEY,
)


def row(target: str, origin: str = "", **options: Any) -> dict[str, Any]:
    return {"target": target, "source": origin or target, **options}


def memory(*rows: dict[str, Any], **options: Any) -> Memory:
    return Memory(make_spec(shape=SHAPE, rows=[row("number"), row("name"), *rows], **options))


def stored(store: Memory, number: str = "1") -> dict[str, Any]:
    return store.values()[number]


def test_a_mapping_counts_for_new_records_only() -> None:
    store = memory(row("city", when="create"))

    assert store.outcomes(source("1", city="Linz")) == [("created", "new")]
    assert store.outcomes(source("1", city="Graz")) == [("unchanged", "same_values")]
    assert stored(store)["city"] == "Linz"


def test_a_mapping_counts_for_known_records_only() -> None:
    store = memory(row("city", when="update"))

    store.run(source("1", city="Linz"))
    assert "city" not in stored(store)
    assert store.outcomes(source("1", city="Graz")) == [("updated", "changed")]
    assert stored(store)["city"] == "Graz"


def test_what_is_wrong_with_a_mapping_matters_only_if_it_counts() -> None:
    store = memory(row("city", when="create"))
    store.add("1", name="Customer 1")

    linked, fresh = store.run(
        source("1", city="much too long"), source("2", city="much too long")
    )

    assert str(linked.outcome) == "unchanged"
    assert (str(fresh.outcome), str(fresh.code)) == ("rejected", "too_long")


def test_it_matters_for_known_records_too() -> None:
    store = memory(row("city", when="update"))
    store.add("1", name="Customer 1")

    assert store.outcomes(source("1", city="much too long")) == [("rejected", "too_long")]
    assert store.outcomes(source("2", city="much too long")) == [("created", "new")]


def test_a_formula_that_counts_may_leave_the_record_out() -> None:
    store = memory(
        {"target": "city", "kind": "formula", "formula": "skip('no')", "when": "update"}
    )
    store.add("1", name="Customer 1")

    assert store.outcomes(source("1")) == [("skipped", "skipped_by_formula")]


def test_what_is_filled_is_kept() -> None:
    store = memory(row("city", keep_filled=True))
    store.add("1", name="Customer 1", city="Linz")
    store.add("2", name="Customer 2", city="")

    outcomes = store.outcomes(source("1", city="Graz"), source("2", city="Graz"))

    assert outcomes == [("unchanged", "matched"), ("updated", "matched")]
    assert (stored(store)["city"], stored(store, "2")["city"]) == ("Linz", "Graz")


def test_empties_are_taken_skipped_cleared_or_replaced() -> None:
    for option, after in (("take", ""), ("skip", "Linz"), ("clear", None), ("default", "Wien")):
        store = memory(row("city", if_empty=option, default="Wien"))
        store.add("1", name="Customer 1", city="Linz")

        store.run(source("1", city=""))

        assert stored(store)["city"] == after, option


def test_null_is_empty_as_well_and_absent_is_not() -> None:
    store = memory(row("city", if_empty="default", default="Wien"))
    store.add("1", name="Customer 1", city="Linz")
    store.add("2", name="Customer 2", city="Linz")

    store.run(source("1", city=None), source("2"))

    assert (stored(store)["city"], stored(store, "2")["city"]) == ("Wien", "Linz")


def test_a_new_record_gets_the_default_of_a_field_that_the_source_lacks() -> None:
    store = memory(
        row("city", if_empty="default", default="Wien"),
        row("address.zip", "zip", if_empty="default", default="1010"),
        row("other", if_empty="default", default="x", when="update"),
    )

    store.run(source("1"))

    assert stored(store) == {
        "number": "1",
        "name": "Customer 1",
        "city": "Wien",
        "address": {"zip": "1010"},
    }


def test_the_result_of_a_formula_may_be_empty_too() -> None:
    store = memory(
        {
            "target": "city",
            "kind": "formula",
            "formula": "trim(data('town'))",
            "if_empty": "skip",
        }
    )
    store.add("1", name="Customer 1", city="Linz")

    assert store.outcomes(source("1", town="  ")) == [("unchanged", "matched")]


def test_a_required_field_may_be_skipped_for_known_records() -> None:
    rows = [row("number"), row("name", "label", if_empty="skip")]
    store = Memory(make_spec(shape=SHAPE, rows=rows))
    store.add("1", name="Ada")

    assert store.outcomes(source("1", label=""), source("2", label="")) == [
        ("unchanged", "matched"),
        ("rejected", "required_missing"),
    ]


class TestPartsOfObjects:
    def test_they_make_one_change_and_leave_the_rest(self) -> None:
        store = memory(row("address.city", "city"), row("address.street.name", "street"))
        store.add("1", name="Customer 1", address={"zip": "1010", "street": {"no": 5}})

        (decision,) = store.run(source("1", city="Wien", street="Ring"))

        assert decision.change is not None
        assert decision.change.values == {
            "address": {"zip": "1010", "street": {"no": 5, "name": "Ring"}, "city": "Wien"}
        }
        assert store.outcomes(source("1", city="Wien", street="Ring", x=1)) == [
            ("unchanged", "same_values")
        ]

    def test_null_where_nothing_is_changes_nothing(self) -> None:
        store = memory(row("address.city", "city"), row("address.zip", "zip"))

        store.run(source("1", city=None))
        assert "address" not in stored(store)
        store.run(source("1", city=None, zip="1"))
        assert stored(store)["address"] == {"zip": "1"}
        store.run(source("1", city=None, zip=None))
        assert stored(store)["address"] == {"zip": None}

    def test_their_options_count_one_by_one(self) -> None:
        store = memory(
            row("address.city", "city", keep_filled=True),
            row("address.zip", "zip", when="create"),
        )
        store.add("1", name="Customer 1", address={"city": "Linz"})

        store.run(source("1", city="Wien", zip="1010"), source("2", city="Wien", zip="1010"))

        assert stored(store)["address"] == {"city": "Linz"}
        assert stored(store, "2")["address"] == {"city": "Wien", "zip": "1010"}

    def test_what_is_no_object_gives_way(self) -> None:
        store = memory(row("address.city", "city"))
        store.add("1", name="Customer 1", address=None)

        store.run(source("1", city="Wien"))

        assert stored(store)["address"] == {"city": "Wien"}

    def test_a_member_that_cannot_be_stored_rejects(self) -> None:
        store = memory(row("address.city", "city"))

        (decision,) = store.run(source("1", city="a\0b"))

        assert decision.verdict is not None
        assert (decision.verdict.field, str(decision.code)) == ("address.city", "unstorable")


class TestTheKey:
    def test_it_may_be_given_to_new_records_only(self) -> None:
        rows = [row("number", when="create"), row("name"), row("other")]
        store = Memory(make_spec(shape=SHAPE, rows=rows, primary_key="other"))

        store.run(source("1", other="A"))
        assert store.outcomes(source("2", remote_id="1", other="A")) == [
            ("updated", "changed")  # its name; the key stays
        ]
        assert stored(store)["name"] == "Customer 2"

    def test_without_its_mapping_there_is_no_new_record(self) -> None:
        rows = [row("number", when="update"), row("name"), row("other")]
        store = Memory(make_spec(shape=SHAPE, rows=rows, primary_key="other"))

        assert store.outcomes(source("1", other="A")) == [("rejected", "empty_key")]


def test_switched_off_creates_are_told_before_what_is_wrong() -> None:
    store = memory(row("city", when="create"), allow_create=False)

    assert store.outcomes(source("1", city="much too long")) == [("skipped", "create_off")]
