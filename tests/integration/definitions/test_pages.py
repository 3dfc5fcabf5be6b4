"""The pages, the API and the command of definitions."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from connections.definitions.applying import apply
from connections.definitions.exporting import export
from connections.definitions.schema import read
from connections.models import Connection
from objects.models import ConnectObject
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from tests import make
from tests.integration.definitions.test_round_trip import EVERYTHING

SMALL = "syncapp: 1\nobjects:\n  - type: order\n    name: Orders\n"


def page(tenant: Tenant, rest: str = "") -> str:
    return f"/t/{tenant.slug}/definitions/{rest}"


@pytest.fixture
def filled(acme: Tenant) -> Tenant:
    with door.tenant(acme.pk):
        apply(acme, read(EVERYTHING), actor=actors.COMMAND)
    return acme


def test_the_file_comes_down(filled: Tenant, alices: Client) -> None:
    home = alices.get(page(filled))
    answer = alices.get(page(filled, "export/"))

    assert b"Everything" in home.content
    with door.tenant(filled.pk):
        assert answer.content.decode() == export(filled)
    assert answer["Content-Disposition"] == 'attachment; filename="acme.yaml"'


def test_one_connector_brings_what_it_uses(filled: Tenant, alices: Client) -> None:
    answer = alices.get(page(filled, "export/?connector=Orders"))

    found = read(answer.content.decode()).definitions
    assert [one.name for one in found.connections] == ["Orders in"]
    assert [one.type for one in found.objects] == ["line", "order"]
    assert [one.name for one in found.maps] == ["terms"]
    assert found.sets == ()
    assert alices.get(page(filled, "export/?connector=Nope")).status_code == 404


def test_a_file_is_shown_and_then_applied(acme: Tenant, alices: Client) -> None:
    sent = SimpleUploadedFile("a.yaml", EVERYTHING.encode())

    shown = alices.post(page(acme, "import/"), {"file": sent})

    assert shown.status_code == 200
    assert shown.context["changes"].counts["created"] == 8
    with door.tenant(acme.pk):
        assert not ConnectObject.objects.for_tenant(acme).exists()
    confirmed = {
        "text": shown.context["text"],
        "expected": shown.context["changes"].digest,
        "_apply": "1",
    }
    done = alices.post(page(acme, "import/"), confirmed, follow=True)
    assert b"8 created, 0 changed" in done.content
    assert b"press Connect: \xe2\x80\x9c[TEST] ERP" in done.content
    again = alices.post(page(acme, "import/"), {"text": EVERYTHING})
    assert not again.context["changes"].any


def test_what_was_not_shown_is_not_applied(acme: Tenant, alices: Client) -> None:
    answer = alices.post(
        page(acme, "import/"), {"text": SMALL, "expected": "0" * 32, "_apply": "1"}
    )

    assert answer.status_code == 412
    assert b"changed here meanwhile" in answer.content
    with door.tenant(acme.pk):
        assert not ConnectObject.objects.for_tenant(acme).exists()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Choose a file"),
        ({"text": "syncapp: 1\nnope: 1"}, "Line 2, nope"),
        ({"file": SimpleUploadedFile("a.yaml", b"\xff\xfe")}, "not text in UTF-8"),
    ],
)
def test_bad_files_are_refused_on_the_page(
    acme: Tenant, alices: Client, sent: dict[str, Any], says: str
) -> None:
    answer = alices.post(page(acme, "import/"), sent)

    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_an_importer_needs_what_the_file_makes(acme: Tenant) -> None:
    client = make.client_of(acme, codes={"definitions.import", "objects.create"})

    refused = client.post("/api/v1/definitions/import/", EVERYTHING, "text/yaml")
    done = client.post("/api/v1/definitions/import/", SMALL, "text/yaml")

    assert refused.status_code == 403
    assert "value_maps.create" in refused.json()["detail"]
    assert done.status_code == 200, done.content
    assert done.json()["counts"] == {
        "created": 1,
        "changed": 0,
        "unchanged": 0,
        "only_here": 0,
    }


def test_the_api_exports_and_compares(filled: Tenant) -> None:
    client = make.client_of(filled, codes={"definitions.import", "definitions.export"})
    headers = {"Accept": "text/yaml"}

    text = client.get("/api/v1/definitions/", headers=headers)
    changed = text.content.replace(b"DocNum", b"DocEntry")
    headers["Accept"] = "*/*"
    told = client.post("/api/v1/definitions/diff/", changed, "text/yaml", headers=headers)
    bad = client.post("/api/v1/definitions/diff/", b"syncapp: 9", "text/yaml", headers=headers)

    assert text["Content-Type"].startswith("text/yaml")
    assert told.json()["permissions"] == ["inbound.edit"]
    (change,) = [one for one in told.json()["changes"] if one["state"] == "changed"]
    assert {one["field"] for one in change["differences"]} == {
        "mapping.number.source",
        "conditions",
    }
    assert bad.status_code == 422
    assert bad.json()["fields"] == {"syncapp": bad.json()["detail"]}


def test_the_command_does_all_three(filled: Tenant, globex: Tenant, tmp_path: Path) -> None:
    file, out = tmp_path / "a.yaml", io.StringIO()

    call_command("definitions", "export", tenant="acme", file=str(file))
    call_command("definitions", "diff", tenant="globex", file=str(file), stdout=out)
    call_command("definitions", "import", tenant="globex", file=str(file), stdout=out)
    call_command("definitions", "diff", tenant="globex", file=str(file), stdout=out)

    told = out.getvalue()
    assert "+ connect object order" in told
    assert "Enter the secrets of “[TEST] ERP” and press Connect." in told
    assert told.endswith("0 created, 0 changed, 8 unchanged, 0 only here.\n")
    with door.tenant(globex.pk):
        assert Connection.objects.for_tenant(globex).count() == 2
    with pytest.raises(CommandError, match="no tenant"):
        call_command("definitions", "export", tenant="nope")
    file.write_text("a: 1")
    with pytest.raises(CommandError, match="begins with"):
        call_command("definitions", "import", tenant="acme", file=str(file))


def test_objects_are_made_of_templates(acme: Tenant, alices: Client) -> None:
    address = f"/t/{acme.slug}/objects/templates/"

    lonely = alices.post(address, {"types": ["fsmcontact"]})
    done = alices.post(address, {"types": ["fsmcontact"], "along": "on"}, follow=True)
    twice = alices.post(address, {"types": ["fsmcontact"], "along": "on"})

    assert lonely.status_code == 422
    assert b"fsmcustomer" in lonely.content
    assert b"FSM contacts" in done.content
    with door.tenant(acme.pk):
        made = ConnectObject.objects.for_tenant(acme)
        assert set(made.values_list("type", flat=True)) == {"fsmcontact", "fsmcustomer"}
        assert made.get(type="fsmcontact").parent == made.get(type="fsmcustomer")
    assert twice.status_code == 422


def test_the_api_makes_objects_of_templates(acme: Tenant) -> None:
    client = make.client_of(acme, codes={"objects.create", "objects.view"})

    offered = client.get("/api/v1/object-templates/")
    made = client.post(
        "/api/v1/object-templates/",
        {"types": ["fsmproducttype"]},
        "application/json",
    )

    assert len(offered.json()["data"]) == 21
    assert made.status_code == 201, made.content
    assert [one["type"] for one in made.json()["data"]] == ["fsmproducttype"]
