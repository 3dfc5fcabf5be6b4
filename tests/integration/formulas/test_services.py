"""Value maps, their inbox and sequences, in the database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from formulas import services
from formulas.models import ValueMap, ValueMapUnmapped
from formulas.services import inbox, maps
from syncapp.errors import Changed, Invalid
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import AuditEntry, Tenant
from tests import make

LATER = make.NOW + timedelta(hours=1)


def make_map(tenant: Tenant, name: str = "terms", **more: Any) -> ValueMap:
    return maps.create_map(tenant=tenant, name=name, actor=COMMAND, **more)


def diff_of(row: ValueMap) -> dict[str, list[Any]]:
    found = AuditEntry.objects.filter(kind="value map", object_id=row.pk).order_by("-pk")[0]
    return dict(found.diff)


class TestMaps:
    def test_values_come_as_their_type_says(self, in_acme: Tenant) -> None:
        make_map(in_acme, entries={"10": "net30", "20": ""})
        make_map(
            in_acme, "rates", value_type="number", entries={"a": " 0.190 ", "b": "", "c": "1e3"}
        )
        make_map(in_acme, "flags", value_type="boolean", entries={"Y": "Yes", "N": "FALSE"})
        make_map(in_acme, "empty")

        found = services.load_maps(in_acme.pk)
        assert {name: one.values for name, one in found.items()} == {
            "terms": {"10": "net30", "20": ""},
            "rates": {"a": Decimal("0.19"), "b": None, "c": Decimal(1000)},
            "flags": {"Y": True, "N": False},
            "empty": {},
        }

    def test_only_the_named_maps_are_loaded_in_one_query(self, in_acme: Tenant) -> None:
        make_map(in_acme)
        make_map(in_acme, "other")
        with CaptureQueriesContext(connection) as queries:
            found = services.load_maps(in_acme.pk, {"terms", "nope", "\0"})
        assert list(found) == ["terms"]
        assert len(queries) == 1

    def test_the_revision_counts_changes_of_entries_alone(self, in_acme: Tenant) -> None:
        row = make_map(in_acme, entries={"10": "net30", "20": "net60"})
        row = maps.edit_map(row, description="of payment", name="pay", actor=COMMAND)
        assert row.revision == 1
        assert diff_of(row) == {"name": ["terms", "pay"], "description": ["", "of payment"]}

        row = maps.edit_map(row, entries={"10": "net31", "30": "net90"}, actor=COMMAND)
        assert row.revision == 2
        assert maps.entries_of(row) == {"10": "net31", "30": "net90"}
        assert diff_of(row) == {
            "entry 10": ["net30", "net31"],
            "entry 20": ["net60", None],
            "entry 30": [None, "net90"],
        }
        assert maps.edit_map(row, entries=maps.entries_of(row), actor=COMMAND).revision == 2

    def test_another_type_judges_all_values(self, in_acme: Tenant) -> None:
        row = make_map(in_acme, entries={"a": "1.50", "b": "two"})
        with pytest.raises(Invalid) as refused:
            maps.edit_map(row, value_type="number", actor=COMMAND)
        assert refused.value.fields == {"entries": "Line 2: “two” is not a number."}

        row = maps.edit_map(row, value_type="number", entries={"a": "1.50"}, actor=COMMAND)
        assert (maps.entries_of(row), row.revision) == ({"a": "1.50"}, 2)

    def test_some_entries_are_changed(self, in_acme: Tenant) -> None:
        row = make_map(in_acme, entries={"10": "net30", "20": "net60"})
        maps.patch_map(row, changes={"20": None, "30": "net90", "nope": None}, actor=COMMAND)
        assert maps.entries_of(row) == {"10": "net30", "30": "net90"}

    def test_what_was_changed_meanwhile_stays(self, in_acme: Tenant) -> None:
        row = make_map(in_acme)
        maps.edit_map(row, entries={"1": "a"}, known=1, actor=COMMAND)
        with pytest.raises(Changed):
            maps.edit_map(row, entries={"1": "b"}, known=1, actor=COMMAND)
        assert maps.entries_of(row) == {"1": "a"}

    @pytest.mark.parametrize("name", ["", "1st", "a'b", "x" * 61])
    def test_a_name_must_fit_into_a_formula(self, in_acme: Tenant, name: str) -> None:
        with pytest.raises(Invalid) as refused:
            make_map(in_acme, name)
        assert list(refused.value.fields) == ["name"]

    def test_a_name_is_taken_once(self, in_acme: Tenant) -> None:
        make_map(in_acme)
        with pytest.raises(Invalid, match="already"):
            make_map(in_acme)

    def test_a_map_goes_with_entries_and_inbox(self, in_acme: Tenant) -> None:
        row = make_map(in_acme, entries={"10": "net30"})
        services.note_unmapped(in_acme.pk, {("terms", "99"): 1}, make.NOW)
        maps.delete_map(row, actor=COMMAND)
        assert services.load_maps(in_acme.pk) == {}
        assert not ValueMapUnmapped.objects.for_tenant(in_acme).exists()
        entry = AuditEntry.objects.get(kind="value map", action="delete")
        assert entry.diff["entry 10"] == ["net30", None]

    def test_very_many_changes_are_summed_up_in_the_audit(self, in_acme: Tenant) -> None:
        row = make_map(in_acme, entries={str(number): "x" for number in range(130)})
        diff = diff_of(row)
        assert diff["further entries"] == [None, "30 changed"]
        assert len(diff) == 100 + 1 + 3


class TestInbox:
    def test_what_is_met_is_counted(self, in_acme: Tenant) -> None:
        make_map(in_acme, entries={"10": "net30"})
        make_map(in_acme, "other")
        counts = {("terms", "99"): 2, ("other", "99"): 1, ("nope", "1"): 5, ("terms", "10"): 1}
        with CaptureQueriesContext(connection) as queries:
            services.note_unmapped(in_acme.pk, counts, make.NOW)
        assert len(queries) == 1
        services.note_unmapped(in_acme.pk, {("terms", "99"): 3}, LATER)

        rows = ValueMapUnmapped.objects.for_tenant(in_acme).select_related("map")
        found = [
            (one.map.name, one.key, one.count, one.first_seen, one.last_seen) for one in rows
        ]
        assert sorted(found) == [
            ("other", "99", 1, make.NOW, make.NOW),
            ("terms", "99", 5, make.NOW, LATER),
        ]

    def test_what_no_entry_could_have_is_left_out(self, in_acme: Tenant) -> None:
        make_map(in_acme)
        keys = ["", "x" * 513, "a\0", "\ud800", "x" * 512]
        services.note_unmapped(in_acme.pk, {("terms", key): 1 for key in keys}, make.NOW)
        assert ValueMapUnmapped.objects.for_tenant(in_acme).get().key == "x" * 512

    def test_an_inbox_has_an_end(
        self, in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox, "MOST", 3)
        make_map(in_acme)
        services.note_unmapped(in_acme.pk, {("terms", f"a{n}"): 1 for n in range(5)}, make.NOW)
        services.note_unmapped(in_acme.pk, {("terms", f"b{n}"): 1 for n in range(5)}, make.NOW)
        services.note_unmapped(in_acme.pk, {("terms", "a1"): 1}, make.NOW)
        rows = ValueMapUnmapped.objects.for_tenant(in_acme).values_list("key", "count")
        assert sorted(rows) == [("a0", 1), ("a1", 2), ("a2", 1)]

    def test_mapping_a_value_empties_the_inbox(self, in_acme: Tenant) -> None:
        row = make_map(in_acme, value_type="number")
        services.note_unmapped(in_acme.pk, {("terms", "99"): 2}, make.NOW)
        value = ValueMapUnmapped.objects.for_tenant(in_acme).select_related("map").get()
        with pytest.raises(Invalid):
            inbox.map_value(value, "many", actor=COMMAND)
        row = inbox.map_value(value, "14", actor=COMMAND)
        assert (maps.entries_of(row), row.revision) == ({"99": "14"}, 2)
        assert not ValueMapUnmapped.objects.for_tenant(in_acme).exists()

    def test_an_ignored_value_stays_aside(self, in_acme: Tenant) -> None:
        make_map(in_acme)
        services.note_unmapped(in_acme.pk, {("terms", "99"): 2}, make.NOW)
        value = ValueMapUnmapped.objects.for_tenant(in_acme).get()
        inbox.ignore_value(value, ignored=True)
        services.note_unmapped(in_acme.pk, {("terms", "99"): 1}, LATER)
        value.refresh_from_db()
        assert (value.ignored, value.count) == (True, 3)


class TestSequences:
    def test_numbers_are_given_once(self, in_acme: Tenant) -> None:
        assert services.peek(in_acme.pk, "invoice") == 1
        assert services.draw(in_acme.pk, "invoice") == 1
        assert services.draw(in_acme.pk, "invoice", 5) == 2
        assert services.peek(in_acme.pk, "invoice") == 7
        assert services.draw(in_acme.pk, "invoice") == 7
        assert services.draw(in_acme.pk, "order") == 1

    @pytest.mark.parametrize("name", ["", "x" * 101, "a\0b"])
    def test_a_sequence_needs_a_name(self, in_acme: Tenant, name: str) -> None:
        with pytest.raises(Invalid):
            services.draw(in_acme.pk, name)
        with pytest.raises(Invalid):
            services.peek(in_acme.pk, name)

    def test_tenants_count_for_themselves(self, acme: Tenant, globex: Tenant) -> None:
        with door.tenant(acme.pk):
            assert services.draw(acme.pk, "invoice", 10) == 1
        with door.tenant(globex.pk):
            assert services.draw(globex.pk, "invoice") == 1


def test_maps_of_others_are_not_there(acme: Tenant, globex: Tenant) -> None:
    with door.tenant(globex.pk):
        make_map(globex, entries={"10": "theirs"})
    with door.tenant(acme.pk):
        assert services.load_maps(globex.pk) == {}
        services.note_unmapped(acme.pk, {("terms", "99"): 1}, make.NOW)
        assert not ValueMapUnmapped.objects.filter(tenant_id__in=[acme.pk, globex.pk]).exists()
