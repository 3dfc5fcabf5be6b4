"""What a config asks depends on its type, and what *Connect* leaves behind when it fails."""

from __future__ import annotations

from django.test import Client

from connections.models import Account, ConnectionConfig, RemoteEntity
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import making
from tests.demo_erp import DemoErp
from tests.every import every
from tests.markup import tree


def asked(alices: Client, path: str) -> set[str]:
    """Give the names of the fields of a form."""
    form = tree(alices.get(path).content)
    names = form.xpath("//main//*[self::input or self::select or self::textarea]/@name")
    return {str(name) for name in names} - {"csrfmiddlewaretoken"}


def test_each_type_asks_for_its_own_access(alices: Client) -> None:
    chooser = tree(alices.get("/t/acme/configs/new/").content)
    links = chooser.xpath("//main//a[contains(@class, 'choice')]/@href")
    forms = {link.rstrip("/").rpartition("/")[2]: asked(alices, link) for link in links}

    assert {"odata", "rest", "internal"} <= forms.keys()
    for fields in forms.values():
        assert {"name", "environment"} <= fields
    assert {"secrets.password", "settings.key_header"} <= forms["odata"]
    assert {"secrets.client_secret", "settings.profile"} <= forms["rest"]
    assert "settings.profile" not in forms["odata"]
    assert not {name for name in forms["internal"] if name.startswith("secrets.")}
    assert "endpoint" not in forms["internal"]


@every("missing", ["name", "endpoint"])
def test_name_and_address_are_required(acme: Tenant, alices: Client, missing: str) -> None:
    form = {"name": "ERP", "environment": "live", "endpoint": "https://erp.example.com/"}
    answer = alices.post("/t/acme/configs/new/odata/", {**form, missing: " "})

    assert answer.status_code == 422
    page = tree(answer.content)
    assert page.xpath(f"//*[@id='id_{missing}' and @aria-invalid='true']")
    with door.tenant(acme.pk):
        assert not ConnectionConfig.objects.exists()


def test_a_wrong_password_shows_the_servers_words_and_saves_nothing(
    acme: Tenant, alices: Client, erp: DemoErp
) -> None:
    config = making.make_config(
        acme,
        system_type="odata",
        endpoint=erp.url,
        settings={"auth": "basic", "user": "syncapp"},
        secrets={"password": "wrong"},
    )

    page = alices.post(f"/t/acme/configs/{config.pk}/test/", follow=True).content.decode()

    assert "Failed" in page
    assert "401" in page
    with door.tenant(acme.pk):
        config.refresh_from_db()
        assert config.test_ok is False
        assert not Account.objects.filter(configs=config).exclude(pk=config.account_id).exists()
        assert not RemoteEntity.objects.exists(), "nothing of the system is remembered"


def test_the_list_tells_the_environment(acme: Tenant, alices: Client) -> None:
    making.make_config(acme, "Production")
    tried = making.make_config(acme, "Playground")
    with door.tenant(acme.pk):
        ConnectionConfig.objects.filter(pk=tried.pk).update(environment="test")

    rows = tree(alices.get("/t/acme/configs/").content).xpath("//tbody/tr")

    told = {
        cells["Name"]: cells["Environment"].lower()
        for cells in (
            {cell.get("data-label"): cell.text_content().strip() for cell in row}
            for row in rows
        )
    }
    assert told == {"Playground": "test", "Production": "live"}
