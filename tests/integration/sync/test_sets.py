"""Connector sets run: in order, one after the other, and no crash leaves one standing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.test import Client

from connections import connector_sets, connectors, services as connection_services
from connections.kit.base import RemoteError
from connections.kit.errors import ErrorKind
from connections.kit.world import Fault
from connections.models import Connection, Connector, ConnectorSet
from syncapp.errors import Refused
from syncapp.sync import leases, ledger, services, sets, slices
from syncapp.sync.models import SetRun
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests import making
from tests.integration.sync.conftest import Engine, make_engine


class Row:
    """A set of three connectors with one active connection each, and a worker at hand."""

    def __init__(self, tenant: Tenant, on_failure: str = "stop") -> None:
        self.engine: Engine = make_engine(tenant, n=3)
        self.tenant = tenant
        config = self.engine.connection.config
        self.connections: list[Connection] = [
            self.engine.connection,
            *(
                making.make_connection(
                    tenant,
                    f"Second {number}",
                    config=config,
                    object_=making.make_object(tenant, f"second{number}"),
                    active=True,
                )
                for number in (1, 2)
            ),
        ]
        with door.tenant(tenant.pk):
            made = [
                connectors.create(
                    tenant, name=f"Part {n}", connections=[one], actor=actors.COMMAND
                )
                for n, one in enumerate(self.connections)
            ]
            self.set: ConnectorSet = connector_sets.create(
                tenant,
                name="Nightly",
                on_failure=on_failure,
                connectors=made,
                actor=actors.COMMAND,
            )

    def start(self) -> SetRun:
        with door.tenant(self.tenant.pk):
            return sets.request_set_run(self.set, actor=actors.COMMAND, now=self.engine.clock())

    def work(self) -> int:
        self.engine.clock.pass_(seconds=1)
        return self.engine.work()

    def fresh(self) -> SetRun:
        with door.tenant(self.tenant.pk):
            return sets.last_of(self.set)[0]

    def states(self) -> list[str]:
        return [step["state"] for step in self.fresh().steps]

    def runs(self) -> Sequence[int]:
        with door.tenant(self.tenant.pk):
            return list(
                SyncLog.objects.for_tenant(self.tenant)
                .order_by("pk")
                .values_list("connection_id", flat=True)
            )


@pytest.fixture
def row(acme: Tenant) -> Row:
    return Row(acme)


def break_source(row: Row, times: int | None = 1) -> None:
    error = RemoteError(ErrorKind.AUTH, "The password is wrong.")
    row.engine.world.faults.append(Fault("read", at=1, error=error, times=times))


def test_the_connections_run_in_the_order_of_the_set(row: Row) -> None:
    made = row.start()
    assert (made.state, row.states()) == ("running", ["running", "waiting", "waiting"])
    assert len(row.runs()) == 1

    row.work()

    assert row.runs() == [connection.pk for connection in row.connections]
    assert (row.fresh().state, row.states()) == ("succeeded", ["succeeded"] * 3)
    assert row.fresh().ended_at is not None


def test_the_next_run_is_queued_in_the_transaction_that_ends_the_one_before(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies right after a run has ended leaves the next one queued; nothing else."""
    row.start()
    row.engine.clock.pass_(seconds=1)
    claimed = row.engine.claim()

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(leases, "release", die)
    with pytest.raises(SystemExit):
        slices.work(claimed, clock=row.engine.clock, stopping=lambda: False)
    monkeypatch.undo()

    assert row.states() == ["succeeded", "running", "waiting"]
    row.engine.clock.pass_(minutes=10)
    row.work()
    assert row.fresh().state == "succeeded"
    assert row.runs() == [connection.pk for connection in row.connections]


def test_a_crash_before_the_commit_leaves_the_set_where_it_was(row: Row) -> None:
    made = row.start()
    try:
        with door.tenant(row.tenant.pk):
            ledger.close(made.run_id or 0, row.engine.clock(), state="failed", error="x")
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass

    assert row.states() == ["running", "waiting", "waiting"]
    row.work()
    assert row.fresh().state == "succeeded"


def test_a_failed_run_stops_the_set(row: Row) -> None:
    break_source(row)
    row.start()

    row.work()

    assert (row.fresh().state, row.states()) == ("failed", ["failed", "skipped", "skipped"])
    assert len(row.runs()) == 1


def test_or_the_set_goes_on(acme: Tenant) -> None:
    row = Row(acme, on_failure="go_on")
    break_source(row)
    row.start()

    row.work()

    assert row.states() == ["failed", "succeeded", "succeeded"]
    assert row.fresh().state == "partial"


def test_what_was_switched_off_meanwhile_is_left_out(row: Row) -> None:
    row.start()
    with door.tenant(row.tenant.pk):
        connection_services.deactivate(row.connections[1], actor=actors.COMMAND)

    row.work()

    assert row.states() == ["succeeded", "skipped", "succeeded"]
    assert row.fresh().steps[1]["note"] == "The connection is off."


def test_a_run_that_somebody_else_started_is_waited_for(row: Row) -> None:
    with door.tenant(row.tenant.pk):
        other = services.request_run(
            row.connections[0], actor=actors.COMMAND, now=row.engine.clock()
        )

    row.start()
    assert row.fresh().run_id == other.pk
    row.work()

    assert len(row.runs()) == 3
    assert row.fresh().state == "succeeded"


def test_a_set_runs_once_at_a_time(row: Row) -> None:
    row.start()

    with pytest.raises(Refused, match="running already"):
        row.start()


def test_a_stopped_set_queues_nothing_more(row: Row) -> None:
    made = row.start()

    with door.tenant(row.tenant.pk):
        sets.request_set_stop(made, now=row.engine.clock())
    row.work()

    assert row.fresh().state == "cancelled"
    assert row.states() == ["cancelled", "skipped", "skipped"]
    with door.tenant(row.tenant.pk):
        run = SyncLog.objects.for_tenant(row.tenant).get()
        assert run.state == "cancelled"
        with pytest.raises(Refused, match="ended already"):
            sets.request_set_stop(made, now=row.engine.clock())


def test_a_set_without_active_connections_does_not_start(row: Row) -> None:
    with door.tenant(row.tenant.pk):
        for connection in row.connections:
            connection_services.deactivate(connection, actor=actors.COMMAND)

    with pytest.raises(Refused, match="No connector"):
        row.start()


def test_a_deleted_set_lets_its_present_run_end(row: Row) -> None:
    row.start()
    with door.tenant(row.tenant.pk):
        connector_sets.delete(row.set, actor=actors.COMMAND)

    row.work()

    assert len(row.runs()) == 1


def test_a_step_that_is_refused_is_told_and_left(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = row.start()
    held = Refused("An import holds the object.", code="object_held")

    def refuse(*_args: object, **_options: object) -> SyncLog:
        raise held

    monkeypatch.setattr(services, "request_run", refuse)
    row.work()

    assert row.states() == ["succeeded", "refused", "skipped"]
    assert row.fresh().steps[1]["note"] == "An import holds the object."
    assert str(made) == f"run {made.pk} of set {row.set.pk}"


def test_a_set_is_stopped_although_it_has_moved_on_meanwhile(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = row.start()
    rows_of = sets._rows
    moved: list[int | None] = []

    def late(found: SetRun) -> object:
        if not moved:
            moved.append(found.run_id)
            row.engine.clock.pass_(seconds=1)
            row.engine.slice()
        return rows_of(found)

    monkeypatch.setattr(sets, "_rows", late)
    with door.tenant(row.tenant.pk):
        sets.request_set_stop(made, now=row.engine.clock())

    assert row.fresh().state == "cancelled"
    assert row.states()[0] == "succeeded"


def test_a_set_whose_run_is_gone_can_be_stopped(row: Row) -> None:
    made = row.start()
    with door.tenant(row.tenant.pk):
        SyncLog.objects.for_tenant(row.tenant).delete()

        assert sets.request_set_stop(made, now=row.engine.clock()).state == "cancelled"


def page(client: Client, path: str) -> str:
    """Press a button and give the page that it leads to."""
    return str(client.post(f"/t/acme/{path}", follow=True).content.decode())


def test_buttons_run_connectors_and_say_what_cannot_be(row: Row, alices: Client) -> None:
    with door.tenant(row.tenant.pk):
        first, *others = Connector.objects.for_tenant(row.tenant).order_by("pk")

    begun = page(alices, f"connectors/{first.pk}/run/")
    again = page(alices, f"connectors/{first.pk}/run/")
    with door.tenant(row.tenant.pk):
        for other in others:
            connectors.edit(other, connections=[], actor=actors.COMMAND)
        connectors.edit(first, connections=row.connections, actor=actors.COMMAND)
    several = page(alices, f"connectors/{first.pk}/run/")
    with door.tenant(row.tenant.pk):
        for connection in row.connections:
            connection_services.deactivate(connection, actor=actors.COMMAND)
    none = page(alices, f"connectors/{first.pk}/run/")

    assert "Run " in begun
    assert "Wait for its end or stop it." in again
    assert "Queued 2 runs." in several
    assert "No inbound connection of this connector is active." in none


def test_buttons_of_a_set_say_what_cannot_be(row: Row, api: Client, alices: Client) -> None:
    at = f"connector-sets/{row.set.pk}"

    unknown = api.post(f"/api/v1/{at}/stop/")
    page(alices, f"{at}/run/")
    twice = page(alices, f"{at}/run/")
    page(alices, f"{at}/stop/")
    ended = page(alices, f"{at}/stop/")

    assert unknown.status_code == 404
    assert "running already" in twice
    assert "ended already" in ended
