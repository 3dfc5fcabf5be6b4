"""One stage of a measurement, in a process of its own; prints one JSON line.

python -m tests.bench.stage prepare|prepare-formulas ENDPOINT
python -m tests.bench.stage reset|settle|floor-first|floor-second|run SETTING
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import django
import psycopg

from tests.bench import floor
from tests.bench.setting import Setting

FIELDS = (
    ("number", "text", "externalNo"),
    ("company", "text", "company"),
    ("email", "text", "email"),
    ("phone", "text", "phone"),
    ("city", "text", "address.city"),
    ("country", "text", "address.country"),
    ("vat_id", "text", "vatId"),
    ("price", "decimal", "price"),
    ("quantity", "integer", "qty"),
    ("since", "datetime", "createdAt"),
    ("source", "text", None),
    ("price_list", "text", None),
)
CONSTANTS = {"source": "crm", "price_list": "STD"}
FORMULAS = {
    "company": "if(data('type') == 'B2B', concat(data('company'), ' (', data('lastName'), ')'),"
    " data('lastName'))",
    "price": "round(number(data('price')) * 1.19, 2)",
    "since": "dateadd(data('createdAt'), 1, 'days')",
}
"""What takes the place of three copied fields: a conditional text, money, a date."""

EMPTIED = (
    "record, field_value, change, link, trouble, record_log, run_page, cursor, run, object_seq"
)
SETTLED = "record, link, record_log, run_page, run, object_seq"


def prepare(endpoint: str, formulas: Mapping[str, str] | None = None) -> Setting:
    """Configure through the services what an administrator would: 12 mappings, one entity."""
    from django.utils import timezone  # noqa: PLC0415  after django.setup

    from connections import configs, services  # noqa: PLC0415
    from connections.declared import Given  # noqa: PLC0415
    from objects.models import ConnectField, ConnectObject  # noqa: PLC0415
    from syncapp.tenants import door  # noqa: PLC0415
    from syncapp.tenants.actors import COMMAND  # noqa: PLC0415
    from syncapp.tenants.services import tenancy  # noqa: PLC0415

    slug = "formulas" if formulas else "bench"
    tenant = tenancy.create_tenant(slug=slug, name=slug.title(), actor=COMMAND)
    with door.tenant(tenant.pk):
        target = ConnectObject.objects.create(tenant=tenant, type="customer", name="Customers")
        for position, (name, kind, _) in enumerate(FIELDS):
            ConnectField.objects.create(
                tenant=tenant,
                object=target,
                name=name,
                label=name,
                type=kind,
                is_key=name == "number",
                required=name == "number",
                scale=2 if kind == "decimal" else None,
                position=position,
            )
        given = Given("Bench", f"{endpoint}/", settings={"auth": "none"})
        config = configs.create(tenant, "odata", given, actor=COMMAND)
        connection = services.create(
            tenant, direction="inbound", name="Bench", system_type="odata", actor=COMMAND
        )
        values = {
            "config": config,
            "entity": "Customers",
            "object": target,
            "primary_key": "number",
            "log_all": True,
        }
        rows: list[dict[str, Any]] = [
            {
                "target": name,
                "kind": "field" if path else "raw",
                "source": path or "",
                "value": CONSTANTS.get(name),
                "enabled": True,
            }
            for name, _, path in FIELDS
        ]
        for row in rows:
            if formulas and row["target"] in formulas:
                row |= {"kind": "formula", "formula": formulas[row["target"]]}
        services.edit(connection, values, mappings=rows, actor=COMMAND)
        connection.refresh_from_db()
        services.activate(connection, actor=COMMAND, now=timezone.now())
        connection.refresh_from_db()
    return Setting(
        os.environ["DATABASE_URL"],
        endpoint,
        tenant.pk,
        target.pk,
        connection.pair_id or 0,
        connection.pk,
    )


def reset(setting: Setting) -> None:
    """Empty what runs fill."""
    _as_owner(setting, f"TRUNCATE {EMPTIED} CASCADE", f"VACUUM ANALYZE {SETTLED}")


def settle(setting: Setting) -> None:
    """Leave the tables as autovacuum would some minutes later."""
    _as_owner(setting, f"VACUUM ANALYZE {SETTLED}")


def warm() -> None:
    """Import what a worker has imported long before its first run."""
    from connections import registry  # noqa: PLC0415  after django.setup
    from formulas.language import compile_formula  # noqa: PLC0415
    from syncapp.sync import tasks  # noqa: F401, PLC0415

    registry.system_type("odata")
    compile_formula("1")


def run(setting: Setting) -> int:
    """Do one full run the way a worker does: claim, slice after slice, until it has ended."""
    from django.utils import timezone  # noqa: PLC0415  after django.setup

    from connections.models import Connection  # noqa: PLC0415
    from syncapp.sync import leases, services, slices  # noqa: PLC0415
    from syncapp.tenants import door  # noqa: PLC0415
    from syncapp.tenants.actors import COMMAND  # noqa: PLC0415

    with door.tenant(setting.tenant):
        connection = Connection.objects.get(pk=setting.connection)
        row = services.request_run(connection, kind="full", actor=COMMAND, now=timezone.now())
    while (claimed := leases.claim(timezone.now())) is not None:
        slices.work(claimed, clock=timezone.now, stopping=lambda: False)
    with door.tenant(setting.tenant):
        row.refresh_from_db()
    if row.state != "succeeded":
        raise SystemExit(f"The run is {row.state}: {row.error}")
    return int(row.n_read)


def _as_owner(setting: Setting, *statements: str) -> None:
    options = "-c role=syncapp_owner"
    with psycopg.connect(setting.dsn, options=options, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


STAGES: dict[str, Callable[[Setting], Any]] = {
    "reset": reset,
    "settle": settle,
    "floor-first": lambda setting: floor.run(setting, floor.FIRST),
    "floor-second": lambda setting: floor.run(setting, floor.SECOND),
    "run": run,
}


def main(name: str, argument: str) -> dict[str, Any]:
    """Do the stage and give its figures."""
    if name in {"prepare", "prepare-formulas", "run"}:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncapp.settings")
        django.setup()
    if name == "prepare":
        return asdict(prepare(argument))
    if name == "prepare-formulas":
        return asdict(prepare(argument, FORMULAS))
    if name == "run":
        warm()
    setting = Setting(**json.loads(argument))
    started = time.perf_counter()
    records = STAGES[name](setting)
    return {
        "records": records,
        "seconds": time.perf_counter() - started,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:3])))
