"""A source whose fields change: noticed by runs and by Connect, and told where it matters."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections import configs, discovery, drifted
from connections.kit.base import Entity, ErrorKind, Field, FieldType, RemoteError
from connections.kit.world import CAPABILITIES, Fault
from connections.models import Connection, RemoteEntity
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests import making
from tests.integration.sync.conftest import Engine, make_engine

CODE, NAME = Field("CardCode", key=True, required=True), Field("CardName")
CITY = Field("Address", FieldType.OBJECT, fields=(Field("City"),))
GONE = "The source no longer has Address, which 1 mapping reads."


def describe(engine: Engine, *fields: Field, **more: Any) -> None:
    entity = Entity(making.ENTITY, "Partners", fields, ("CardCode",), CAPABILITIES, **more)
    engine.world.entities = (entity,) if fields else ()


def asked(engine: Engine) -> int:
    return sum(call[0] == "entities" for call in engine.world.calls)


def entity(engine: Engine) -> RemoteEntity:
    with door.tenant(engine.tenant.pk):
        return RemoteEntity.objects.get(name=making.ENTITY)


def told(engine: Engine) -> list[str]:
    with door.tenant(engine.tenant.pk):
        row = Connection.objects.get(pk=engine.connection.pk)
        assert drifted.of_draft(row) == drifted.of_live(row)
        return drifted.of_live(row)


@pytest.fixture
def described(engine: Engine) -> Engine:
    """An engine whose source was described once, by its first run."""
    describe(engine, CODE, NAME, CITY)
    engine.run()
    return engine


def test_the_first_description_is_no_drift(described: Engine) -> None:
    assert entity(described).drift == {}
    assert entity(described).seen_at is not None
    assert told(described) == []


def test_a_run_notices_what_has_gone(described: Engine) -> None:
    describe(described, CODE, NAME, Field("New"))
    described.clock.pass_(hours=1)

    run = described.run()

    assert run.state == SyncLog.State.SUCCEEDED
    found = entity(described).drift
    assert (found["removed"], found["added"]) == (["Address"], ["New"])
    assert told(described) == [GONE]


def test_runs_look_once_an_hour_and_full_ones_always(described: Engine) -> None:
    before = asked(described)
    described.run()
    described.run("dry")
    assert asked(described) == before

    described.run("full")
    assert asked(described) == before + 1
    described.clock.pass_(minutes=59)
    described.run()
    assert asked(described) == before + 1
    described.clock.pass_(minutes=2)
    described.run()
    assert asked(described) == before + 2


def test_a_system_that_describes_nothing_now_does_no_harm(described: Engine) -> None:
    described.world.faults.append(
        Fault("entities", error=RemoteError(ErrorKind.TRANSIENT, "Busy."))
    )

    assert described.run("full").state == SyncLog.State.SUCCEEDED
    assert told(described) == []


def test_what_comes_back_is_no_drift(described: Engine) -> None:
    describe(described, CODE, NAME)
    described.run("full")
    assert told(described)
    describe(described, CODE, NAME, CITY)
    described.run("full")

    assert entity(described).drift == {}


def test_guessed_fields_do_not_drift(acme: Tenant) -> None:
    engine = make_engine(acme)
    describe(engine, CODE, NAME, CITY, guessed=True)
    with door.tenant(acme.pk):
        config = Connection.objects.get(pk=engine.connection.pk).config
    assert config is not None
    discovery.discover(config, now=engine.clock)
    before = asked(engine)
    describe(engine, CODE, NAME, guessed=True)

    engine.run("full")
    assert asked(engine) == before, "guessing costs calls and tells nothing"
    discovery.discover(config, now=engine.clock)
    assert entity(engine).drift == {}


def test_connect_notices_too(described: Engine) -> None:
    describe(described, CODE, NAME)
    with door.tenant(described.tenant.pk):
        config = Connection.objects.get(pk=described.connection.pk).config
    assert config is not None

    configs.run_checks(config, actor=actors.COMMAND, now=described.clock)
    assert told(described) == [GONE]
    described.world.faults.append(
        Fault("entities", error=RemoteError(ErrorKind.TRANSIENT, "Busy."))
    )
    assert all(
        check.ok
        for check in configs.run_checks(config, actor=actors.COMMAND, now=described.clock)
    )


def test_an_entity_that_is_gone(described: Engine) -> None:
    described.run()
    with door.tenant(described.tenant.pk):
        config = Connection.objects.get(pk=described.connection.pk).config
    assert config is not None
    others = Entity("Others", "Others", (Field("Id", key=True),), ("Id",), CAPABILITIES)
    described.world.entities = (others,)

    configs.run_checks(config, actor=actors.COMMAND, now=described.clock)
    discovery.discover(config, now=described.clock)

    assert told(described) == [
        "The source no longer has BusinessPartners, which this connection reads."
    ]


def test_an_empty_description_says_nothing(described: Engine) -> None:
    with door.tenant(described.tenant.pk):
        config = Connection.objects.get(pk=described.connection.pk).config
    assert config is not None
    describe(described)

    configs.run_checks(config, actor=actors.COMMAND, now=described.clock)

    assert told(described) == []


def test_pages_warn(described: Engine, alices: Client) -> None:
    describe(described, CODE, NAME)
    run = described.run("full")

    connection = alices.get(
        reverse("connections:inbound_detail", args=["acme", described.connection.pk])
    )
    page = alices.get(reverse("synclogs:run_detail", args=["acme", run.pk]))

    assert GONE in connection.content.decode()
    assert GONE in page.content.decode()
