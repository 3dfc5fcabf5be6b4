"""Brings a running installation into the states that the demo does not show by itself.

A run in progress, runs with rejected records and one that failed, a tenant without anything, and
long names. It all goes through the installation's API, as an integrator would; nothing is made twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EMPTY = "nothing-here-yet"
LONG = "Longnamed_and_without_any_place_where_a_line_could_be_broken"  # 60 characters
WITHIN_S = 90
STARTED = 150  # records read before a run in progress is worth a photograph

Demo = dict[str, Any]


class Maker:
    """Makes things by the API of the demo's tenant."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Send a request, give the answer."""
        request = urllib.request.Request(
            f"{self.demo['url']}/api/v1/{path}",
            None if body is None else json.dumps(body).encode(),
            {
                "Authorization": f"Bearer {self.demo['api_key']}",
                "Content-Type": "application/json",
            },
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                content = answer.read()
        except urllib.error.HTTPError as refusal:
            raise SystemExit(
                f"{method} {path}: {refusal.code} {refusal.read().decode()}"
            ) from refusal
        return json.loads(content) if content else None

    def one(self, path: str, name: str, **rest: object) -> int:
        """The thing of this name, made unless it is there."""
        for row in self.send("GET", f"{path}?limit=100")["data"]:
            if row["name"] == name:
                return int(row["id"])
        return int(self.send("POST", path, {"name": name, **rest})["id"])

    def connect_object(self, object_type: str, name: str, *fields: dict[str, object]) -> int:
        """A connect object with these fields."""
        pk = self.one("objects/", name, type=object_type, description=f"{name}. " * 4)
        if not self.send("GET", f"objects/{pk}/")["fields"]:
            for field in fields:
                self.send("POST", f"objects/{pk}/fields/", field)
        return pk

    def connection(self, name: str, **values: object) -> int:
        """An inbound connection of the demo ERP, published."""
        pk = self.one("connections/", name, system_type="odata")
        if not self.send("GET", f"connections/{pk}/")["active"]:
            self.send("PATCH", f"connections/{pk}/", {"config": self.demo["config"], **values})
            self.send("POST", f"connections/{pk}/activate/")
        return pk

    def run(
        self, connection: int, until: Callable[[dict[str, Any]], bool], **how: object
    ) -> int:
        """A run of the connection that has come as far as that."""
        pk = self.send("POST", f"connections/{connection}/run/", how)["id"]
        give_up = time.monotonic() + WITHIN_S
        while not until(self.send("GET", f"runs/{pk}/")):
            if time.monotonic() > give_up:
                raise SystemExit(f"Run {pk} has not come far enough.")
            time.sleep(0.3)
        return int(pk)

    def first_log(self, run: int) -> int:
        """The first line of a run's log."""
        return int(self.send("GET", f"record-logs/?run={run}&limit=1")["data"][0]["id"])


def ended(run: dict[str, Any]) -> bool:
    return run["ended_at"] is not None


def mapped(**sources: str) -> list[dict[str, object]]:
    return [{"target": name, "source": source} for name, source in sources.items()]


def paths(demo: Demo) -> Iterator[tuple[str, str]]:
    """Name and path of each page that shows such a state, below the demo's tenant."""
    maker = Maker(demo)
    connect_both_ways(demo)
    yield from _refusals(maker)
    yield from _long(maker)
    yield from (
        ("nothing-found", "configs/?q=zebra"),
        ("records-nothing-found", "records/of/1/?q=zebra"),
    )


def connect_both_ways(demo: Demo) -> None:
    """Make a connector that moves records in both directions, and a set of it."""
    maker = Maker(demo)
    into = maker.one("connections/", "Partners in", system_type="odata")
    out = maker.one("connections/", "Partners out", system_type="odata", direction="outbound")
    both = [into, out]
    connector = maker.one("connectors/", "Partners both ways", connections=both)
    maker.one("connector-sets/", "Every night", connectors=[connector])


def _refusals(maker: Maker) -> Iterator[tuple[str, str]]:
    target = maker.connect_object(
        "shortname",
        "Short names",
        {"name": "number", "label": "Number", "is_key": True, "max_length": 15},
        {"name": "name", "label": "Name", "max_length": 18},
    )
    wanted = {"object": target, "entity": "BusinessPartners", "primary_key": "number"}
    fields = mapped(number="CardCode", name="CardName")
    some = maker.connection("Names that are too long", mappings=fields, **wanted)
    run = maker.run(some, ended, kind="full")
    rejected = maker.send("GET", f"record-logs/?run={run}&outcome=rejected&limit=1")["data"][0]
    yield "run-partial", f"runs/{run}/"
    yield "run-partial-pages", f"runs/{run}/pages/"
    yield "record-log-rejected", f"record-logs/{rejected['id']}/"
    yield "record-logs-rejected", f"record-logs/?run={run}&outcome=rejected"
    yield "connection-partial", f"inbound/{some}/?tab=related"

    asking = {"query_filter": "Weight gt 4", "mappings": fields, "label": "refused"}
    bad = maker.connection("A question that the ERP refuses", **asking, **wanted)
    yield "run-failed", f"runs/{maker.run(bad, ended, kind='full')}/"
    yield "connection-failed", f"inbound/{bad}/?tab=related"


def _long(maker: Maker) -> Iterator[tuple[str, str]]:
    field = LONG.lower()
    second = f"{field[:58]}_2"
    target = maker.connect_object(
        field[:40],
        LONG,
        {"name": field, "label": LONG, "is_key": True, "max_length": 100},
        {"name": second, "label": f"{LONG[:58]}_2", "max_length": 200},
    )
    values = {field: LONG, second: f"{LONG} {LONG}"}
    by_key = f"entities/{field[:40]}/records/by-key/{LONG}/"
    record = maker.send("PUT", by_key, {"values": values})["id"]
    config = maker.one(
        "connection-configs/",
        LONG,
        system_type="odata",
        endpoint=f"https://{'x' * 50}.example.com/{LONG}/",
        settings={"auth": "basic", "user": f"{LONG}@example.com"},
        secrets={"password": "x"},
    )
    connection = maker.connection(
        LONG,
        object=target,
        entity="BusinessPartners",
        primary_key=field,
        query_filter="CardCode lt 'C10010'",
        label=LONG,
        mappings=mapped(**{field: "CardCode", second: "CardName"}),
    )
    run = maker.run(connection, ended, kind="full")
    yield from {
        "long-config": f"configs/{config}/",
        "long-config-delete": f"configs/{config}/delete/",
        "long-configs": "configs/",
        "long-object": f"objects/{target}/",
        "long-objects": "objects/",
        "long-records": f"records/of/{target}/",
        "long-record": f"records/{record}/",
        "long-record-edit": f"records/{record}/edit/",
        "long-record-delete": f"records/{record}/delete/",
        "long-connection": f"inbound/{connection}/",
        "long-connection-related": f"inbound/{connection}/?tab=related",
        "long-connection-edit": f"inbound/{connection}/edit/",
        "long-connections": "inbound/",
        "long-run": f"runs/{run}/",
        "long-runs": "runs/",
        "long-record-log": f"record-logs/{maker.first_log(run)}/",
        "long-record-logs": f"record-logs/?run={run}",
        "long-home": "",
    }.items()


@contextmanager
def running(demo: Demo) -> Iterator[str]:
    """A run in progress, as slow as pages of one record make it; stopped in the end."""
    maker = Maker(demo)
    pk = maker.connection(
        "One by one",
        object=maker.one("objects/", "FSM customers"),
        entity="BusinessPartners",
        primary_key="customer_number",
        label="slow",
        page_size=1,
        mappings=mapped(customer_number="CardCode", name="CardName", customer_type="CardType"),
    )
    run = maker.run(pk, lambda run: run["counts"]["read"] >= STARTED, kind="dry")
    yield f"runs/{run}/"
    if not ended(maker.send("GET", f"runs/{run}/")):
        maker.send("POST", f"runs/{run}/stop/")


def empty_tenant(state: Path, demo: Demo) -> str:
    """The slug of a tenant that owns nothing, with the demo's administrator in it."""
    environment = {**os.environ, "SYNCAPP_STATE": str(state)}
    manage = [sys.executable, "-m", "syncapp.launcher", "manage", "tenant"]
    listed = subprocess.run(
        [*manage, "list"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    if EMPTY not in listed.stdout:
        admin = demo["logins"][0]["email"]
        command = [*manage, "create", EMPTY, "--admin", admin]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return EMPTY
