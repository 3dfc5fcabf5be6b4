"""The pages of records, as members see them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from objects.models import ConnectObject
from objects.records import read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source
from objects.records.write import write
from objects.services import load_shape, records
from objects.shape import ObjectShape
from syncapp.tenants.models import Membership, Tenant
from tests.integration.objects.conftest import Inside
from tests.integration.objects.pages import NOW, post, store, text, typed


class TestRecordList:
    def test_shows_the_columns_of_the_object(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        store(inside, shape, name="Maxi-Teq", email="Ann@x", balance="1.50", notes={"a": True})
        page = text(alices, f"/t/acme/records/of/{shape.id}/")
        for part in ("C1", "Maxi-Teq", "1.50", "{&quot;a&quot;:true}", "New record"):
            assert part in page

    def test_pages_forth_and_back(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        def fill() -> None:
            changes = [
                RecordChange(ChangeOp.CREATE, f"K{n:02}", {"number": f"K{n:02}", "name": "x"})
                for n in range(12)
            ]
            read.lock([shape.id])
            write(shape, changes, Source(Origin.USER), NOW)

        inside(fill)
        base = f"/t/acme/records/of/{shape.id}/"
        seen = []
        for sort in ("key", "-key", "updated_at", "-updated_at"):
            address, keys, last = f"{base}?size=5&sort={sort}", [], ""
            while address:
                response = alices.get(address)
                keys += [row.record["key"] for row in response.context["table"].rows]
                following = response.context["pager"].next
                last = address
                address = (
                    f"{base}?sort={sort}&cursor={following['cursor']}" if following else ""
                )
            seen.append(keys)
            back = alices.get(last).context["pager"].previous["cursor"]
            rows = alices.get(f"{base}?sort={sort}&cursor={back}").context["table"].rows
            assert [row.record["key"] for row in rows] == keys[5:10]
        forth = [f"K{n:02}" for n in range(12)]
        assert seen == [forth, forth[::-1], forth, forth[::-1]]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=C", ["C1", "C2"]),
            ("q=C2", ["C2"]),
            ("q=c", []),
            ("q=ANN@X&in=email", ["C1"]),
            ("q=DE2&in=vat", ["C2"]),
            ("q=%00", []),
            ("q=x&in=balance", []),
            ("state=deleted", ["D9"]),
            ("sort=nonsense", ["C1", "C2"]),
            ("sort=-updated_at&q=C", ["C1", "C2"]),
        ],
    )
    def test_searches_by_index_only(
        self, alices: Client, shape: ObjectShape, inside: Inside, query: str, found: list[str]
    ) -> None:
        store(inside, shape, "C1", email="Ann@x", vat="DE1")
        store(inside, shape, "C2", vat="DE2")
        gone = store(inside, shape, "D9")
        source = Source(Origin.USER)
        inside(lambda: records.delete_record(shape, gone.id, rev=None, source=source, now=NOW))

        response = alices.get(f"/t/acme/records/of/{shape.id}/?{query}")

        assert response.status_code == 200
        assert [row.record["key"] for row in response.context["table"].rows] == found

    @pytest.mark.parametrize("cursor", ["x", "eyJ9", "WyJzZXEiLDAsMCw1XQ=="])
    def test_a_damaged_cursor_is_a_bad_request(
        self, alices: Client, shape: ObjectShape, cursor: str
    ) -> None:
        response = alices.get(f"/t/acme/records/of/{shape.id}/?cursor={cursor}")
        assert response.status_code == 400

    def test_without_a_key_there_can_be_no_records(
        self, alices: Client, acme: Tenant, inside: Inside
    ) -> None:
        bare = inside(
            lambda: ConnectObject.objects.create(tenant=acme, type="bare", name="Bare")
        )
        page = text(alices, f"/t/acme/records/of/{bare.pk}/")
        assert "no key field yet" in page
        assert "New record" not in page

    def test_the_home_of_records_counts_them(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        store(inside, shape)
        page = text(alices, "/t/acme/records/")
        assert f"/t/acme/records/of/{shape.id}/" in page
        assert ">1</td>" in page


class TestRecordPage:
    def test_shows_values_and_history(
        self, alices: Client, alice: Membership, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape, balance="1.50")
        url = f"/t/acme/records/{record.id}/"
        post(alices, f"{url}edit/", number="C1", name="Two", balance="", _rev="1")
        page = text(alices, url)
        assert "Updated by Alice" in page
        for part in ("One", "Two", "1.50"):
            assert part in page

    def test_coming_back_is_told_by_what_is_different(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape, email="a@x")
        source = Source(Origin.SYNC, 3)
        inside(
            lambda: records.delete_record(shape, record.id, rev=None, source=source, now=NOW)
        )
        store(inside, shape, email="b@x")
        back, gone = alices.get(f"/t/acme/records/{record.id}/").context["history"]
        assert [one.label for one in back.differences] == ["email"]
        assert (back.differences[0].before, back.differences[0].after) == ("a@x", "b@x")
        assert (gone.word, gone.who, gone.differences) == ("deleted", "a sync", [])

    def test_a_long_history_has_pages(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape)

        def change() -> None:
            for number in range(23):
                values = {"name": f"name {number}"}
                source = Source(Origin.API, 4711)
                records.update_record(
                    shape, record.id, values, rev=None, source=source, now=NOW
                )

        inside(change)
        response = alices.get(f"/t/acme/records/{record.id}/")
        assert len(response.context["history"]) == 20
        assert "a former API key" in response.content.decode()
        older = alices.get(f"/t/acme/records/{record.id}/?before={response.context['older']}")
        assert len(older.context["history"]) == 3
        assert alices.get(f"/t/acme/records/{record.id}/?before=x").status_code == 200

    def test_a_record_is_made_by_hand(
        self, alices: Client, alice: Membership, shape: ObjectShape, inside: Inside
    ) -> None:
        url = f"/t/acme/records/of/{shape.id}/new/"
        text(alices, url)
        content = post(alices, url, 422, number="", name="", balance="much", notes="{")
        for part in ("This is not JSON", "&#x27;much&#x27; is not a number"):
            assert part in content
        assert content.count("This field is required.") >= 2

        post(alices, url, number="C9", name="Nine", balance="9.90", notes='{"a": 0.10}')

        made = inside(lambda: read.one_by_key(shape.id, "C9"))
        assert made.source == Source(Origin.USER, alice.user_id)
        assert str(made.values["notes"]["a"]) == "0.10"
        assert "email" not in made.values
        assert "There is a record with the key “C9” already." in post(
            alices, url, 422, number="C9", name="Again"
        )

    def test_an_unchanged_form_changes_nothing(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape, email="", notes={"b": [1, {"c": None}]}, name="a\nb")
        url = f"/t/acme/records/{record.id}/edit/"
        form = alices.get(url).context["form"]
        sent = {name: form[name].value() for name in form.fields}
        assert sent["_rev"] == 1
        post(alices, url, **{**sent, "name": sent["name"].replace("\n", "\r\n")})
        assert inside(lambda: read.one(record.id)) == record

    def test_a_form_shows_each_type_so_that_it_comes_back_unchanged(
        self, alices: Client, acme: Tenant, shape: ObjectShape, inside: Inside
    ) -> None:
        held: dict[str, tuple[dict[str, Any], Any]] = {
            "flag": ({"type": "boolean"}, False),
            "day": ({"type": "date"}, "2026-11-21"),
            "at": ({"type": "datetime"}, "2026-11-21T14:05:00.250000Z"),
            "hour": ({"type": "time"}, "14:05:06"),
            "terms": ({"type": "choice", "choices": [["n30", "30 days"]]}, "n30"),
            "number_of": ({"type": "integer"}, 0),
            "tags": ({"type": "list", "default": "[1.10]"}, [Decimal("1.10"), "x"]),
            "boss": ({"type": "reference", "reference": str(shape.id)}, "C0"),
            "story": ({"type": "long_text"}, "one\r\ntwo\n"),
        }
        plain = {"indexed": "none", "sensitivity": "none"}
        for name, (options, _) in held.items():
            new = f"/t/acme/objects/{shape.id}/fields/new/"
            post(alices, new, 303, name=name, **plain, **typed(options))
        wide = inside(lambda: load_shape(ConnectObject.objects.get(pk=shape.id)))
        assert wide.by_name["tags"].default == [Decimal("1.10")]
        record = store(inside, wide, **{name: value for name, (_, value) in held.items()})
        url = f"/t/acme/records/{record.id}/edit/"

        form = alices.get(url).context["form"]
        post(alices, url, 303, **{name: str(form[name].value()) for name in form.fields})

        assert inside(lambda: read.one(record.id)) == record
        page = text(alices, f"/t/acme/records/{record.id}/")
        for part in ("30 days", "2026-11-21 14:05:00.250000 UTC", "by-key/?key=C0"):
            assert part in page

    def test_nobody_overwrites_what_she_has_not_seen(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape)
        url = f"/t/acme/records/{record.id}/edit/"
        post(alices, url, number="C1", name="Two", _rev="1")
        content = post(alices, url, 422, number="C1", name="Three", _rev="1")
        assert "Somebody else changed this meanwhile" in content

    def test_a_deleted_record_can_be_restored(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape, vat="DE1")
        url = f"/t/acme/records/{record.id}/"
        assert "can be restored there" in text(alices, f"{url}delete/")
        post(alices, f"{url}delete/")
        page = text(alices, url)
        assert "This record is deleted" in page
        assert "Restore" in page
        store(inside, shape, "C2", vat="DE1")
        post(alices, f"{url}restore/")
        assert "Another record has this value" in text(alices, url)
        second = inside(lambda: read.one_by_key(shape.id, "C2")).id
        post(alices, f"/t/acme/records/{second}/delete/")
        post(alices, f"{url}restore/")
        assert "This record is deleted" not in text(alices, url)

    def test_a_reference_leads_to_its_record(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape, "a/b ?&")
        by_key = f"/t/acme/records/of/{shape.id}/by-key/"
        response = alices.get(by_key, {"key": "a/b ?&"})
        assert response["Location"] == f"/t/acme/records/{record.id}/"
        assert alices.get(by_key, {"key": "none"}).status_code == 404

    def test_a_value_cannot_inject_markup(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape, name="<script>alert(1)</script>")
        assert "<script>alert" not in text(alices, f"/t/acme/records/{record.id}/")
        assert "<script>alert" not in text(alices, f"/t/acme/records/of/{shape.id}/")
