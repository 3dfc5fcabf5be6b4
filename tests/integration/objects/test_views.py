"""The pages of objects, as members see them."""

from __future__ import annotations

from django.test import Client

from objects.models import ConnectField, ConnectObject, ListviewField
from objects.services import load_shape
from objects.shape import ObjectShape
from syncapp.tenants.integrity import users_of
from syncapp.tenants.models import Tenant
from tests.integration.objects.conftest import Inside, make_customers
from tests.integration.objects.pages import post, store, text


class TestObjects:
    def test_an_object_is_made_with_key_and_columns(
        self, alices: Client, acme: Tenant, inside: Inside
    ) -> None:
        base = "/t/acme/objects/"
        post(alices, f"{base}new/", name="FSM items", type="fsmitem")
        made = inside(lambda: ConnectObject.objects.for_tenant(acme).get(type="fsmitem"))
        assert "Records are known by their key" not in text(alices, f"{base}{made.pk}/")
        field = {"type": "text", "indexed": "none", "sensitivity": "none"}
        new = f"{base}{made.pk}/fields/new/"
        assert 'name="is_key" ' in text(alices, new)

        post(alices, new, 303, name="code", is_key="on", **field)
        post(
            alices, new, name="colour", choices="red = Red\nblue", **{**field, "type": "choice"}
        )
        rows = inside(lambda: {row.name: row for row in made.fields.all()})
        assert (rows["code"].is_key, rows["colour"].is_key) == (True, False)
        assert rows["colour"].choices == [["red", "Red"], ["blue", "blue"]]

        post(
            alices, f"{base}{made.pk}/columns/new/", field=str(rows["colour"].pk), label="Tint"
        )
        page = text(alices, f"{base}{made.pk}/")
        for part in ("Connect Fields", "Listview Fields", "Tint", "Colour"):
            assert part in page
        assert "Colour" in text(alices, f"{base}fields/{rows['colour'].pk}/edit/")
        assert "red = Red\nblue</textarea>" in text(
            alices, f"{base}fields/{rows['colour'].pk}/edit/"
        )

    def test_a_refusal_stands_at_its_field(self, alices: Client, shape: ObjectShape) -> None:
        url = f"/t/acme/objects/{shape.id}/fields/new/"
        data = {"type": "text", "indexed": "none", "sensitivity": "none"}
        content = post(alices, url, 422, name="number", **data)
        assert "There is a field “number” already." in content

    def test_a_type_in_use_stays(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        store(inside, shape)
        url = f"/t/acme/objects/{shape.id}/edit/"
        content = post(alices, url, 422, name="New name", type="other")
        assert "The type is in use" in content
        post(alices, url, name="New name", type="customer")
        assert "New name" in text(alices, "/t/acme/objects/")

    def test_deleting_says_what_goes_along(
        self, alices: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        store(inside, shape)
        url = f"/t/acme/objects/{shape.id}/delete/"
        page = text(alices, url)
        assert "6 fields" in page
        assert "1 records with their history" in page
        post(alices, url)
        assert not inside(ConnectObject.objects.filter(pk=shape.id).exists)

    def test_an_object_in_use_says_by_whom(
        self, alices: Client, acme: Tenant, shape: ObjectShape, inside: Inside
    ) -> None:
        other = inside(lambda: make_customers(acme, "supplier"))
        inside(
            lambda: ConnectField.objects.create(
                tenant=acme,
                object_id=other.id,
                name="buys_for",
                label="Buys for",
                type="reference",
                reference_id=shape.id,
            )
        )
        url = f"/t/acme/objects/{shape.id}/delete/"
        page = text(alices, url)
        assert "field “Buys for” of Supplier" in page
        assert f"/t/acme/objects/{other.id}/" in page
        post(alices, url, 409)
        row = inside(lambda: ConnectObject.objects.get(pk=shape.id))
        assert inside(lambda: len(users_of(row))) == 1

    def test_fields_and_columns_move_and_go(
        self, alices: Client, acme: Tenant, shape: ObjectShape, inside: Inside
    ) -> None:
        name, email = shape.by_name["name"], shape.by_name["email"]
        base = "/t/acme/objects/"
        for field in (name, email):
            post(alices, f"{base}{shape.id}/columns/new/", field=str(field.id))
        rows = inside(
            lambda: {row.field_id: row.pk for row in ListviewField.objects.for_tenant(acme)}
        )
        post(alices, f"{base}columns/{rows[email.id]}/move/", to="up")
        post(alices, f"{base}columns/{rows[name.id]}/edit/", field=str(name.id), label="Called")
        post(alices, f"{base}fields/{email.id}/move/", to="up")
        page = text(alices, f"/t/acme/records/of/{shape.id}/")
        assert page.index("email") < page.index("Called")

        post(alices, f"{base}columns/{rows[name.id]}/delete/")
        assert "its values" not in text(alices, f"{base}fields/{email.id}/delete/")
        post(alices, f"{base}fields/{email.id}/delete/")
        left = inside(
            lambda: [
                field.name
                for field in load_shape(ConnectObject.objects.get(pk=shape.id)).fields
            ]
        )
        assert left == ["number", "name", "vat", "balance", "notes"]


class TestWalls:
    def test_a_reader_may_look_and_nothing_else(
        self, bobs: Client, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape)
        page = text(bobs, f"/t/acme/records/{record.id}/")
        assert "Edit" not in page
        assert "New field" not in text(bobs, f"/t/acme/objects/{shape.id}/")
        field = shape.by_name["name"].id
        for url in (
            f"records/{record.id}/edit/",
            f"records/{record.id}/delete/",
            f"records/{record.id}/restore/",
            f"records/of/{shape.id}/new/",
            f"objects/{shape.id}/edit/",
            f"objects/{shape.id}/delete/",
            f"objects/{shape.id}/fields/new/",
            f"objects/fields/{field}/edit/",
            f"objects/fields/{field}/delete/",
            f"objects/fields/{field}/move/",
            f"objects/{shape.id}/columns/new/",
        ):
            post(bobs, f"/t/acme/{url}", 403)

    def test_another_tenants_rows_are_not_there(
        self, carols: Client, globex: Tenant, shape: ObjectShape, inside: Inside
    ) -> None:
        record = store(inside, shape)
        field = shape.by_name["name"].id
        for url in (
            f"records/{record.id}/",
            f"records/{record.id}/edit/",
            f"records/{record.id}/delete/",
            f"objects/{shape.id}/",
            f"records/of/{shape.id}/",
            f"records/of/{shape.id}/new/",
            f"records/of/{shape.id}/by-key/?key=C1",
            f"objects/{shape.id}/fields/new/",
            f"objects/fields/{field}/edit/",
        ):
            assert carols.get(f"/t/globex/{url}").status_code == 404, url
        post(carols, f"/t/globex/records/{record.id}/restore/", 404)
        post(carols, f"/t/globex/objects/fields/{field}/move/", 404)
