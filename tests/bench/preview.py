"""Measures the preview of a mapping beside a plain page of the same process.

    .venv/bin/python -m tests.bench.preview [--rounds 30]

Sixty mappings of all kinds on five sample records: copied fields, constants, formulas, lookups in
another object, a value map, parts of an object, lines. All formulas are compiled, as when somebody
has just changed each of them (`cold`), or known, as when one row was changed (`warm`); reading the
draft from its JSON is part of both. The *floor* is what the machine needs for a request at all: the login page
through Django's own test client.

The last line is that of the whole mapping editor with 400 fields, see `tests/bench/editor.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import django

from tests.bench import editor
from tests.bench.__main__ import ground

FIELDS, SAMPLES = 60, 5
FORMULAS = (
    "if(data('type') == 'B2B', concat(data('f1'), ' (', data('f2'), ')'), data('f2'))",
    "round(number(data('price')) * 1.19, 2)",
    "formatdate(dateadd(data('created'), 1, 'days'), 'YYYY-MM-DD')",
    "upper(trim(data('address.city')))",
    "join(pluck(data('lines'), 'code'), ', ')",
    "sum(pluck(data('lines'), 'quantity'))",
    "textvlookup(data('f3'), 'bench', 'target0', 'target1')",
    "textvlookup(data('f4'), 'bench', 'target0', 'target2')",
)


def mappings() -> list[dict[str, Any]]:
    """Give sixty mappings, with those of one line."""
    rows: list[dict[str, Any]] = [
        {"target": f"target{n}", "source": f"f{n}"} for n in range(44)
    ]
    rows += [
        {"target": f"target{44 + n}", "kind": "formula", "formula": text}
        for n, text in enumerate(FORMULAS)
    ]
    rows += [
        {"target": "target52", "kind": "map", "source": "f5", "map": "terms"},
        {"target": "target53", "kind": "raw", "value": "EUR"},
        {"target": "target54", "source": "f6", "if_empty": "default", "default": "none"},
        {"target": "target55", "source": "f7", "when": "create"},
        {"target": "address.city", "source": "address.city"},
        {"target": "address.zip", "source": "address.zip"},
        {
            "target": "lines",
            "kind": "lines",
            "source": "lines",
            "rows": [
                {"target": "item", "source": "code"},
                {
                    "target": "no",
                    "kind": "formula",
                    "formula": "concat(parent('f0'), '-', linenumber())",
                },
            ],
        },
    ]
    return rows


def record(n: int) -> dict[str, Any]:
    """Give one sample."""
    return {
        **{f"f{field}": f"value {field} of {n}" for field in range(FIELDS)},
        "type": "B2B" if n % 2 else "B2C",
        "price": "12.50",
        "created": "2026-11-21T10:00:00Z",
        "address": {"city": f" City {n} ", "zip": f"{n:05d}"},
        "lines": [{"code": f"I{line}", "quantity": line} for line in range(20)],
    }


def measure(rounds: int) -> dict[str, float]:
    """Make an object and measure, inside of a process that knows the database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncapp.settings")
    django.setup()
    from django.test import Client  # noqa: PLC0415  after django.setup
    from django.utils import timezone  # noqa: PLC0415

    import objects.services  # noqa: PLC0415
    from connections import answering, rows as compiled  # noqa: PLC0415
    from connections.document import read_mappings  # noqa: PLC0415
    from connections.preview import preview  # noqa: PLC0415
    from connections.sampled import Sampled  # noqa: PLC0415
    from formulas.services import maps  # noqa: PLC0415
    from objects.models import ConnectField, ConnectObject  # noqa: PLC0415
    from syncapp.tenants import door  # noqa: PLC0415
    from syncapp.tenants.actors import COMMAND  # noqa: PLC0415
    from syncapp.tenants.services import tenancy  # noqa: PLC0415

    class Everything:
        """May do all things."""

        def may(self, _code: str, /) -> bool:
            return True

    tenant = tenancy.create_tenant(slug="preview", name="Preview", actor=COMMAND)
    with door.tenant(tenant.pk):
        made = ConnectObject.objects.create(tenant=tenant, type="bench", name="Bench")
        kinds = {"address": "object", "lines": "list"}
        for position, name in enumerate([*(f"target{n}" for n in range(56)), *kinds]):
            ConnectField.objects.create(
                tenant=tenant,
                object=made,
                name=name,
                label=name,
                type=kinds.get(name, "text"),
                is_key=name == "target0",
                position=position,
            )
        entries = {f"value 5 of {n}": "net30" for n in range(SAMPLES)}
        maps.create_map(tenant=tenant, name="terms", entries=entries, actor=COMMAND)
    draft = mappings()
    samples = [Sampled(f"record {n}", record(n)) for n in range(SAMPLES)]

    def once() -> None:
        with door.tenant(tenant.pk):
            shape = objects.services.load_shape(made)
            asked = answering.for_holder(tenant, Everything(), now=timezone.now())
            found = preview(read_mappings(draft), shape, samples, asked)
        problems = {cell.problem for cells in found.cells.values() for cell in cells}
        assert problems == {""}, problems

    def cold() -> None:
        compiled.formula_program.cache_clear()
        compiled.map_program.cache_clear()
        once()

    client = Client(headers={"host": "localhost"})

    def page() -> None:
        status = client.get("/accounts/login/").status_code
        assert status == 200, status

    return {
        "floor": _median(page, rounds),
        "cold": _median(cold, rounds),
        "warm": _median(once, rounds),
        **editor.measure(rounds),
    }


def _median(work: Callable[[], None], rounds: int) -> float:
    """Give the median of the rounds in ms; the first, which imports, does not count."""
    took = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took[1:])


def main() -> None:
    """Start services, measure in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--stage", action="store_true")
    arguments = parser.parse_args()
    if arguments.stage:
        print(json.dumps(measure(arguments.rounds)))
        return
    with ground(1) as place:
        command = [sys.executable, "-m", "tests.bench.preview", "--stage"]
        done = subprocess.run(
            [*command, "--rounds", str(arguments.rounds)],
            env=place.environment,
            stdout=subprocess.PIPE,
            check=True,
        )
    took = json.loads(done.stdout.splitlines()[-1])
    print(f"a plain page: {took['floor']:.1f} ms")
    for name in ("warm", "cold"):
        ratio = took[name] / took["floor"]
        print(f"preview of 60 x 5, {name}: {took[name]:.1f} ms, {ratio:.1f} x the page")
    parts = ", ".join(f"{part} {took[part]:.0f} ms" for part in editor.PARTS)
    print(f"mapping editor with {editor.FIELDS} fields, CPU: {parts}")


if __name__ == "__main__":
    main()
