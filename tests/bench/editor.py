"""The page of the mapping editor at its largest: 400 fields, most of them mapped.

Times are CPU time of the process that answers, so that a busy machine does not matter; what the
database does meanwhile is not in them. Call it inside of a process that knows the database.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

FIELDS, MAPPED = 400, 350
PARTS = ("page", "row", "close")
FORMULA = "if(data('f1') == 'x', concat(data('f{n}'), ' (', data('f2'), ')'), data('f{n}'))"


def rows() -> list[dict[str, Any]]:
    """Give a draft: copied fields, every tenth a formula, every tenth a constant."""
    made: list[dict[str, Any]] = []
    for n in range(MAPPED):
        row = {"target": f"target{n}", "source": f"f{n}"}
        if n % 10 == 3:
            row = {"target": f"target{n}", "kind": "formula", "formula": FORMULA.format(n=n)}
        elif n % 10 == 6:
            row = {"target": f"target{n}", "kind": "raw", "value": "EUR"}
        made.append(row)
    return made


def measure(rounds: int) -> dict[str, float]:
    """Make a connection; open its editor, open one row of it, close that row; in ms."""
    from django.test import Client  # noqa: PLC0415  after django.setup
    from django.urls import reverse  # noqa: PLC0415

    from connections import kept  # noqa: PLC0415
    from connections.kit.values import Record  # noqa: PLC0415
    from connections.models import Connection  # noqa: PLC0415
    from syncapp import canonical  # noqa: PLC0415
    from syncapp.tenants import door  # noqa: PLC0415
    from tests import make, making  # noqa: PLC0415

    tenant = make.make_tenant("editor")
    names = [{"name": f"target{n}", "label": f"Target {n}"} for n in range(FIELDS)]
    target = making.make_object(tenant, fields=[names[0] | {"is_key": True}, *names[1:]])
    connection = making.make_connection(
        tenant,
        config=making.make_config(
            tenant, system_type="odata", endpoint="https://erp.example.com/"
        ),
        object_=target,
        primary_key="target0",
        mappings={f"target{n}": f"f{n}" for n in range(MAPPED)},
        active=True,
    )
    with door.tenant(tenant.pk):
        Connection.objects.for_tenant(tenant).update(mapping=_draft())
        keeper = kept.Keeper(tenant.pk, connection.pk)
        values = {f"f{n}": f"value {n}" for n in range(FIELDS)}
        keeper.offer([Record(f"C{n}", canonical.dumps(values)) for n in range(50)])
        keeper.write(make.NOW)
        connection.refresh_from_db()
    browser: Client = make.browser_of(make.make_member(tenant, "editor@example.com"))
    browser.defaults["HTTP_HOST"] = "localhost"

    def asks(name: str, query: str = "", headers: dict[str, str] | None = None) -> None:
        place = {"tenant": tenant.slug, "pk": connection.pk}
        address = reverse(f"connections:inbound_{name}", kwargs=place) + query
        answer = browser.get(address, headers=headers or {})
        assert answer.status_code == 200, answer
        assert b"target7" in answer.content

    row = {"HX-Request": "true"}
    opened = "?row=" + connection.mapping[7]["uuid"]
    return {
        "page": _median(lambda: asks("mapping"), rounds),
        "row": _median(lambda: asks("mapping_row", opened, row), rounds),
        "close": _median(lambda: asks("mapping_row", opened + "&close=1", row), rounds),
    }


def _draft() -> Any:
    from connections.document import plain, read_mappings  # noqa: PLC0415

    return plain(list(read_mappings(rows())))


def _median(work: Callable[[], None], rounds: int) -> float:
    """Give the median CPU time of the rounds in ms; the first, which imports, does not count."""
    took = []
    for _ in range(rounds + 1):
        started = time.process_time()
        work()
        took.append((time.process_time() - started) * 1000)
    return statistics.median(took[1:])
