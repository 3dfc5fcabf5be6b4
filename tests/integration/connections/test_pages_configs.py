"""Pages of configs: what people see, what is refused, what never shows."""

from __future__ import annotations

import pytest
from django.test import Client

from connections import configs
from connections.kit.world import World
from connections.models import ConnectionConfig
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from tests import making
from tests.demo_erp import DemoErp
from tests.make import NOW

HTMX = {"HX-Request": "true"}
FORM = {
    "name": "ERP",
    "environment": "live",
    "endpoint": "https://erp.example.com/odata/",
    "settings.auth": "basic",
    "settings.user": "ada",
    "secrets.password": "hunter2",
    "settings.paging": "links",
}


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


def test_a_config_is_made_after_its_type_is_chosen(acme: Tenant, alices: Client) -> None:
    chooser = text(alices.get("/t/acme/configs/new/"))
    assert "/t/acme/configs/new/odata/" in chooser
    assert "sandbox" not in chooser

    form = text(alices.get("/t/acme/configs/new/odata/"))
    assert "Service root" in form
    assert "Header of the API key" in form
    response = alices.post("/t/acme/configs/new/odata/", FORM)

    with door.tenant(acme.pk):
        config = ConnectionConfig.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/t/acme/configs/{config.pk}/"
    page = text(alices.get(response["Location"]))
    assert "Not tested yet" in page
    assert "hunter2" not in page
    assert "saved" in page


def test_an_unknown_type_has_no_form(alices: Client) -> None:
    assert alices.get("/t/acme/configs/new/telex/").status_code == 404


def test_what_is_wrong_stands_at_its_field(alices: Client) -> None:
    wrong = {**FORM, "endpoint": "erp.example.com", "settings.overlap_seconds": "soon"}

    response = alices.post("/t/acme/configs/new/odata/", wrong)

    assert response.status_code == 422
    page = text(response)
    assert 'href="#id_settings.overlap_seconds"' in page
    assert "hunter2" not in page


def test_an_address_that_is_none_is_refused(alices: Client) -> None:
    page = text(
        alices.post("/t/acme/configs/new/odata/", {**FORM, "endpoint": "erp.example.com"})
    )

    assert "Enter an address that begins with https://." in page
    assert 'href="#id_endpoint"' in page


def test_a_bad_rest_profile_is_refused_with_line_and_path(alices: Client) -> None:
    form = {"name": "Shop", "environment": "live", "endpoint": "https://shop.example.com/"}
    broken = {**form, "settings.profile": "entities:\n  customers: [unclosed\n"}
    wrong = {**form, "settings.profile": "entities:\n  customers:\n    path: 5\n"}

    first = text(alices.post("/t/acme/configs/new/rest/", broken))
    second = text(alices.post("/t/acme/configs/new/rest/", wrong))

    assert "line" in first.lower()
    assert "entities.customers" in second or "customers" in second


def test_editing_keeps_a_secret_that_is_not_replaced(acme: Tenant, alices: Client) -> None:
    alices.post("/t/acme/configs/new/odata/", FORM)
    with door.tenant(acme.pk):
        config = ConnectionConfig.objects.get()
    page = text(alices.get(f"/t/acme/configs/{config.pk}/edit/"))
    assert "hunter2" not in page
    assert "Replace" in page

    edited = {**FORM, "name": "Renamed"}
    del edited["secrets.password"]
    response = alices.post(f"/t/acme/configs/{config.pk}/edit/", edited)

    assert response.status_code == 303
    with door.tenant(acme.pk):
        config.refresh_from_db()
        assert config.name == "Renamed"
        assert configs.saved_secrets(config) == {"password"}


def test_connect_shows_each_line_with_its_time(
    acme: Tenant, alices: Client, erp: DemoErp
) -> None:
    config = making.make_config(
        acme,
        system_type="odata",
        endpoint=erp.url,
        settings={"auth": "basic", "user": "syncapp"},
        secrets={"password": "wrong"},
    )

    part = text(alices.post(f"/t/acme/configs/{config.pk}/test/", headers=HTMX))

    assert "<html" not in part
    assert 'id="config-test"' in part
    assert "Name resolved" in part
    assert "Signed in" in part
    assert 'role="alert"' in part
    assert "ms" in part or " s" in part
    listed = text(alices.get("/t/acme/configs/"))
    assert "Failed" in listed


def test_connect_works_without_a_script(acme: Tenant, alices: Client, world: World) -> None:
    config = making.make_config(acme)

    response = alices.post(f"/t/acme/configs/{config.pk}/test/", follow=True)

    assert response.redirect_chain == [(f"/t/acme/configs/{config.pk}/", 303)]
    assert "Passed" in text(response)


def test_a_config_in_use_says_by_whom(acme: Tenant, alices: Client, world: World) -> None:
    connection = making.make_connection(acme)
    config_id = connection.config_id
    assert config_id is not None

    page = text(alices.get(f"/t/acme/configs/{config_id}/delete/"))
    response = alices.post(f"/t/acme/configs/{config_id}/delete/")

    assert f'href="/t/acme/inbound/{connection.pk}/"' in page
    assert response.status_code == 409
    with door.tenant(acme.pk):
        assert ConnectionConfig.objects.filter(pk=config_id).exists()


def test_an_unused_config_is_deleted(acme: Tenant, alices: Client) -> None:
    config = making.make_config(acme)

    alices.post(f"/t/acme/configs/{config.pk}/delete/")

    with door.tenant(acme.pk):
        assert not ConnectionConfig.objects.exists()


def test_a_readers_page_offers_what_readers_may(acme: Tenant, bobs: Client) -> None:
    config = making.make_config(acme)

    page = text(bobs.get(f"/t/acme/configs/{config.pk}/"))

    assert "Edit" not in page
    assert f"/t/acme/configs/{config.pk}/test/" not in page
    assert bobs.post(f"/t/acme/configs/{config.pk}/test/").status_code == 403


@pytest.mark.parametrize("path", ["", "edit/", "delete/"])
def test_a_foreign_config_is_not_there(
    acme: Tenant, carols: Client, globex: Tenant, path: str
) -> None:
    config = making.make_config(acme)

    assert carols.get(f"/t/globex/configs/{config.pk}/{path}").status_code == 404


def test_a_foreign_config_cannot_be_tested(
    acme: Tenant, carols: Client, globex: Tenant, world: World
) -> None:
    config = making.make_config(acme)

    assert carols.post(f"/t/globex/configs/{config.pk}/test/").status_code == 404
    with door.tenant(acme.pk):
        config.refresh_from_db()
    assert config.tested_at is None


def test_a_type_that_is_gone_still_lists(acme: Tenant, alices: Client) -> None:
    config = making.make_config(acme)
    with door.tenant(acme.pk):
        ConnectionConfig.objects.filter(pk=config.pk).update(system_type="telex")

    assert "telex" in text(alices.get("/t/acme/configs/"))
    assert alices.get(f"/t/acme/configs/{config.pk}/").status_code == 200
    assert alices.get(f"/t/acme/configs/{config.pk}/edit/").status_code == 404
    with door.tenant(acme.pk):
        config.refresh_from_db()
    checks = configs.run_checks(config, actor=actors.COMMAND, now=lambda: NOW)
    assert "telex" in checks[0].message
