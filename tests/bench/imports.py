"""Measures imports of CSV files beside a bare COPY of the same rows.

    .venv/bin/python -m tests.bench.imports [--records 100000] [--rounds 3] [--no-memory]

The *floor* is what PostgreSQL can do: COPY of the same rows, read by the csv module from a file
on disk and spelled as JSON, into a table with the columns, key and indexes of `record`. It
converts and checks nothing, writes no log, knows no plan and cannot go on after a crash. The
project starts with the file uploaded and runs it as a worker does: read twice (once to see that it
can be read to its end), convert and check 15 columns of seven types, find existing records by
key, write.

Figures are ratios of the same round; the median counts. Memory: peak of the process that imports
500 000 rows over that of one that imports 50 000.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import psycopg

from tests.bench.__main__ import ground

FIELDS = (
    ("number", "text"),
    ("company", "text"),
    ("email", "text"),
    ("phone", "text"),
    ("street", "text"),
    ("city", "text"),
    ("country", "choice"),
    ("vat_id", "text"),
    ("price", "decimal"),
    ("discount", "decimal"),
    ("quantity", "integer"),
    ("since", "date"),
    ("seen", "datetime"),
    ("active", "boolean"),
    ("note", "long_text"),
)
COUNTRIES = ("DE", "AT", "CH", "FR")
FLOOR = "CREATE TABLE IF NOT EXISTS bare (LIKE record INCLUDING ALL); TRUNCATE bare"
COPY = (
    'COPY bare (object_id, tenant_id, key, seq, rev, "values", created_at, updated_at, origin)'
    " FROM STDIN"
)


def row(n: int) -> tuple[str, ...]:
    """Give one row of the file as people type it."""
    return (
        f"C{n:07d}",
        f"Company {n} GmbH",
        f"info{n}@example.com",
        f"+49 30 {n:07d}",
        f"Main Street {n % 300}",
        f"City {n % 5000}",
        COUNTRIES[n % 4],
        f"DE{n:09d}",
        f"{n % 9999}.{n % 100:02d}",
        f"{n % 40}",
        str(n % 1000),
        f"{n % 12 + 1:02d}/{n % 28 + 1:02d}/2026",
        f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}T08:30:00Z",
        "yes" if n % 3 else "no",
        f"Delivered, signed and paid ({n})",
    )


def write_file(path: Path, records: int) -> None:
    """Write a CSV file with headings."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([name for name, _ in FIELDS])
        writer.writerows(map(row, range(records)))


def prepare(path: str) -> dict[str, Any]:
    """Make tenant and object, and upload the file as the page does."""
    from django.core.files import File  # noqa: PLC0415  after django.setup

    from connections.uploads import storage  # noqa: PLC0415
    from objects.models import ConnectField, ConnectObject  # noqa: PLC0415
    from syncapp.tenants import door  # noqa: PLC0415
    from syncapp.tenants.actors import COMMAND  # noqa: PLC0415
    from syncapp.tenants.models import Tenant  # noqa: PLC0415

    with door.platform():
        tenant = Tenant.objects.get(slug="bench")
    with door.tenant(tenant.pk):
        target, made = ConnectObject.objects.get_or_create(
            tenant=tenant, type="company", defaults={"name": "Companies"}
        )
        for position, (name, kind) in enumerate(FIELDS if made else ()):
            ConnectField.objects.create(
                tenant=tenant,
                object=target,
                name=name,
                label=name,
                type=kind,
                is_key=not position,
                choices=[[one, one] for one in COUNTRIES] if kind == "choice" else [],
                scale=2 if kind == "decimal" else None,
                position=position,
            )
        with Path(path).open("rb") as file:
            upload = storage.receive(File(file, "companies.csv"), target, actor=COMMAND)
    return {"tenant": tenant.pk, "object": target.pk, "upload": upload.pk, "path": path}


def run(setting: dict[str, Any]) -> int:
    """Import the file as a worker does."""
    from django.utils import timezone  # noqa: PLC0415  after django.setup

    from connections.models import Upload  # noqa: PLC0415
    from connections.uploads import plan  # noqa: PLC0415
    from syncapp.sync import imports, leases, slices  # noqa: PLC0415
    from syncapp.tenants import door  # noqa: PLC0415
    from syncapp.tenants.actors import COMMAND  # noqa: PLC0415

    with door.tenant(setting["tenant"]):
        upload = Upload.objects.get(pk=setting["upload"])
        row = imports.start(upload, plan.plan_of(upload), actor=COMMAND, now=timezone.now())
    while (claimed := leases.claim(timezone.now())) is not None:
        slices.work(claimed, clock=timezone.now, stopping=lambda: False)
    with door.tenant(setting["tenant"]):
        row.refresh_from_db()
    if row.state != "succeeded":
        raise SystemExit(f"The run is {row.state}: {row.error}")
    return int(row.n_created)


def floor(setting: dict[str, Any]) -> int:
    """COPY the same rows into a table of the same columns."""
    options = "-c role=syncapp_owner"
    total = 0
    now = time.strftime("%Y-%m-%d %H:%M:%S+00")
    names = [name for name, _ in FIELDS]
    with (
        psycopg.connect(os.environ["DATABASE_URL"], options=options) as connection,
        Path(setting["path"]).open(newline="", encoding="utf-8") as file,
        connection.cursor().copy(COPY) as copy,
    ):
        rows = csv.reader(file)
        next(rows)
        for total, cells in enumerate(rows, 1):
            values = json.dumps(dict(zip(names, cells, strict=True)))
            copy.write_row(
                (setting["object"], setting["tenant"], cells[0], total, 1, values, now, now, 3)
            )
    return total


def reset(_setting: dict[str, Any]) -> int:
    """Empty what both fill."""
    from tests.bench.stage import EMPTIED, SETTLED  # noqa: PLC0415

    options = "-c role=syncapp_owner"
    with psycopg.connect(
        os.environ["DATABASE_URL"], options=options, autocommit=True
    ) as connection:
        connection.execute(f"{FLOOR}, {EMPTIED} CASCADE".encode())
        connection.execute(b"UPDATE upload SET run_id = NULL")
        connection.execute(f"VACUUM ANALYZE {SETTLED}, bare".encode())
    return 0


STAGES = {"run": run, "floor": floor, "reset": reset}


def stage(name: str, argument: str) -> None:
    """Do one stage in this process and print its figures."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncapp.settings")
    if name != "floor":
        django.setup()
    if name == "prepare":
        print(json.dumps(prepare(argument)))
        return
    if name == "run":
        from connections import registry  # noqa: PLC0415  a worker has imported it long before
        from syncapp.sync import tasks  # noqa: F401, PLC0415

        registry.system_type("upload")
    started, cpu = time.perf_counter(), time.process_time()
    records = STAGES[name](json.loads(argument))
    figures = {
        "records": records,
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def call(environment: dict[str, str], name: str, argument: str) -> dict[str, Any]:
    """Do one stage in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.imports", "--stage", name, argument],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(records: int, rounds: int, *, memory: bool) -> Iterator[str]:
    """Measure and give the lines to print."""
    with ground(1) as place, tempfile.TemporaryDirectory() as folder:
        environment = place.environment

        def uploaded(n: int) -> str:
            path = Path(folder) / f"{n}.csv"
            write_file(path, n)
            return json.dumps(call(environment, "prepare", str(path)))

        setting, ratios = uploaded(records), []
        for _ in range(rounds):
            call(environment, "reset", setting)
            bare = call(environment, "floor", setting)
            ours = call(environment, "run", setting)
            ratios.append(bare["seconds"] / ours["seconds"])
            yield (
                f"COPY {bare['records'] / bare['seconds']:,.0f} rows/s, import "
                f"{ours['records'] / ours['seconds']:,.0f} rows/s, ratio {ratios[-1]:.2f}, "
                f"peak {ours['peak_mb']:.0f} MB, processor time of the process "
                f"{bare['cpu']:.1f} s and {ours['cpu']:.1f} s"
            )
        spread = f"({min(ratios):.2f}-{max(ratios):.2f})"
        yield f"import / COPY: {statistics.median(ratios):.2f} {spread}"
        if memory:
            peaks = {}
            for n in (50_000, 500_000):
                setting = uploaded(n)
                call(environment, "reset", setting)
                figures = call(environment, "run", setting)
                peaks[n] = figures["peak_mb"]
                yield f"{n:,} rows: peak {peaks[n]:.0f} MB, {n / figures['seconds']:,.0f} rows/s"
            yield f"peak at 500,000 / at 50,000: {peaks[500_000] / peaks[50_000]:.2f}"


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--stage", nargs=2)
    arguments = parser.parse_args()
    if arguments.stage:
        stage(*arguments.stage)
        return
    for line in measure(arguments.records, arguments.rounds, memory=not arguments.no_memory):
        print(line, flush=True)


if __name__ == "__main__":
    main()
