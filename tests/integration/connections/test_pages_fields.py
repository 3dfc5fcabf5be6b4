"""Importing fields from a system into a connect object."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections.kit.base import ErrorKind, RemoteError
from connections.kit.world import Fault, World
from objects.models import ConnectField, ConnectObject
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import making
from tests.demo_erp import DemoErp


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


@pytest.fixture
def target(acme: Tenant) -> ConnectObject:
    return making.make_object(acme, "customer", fields=())


def url(target: ConnectObject) -> str:
    return f"/t/acme/objects/{target.pk}/import-fields/"


def test_fields_of_a_real_service_are_shown_and_imported(
    acme: Tenant, alices: Client, target: ConnectObject, erp: DemoErp
) -> None:
    config = making.make_config(
        acme,
        system_type="odata",
        endpoint=erp.url,
        settings={"auth": "basic", "user": "syncapp"},
        secrets={"password": "demo"},
    )
    chosen = {"config": str(config.pk), "entity": "BusinessPartners"}

    shown = text(alices.post(url(target), {**chosen, "_refresh": "1"}))
    assert 'value="CardCode"' in shown
    added = alices.post(url(target), {**chosen, "fields_": ["CardCode", "CardName"]})
    again = alices.post(
        url(target), {**chosen, "fields_": ["CardCode", "CardName"]}, follow=True
    )

    assert added.status_code == 303
    with door.tenant(acme.pk):
        fields = ConnectField.objects.filter(object=target).order_by("position")
        assert [(field.name, field.is_key) for field in fields] == [
            ("CardCode", True),
            ("CardName", False),
        ]
    assert "2 were there already" in text(again)


def test_what_stops_it_is_told(
    acme: Tenant, alices: Client, target: ConnectObject, world: World
) -> None:
    config = making.make_config(acme)
    error = RemoteError(ErrorKind.TRANSIENT, "Closed on Sundays.")
    world.faults.append(Fault("entities", error=error))
    chosen = {"config": str(config.pk), "entity": "Unicorns", "_refresh": "1"}

    assert "Closed on Sundays." in text(alices.post(url(target), chosen))
    assert "has no entity “Unicorns”" in text(alices.post(url(target), chosen))
    assert "Choose a connection config." in text(alices.post(url(target), {"_refresh": "1"}))


def test_a_foreign_config_is_no_valid_choice(
    acme: Tenant, globex: Tenant, alices: Client, target: ConnectObject, world: World
) -> None:
    foreign = making.make_config(globex)

    response = alices.post(url(target), {"config": str(foreign.pk), "entity": making.ENTITY})

    assert response.status_code == 422
    assert "not one of the available choices" in text(response)
    assert world.calls == []


def test_a_foreign_object_is_not_there(
    acme: Tenant, carols: Client, target: ConnectObject
) -> None:
    path = f"/t/globex/objects/{target.pk}/import-fields/"

    assert carols.get(path).status_code == 404
    assert carols.post(path, {"_refresh": "1"}).status_code == 404
