"""Fills the demo tenant, as its people would: through the services of the rooms.

Each start of the demo calls it. What was made once stays as people have left it; only the
address of the demo ERP is kept right.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings

import connections.services
from connections import configs, connector_sets, connectors, discovery
from connections.declared import Given
from connections.models import Connection, ConnectionConfig, Connector
from connections.publish import publish
from formulas.models import ValueMap
from formulas.services.maps import create_map
from objects.models import ConnectObject
from objects.services.columns import create_column
from objects.services.fields import add_fields
from objects.services.objects import create_object
from syncapp import canonical
from syncapp.demo.content import (
    CHANGE_FIELD,
    CONFIG,
    CONNECTOR,
    CONNECTOR_SET,
    CUSTOMERS,
    PARTS,
    Content,
)
from syncapp.demo.erp import edits
from syncapp.demo.logins import ensure_key, ensure_people
from syncapp.errors import Refused
from syncapp.installation import write_private
from syncapp.sync import keeping, leases, services, slices
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog

Clock = Callable[[], datetime]

_REPRICED: Final = 3
_RUN_WITHIN: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Erp:
    """Where the demo ERP is, and the password of its one user."""

    url: str
    password: str

    @property
    def root(self) -> str:
        """Give the root of its service."""
        return f"{self.url.rstrip('/')}/odata/v4/"


def seed(erp: Erp, *, out: Path, clock: Clock) -> None:
    """Make what is missing of the demo, and write down how to use it.

    Args:
        erp: the demo ERP.
        out: the file that tells how; what it told before is used again.
        clock: the time.

    Raises:
        SyncAppError: the demo cannot be made here.
        ClientError: the demo ERP does not answer.
    """
    told = _told(out)
    tenant, fresh, logins = ensure_people(told.get("logins", ()), clock())
    if fresh or "connections" not in told:
        filler = _Filler(tenant, erp, clock)
        made = filler.fill()
    else:
        made = {name: told[name] for name in ("config", "connections")}
        _follow(tenant, made["config"], told["demo_erp_url"], erp, clock)
    now_told = {
        "url": settings.SYNCAPP_BASE_URL,
        "tenant": tenant.slug,
        "api_key": ensure_key(tenant, str(told.get("api_key", "")), clock()),
        "logins": [login._asdict() for login in logins],
        "demo_erp_url": erp.url,
        **made,
    }
    write_private(out, canonical.text(now_told))


def _told(out: Path) -> Mapping[str, Any]:
    try:
        known = canonical.loads(out.read_bytes())
    except (OSError, *canonical.type_errors):
        return {}
    return known if isinstance(known, dict) else {}


def _given(erp: Erp, name: str = CONFIG) -> Given:
    return Given(
        name=name,
        endpoint=erp.root,
        environment=ConnectionConfig.Environment.TEST,
        settings={"auth": "basic", "user": edits.USER, "change_field": CHANGE_FIELD},
        secrets={"password": erp.password},
    )


def _follow(tenant: Tenant, pk: int, before: str, erp: Erp, clock: Clock) -> None:
    """Lead the demo's config to where the demo ERP is now, unless people lead it elsewhere.

    By its address the ERP looks like another company, so what runs is published again.
    """
    with door.tenant(tenant.pk):
        config = ConnectionConfig.objects.for_tenant(tenant).filter(pk=pk).first()
        if config is None or erp.url == before or config.endpoint != Erp(before, "").root:
            return
        uses = configs.users_of(config)
        settled = [one for one in uses if not connections.services.draft_differs(one)]
        config = configs.edit(config, _given(erp, config.name), actor=COMMAND)
    configs.run_checks(config, actor=COMMAND, now=clock)
    with door.tenant(tenant.pk):
        for connection in settled:
            publish(connection, actor=COMMAND, now=clock(), reason="The demo ERP has moved.")


class _Filler:
    """Makes the config, the objects, the connections and the first runs; goes on after a crash."""

    def __init__(self, tenant: Tenant, erp: Erp, clock: Clock) -> None:
        self.tenant = tenant
        self.erp = erp
        self.clock = clock

    def fill(self) -> dict[str, Any]:
        """Make it all; the ids."""
        config = self._config()
        made = {one.entity: self._connection(config, one) for one in (CUSTOMERS, PARTS)}
        self._connector(made.values())
        self._two_runs(made[PARTS.entity])
        ids = {entity: connection.pk for entity, connection in made.items()}
        return {"config": config.pk, "connections": ids}

    def _config(self) -> ConnectionConfig:
        with door.tenant(self.tenant.pk):
            found = ConnectionConfig.objects.for_tenant(self.tenant).filter(name=CONFIG)
            config: ConnectionConfig = found.first() or configs.create(
                self.tenant, "odata", _given(self.erp), actor=COMMAND
            )
        checks = configs.run_checks(config, actor=COMMAND, now=self.clock)
        if failed := [check.message for check in checks if not check.ok]:
            raise Refused(f"The demo ERP cannot be used: {' '.join(failed)}")
        discovery.discover(config, now=self.clock)
        with door.tenant(self.tenant.pk):
            config.refresh_from_db()
        return config

    def _connection(self, config: ConnectionConfig, content: Content) -> Connection:
        ours = Connection.objects.for_tenant(self.tenant).select_related("live_version")
        with door.tenant(self.tenant.pk):
            found: Connection | None = ours.filter(
                config=config, entity=content.entity, live_version__isnull=False
            ).first()
            if found is not None:
                return found
            connection = connections.services.create(
                self.tenant,
                direction=Connection.Direction.INBOUND,
                name=content.connection,
                system_type=config.system_type,
                actor=COMMAND,
            )
            values = {
                "config": config,
                "entity": content.entity,
                "object": self._object(content),
                "primary_key": content.key,
            }
            self._maps(content)
            rows = [source.mapping for source in content.sources]
            connections.services.edit(connection, values, mappings=rows, actor=COMMAND)
            return connections.services.activate(connection, actor=COMMAND, now=self.clock())

    def _connector(self, made: Iterable[Connection]) -> None:
        """Hold the connections together, and let a set run them in order."""
        with door.tenant(self.tenant.pk):
            if Connector.objects.for_tenant(self.tenant).filter(name=CONNECTOR).exists():
                return
            held = connectors.create(
                self.tenant,
                name=CONNECTOR,
                description="Customers and parts.",
                connections=made,
                actor=COMMAND,
            )
            connector_sets.create(
                self.tenant, name=CONNECTOR_SET, connectors=[held], actor=COMMAND
            )

    def _maps(self, content: Content) -> None:
        known = ValueMap.objects.for_tenant(self.tenant)
        for name, entries in content.maps.items():
            if not known.filter(name=name).exists():
                create_map(tenant=self.tenant, name=name, entries=entries, actor=COMMAND)

    def _object(self, content: Content) -> ConnectObject:
        made = create_object(
            tenant=self.tenant,
            object_type=content.type,
            name=content.name,
            description=content.description,
            actor=COMMAND,
        )
        fields = add_fields(made, [one.field for one in content.sources], actor=COMMAND)
        by_name = {field.name: field for field in fields}
        for name in content.columns:
            create_column(made, field=by_name[name], actor=COMMAND)
        return made

    def _two_runs(self, connection: Connection) -> None:
        """Run twice, the second time after somebody has changed some prices."""
        keeping.make_partitions(self.clock())
        with door.tenant(self.tenant.pk):
            runs = list(
                SyncLog.objects.for_tenant(self.tenant)
                .filter(connection=connection)
                .order_by("pk")
            )
        for number in (0, 1):
            if number == len(runs):
                if number == 1:
                    self._change_prices()
                with door.tenant(self.tenant.pk):
                    now = self.clock()
                    runs.append(services.request_run(connection, actor=COMMAND, now=now))
            self._finish(runs[number])

    def _change_prices(self) -> None:
        with closing(edits.Client(self.erp.url, self.erp.password)) as clerk:
            list(edits.change_prices(clerk, _REPRICED))

    def _finish(self, run: SyncLog) -> None:
        """Work as a worker does, beside others if there are any, until the run has ended."""
        give_up = self.clock() + _RUN_WITHIN
        while self.clock() < give_up:
            with door.tenant(self.tenant.pk):
                run.refresh_from_db()
            if run.state == SyncLog.State.SUCCEEDED:
                return
            if not run.open:
                raise Refused(f"The first runs did not succeed: {run.error or run.state}.")
            claimed = leases.claim(self.clock())
            if claimed is None:
                time.sleep(0.1)
            else:
                slices.work(claimed, clock=self.clock, stopping=lambda: False)
        raise Refused(f"{run} has not ended in time.")
