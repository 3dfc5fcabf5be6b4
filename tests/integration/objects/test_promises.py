"""Connect objects as an administrator meets them: types, fields that can be mapped, columns."""

from __future__ import annotations

from django.test import Client

from objects.models import ConnectField, ConnectObject
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import making
from tests.every import every
from tests.integration.objects.pages import post, text
from tests.markup import tree

NEW = "/t/acme/objects/new/"
FIELD = {"type": "text", "indexed": "none", "sensitivity": "none"}


@every(
    ("name", "type_"),
    [
        ("FSM customers", "FSM Customer"),
        ("FSM customers", "fsm customer"),
        ("FSM customers", "Fsmcustomer"),
        ("FSM customers", ""),
        ("", "fsmcustomer"),
    ],
)
def test_name_and_a_plain_type_are_required(
    acme: Tenant, alices: Client, name: str, type_: str
) -> None:
    page = tree(post(alices, NEW, 422, name=name, type=type_))

    assert page.xpath("//*[@aria-invalid='true']/@name") == ["type" if name else "name"]
    with door.tenant(acme.pk):
        assert not ConnectObject.objects.exists()


def test_a_type_is_taken_once_in_each_tenant(
    acme: Tenant, alices: Client, globex: Tenant
) -> None:
    making.make_object(globex, "fsmcustomer")

    post(alices, NEW, name="FSM customers", type="fsmcustomer")

    content = post(alices, NEW, 422, name="More customers", type="fsmcustomer")
    assert tree(content).xpath("//*[@aria-invalid='true']/@name") == ["type"]
    with door.tenant(acme.pk):
        assert ConnectObject.objects.for_tenant(acme).get().description == ""


def test_a_new_field_can_be_mapped_at_once(acme: Tenant, alices: Client) -> None:
    making.make_world()
    connection = making.make_connection(acme)
    mapping = f"/t/acme/inbound/{connection.pk}/mapping/"
    assert "Loyalty tier" not in text(alices, mapping)

    post(
        alices,
        f"/t/acme/objects/{connection.object_id}/fields/new/",
        name="loyalty",
        label="Loyalty tier",
        **FIELD,
    )

    assert "Loyalty tier" in text(alices, mapping)


def test_fields_and_columns_are_listed_with_pencil_and_trash(
    acme: Tenant, alices: Client
) -> None:
    made = making.make_object(acme)
    base = f"/t/acme/objects/{made.pk}"
    with door.tenant(acme.pk):
        city = ConnectField.objects.get(object=made, name="city")
    post(alices, f"{base}/columns/new/", field=str(city.pk), label="Town")

    page = tree(text(alices, f"{base}/"))

    links = set(page.xpath("//main//a/@href"))
    assert {f"{base}/edit/", f"{base}/delete/"} <= links
    for kind, names in (("fields", ["Code", "Name", "City"]), ("columns", ["Town"])):
        for name in names:
            (row,) = page.xpath(
                f"//tr[.//a[contains(@href, '/{kind}/')]][td[normalize-space()='{name}']]"
            )
            ends = {link.rstrip("/").rpartition("/")[2] for link in row.xpath(".//a/@href")}
            assert {"edit", "delete"} <= ends, name
