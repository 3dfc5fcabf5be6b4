"""`kill -9` of the worker in mid-run, with the real processes of an installation."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.launched import NAMES, START_S, Started, descendants, launched, until

pytestmark = pytest.mark.slow  # a whole installation, and a lease that has to end
PARTNERS, PAGE = 2000, 1  # a page a record, so that the run lasts long enough to be killed in


class Client:
    """A REST client with the demo's key."""

    def __init__(self, launcher: Started) -> None:
        self.root = f"{launcher.url}/api/v1/"
        self.headers = {
            "Authorization": f"Bearer {launcher.demo['api_key']}",
            "Content-Type": "application/json",
        }

    def send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, self.headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def all(self, path: str) -> Iterator[Any]:
        cursor, more = "", True
        while more:
            page = self.send("GET", f"{path}&limit=500&cursor={cursor}")
            yield from page["data"]
            cursor, more = page["next_cursor"], page["has_more"]


@pytest.fixture
def running() -> Iterator[Started]:
    # A silent worker is dead after five seconds; thirty would only make the test longer.
    with launched(SYNCAPP_LEASE_S="5") as launcher:
        yield launcher


def worker_pids(launcher: Started) -> list[int]:
    below = descendants(launcher.process.pid)
    return [pid for pid, line in below.items() if NAMES["worker"] in line]


def test_run_outlives_its_worker(running: Started) -> None:
    client = Client(running)
    until(lambda: len(worker_pids(running)) > 2, START_S)
    pk = running.demo["connections"]["BusinessPartners"]
    client.send("PATCH", f"connections/{pk}/", {"page_size": PAGE})
    client.send("POST", f"connections/{pk}/publish/")
    run = client.send("POST", f"connections/{pk}/run/", {})

    def now() -> Any:
        return client.send("GET", f"runs/{run['id']}/")

    until(lambda: now()["pages"] > 10, START_S)
    for pid in worker_pids(running):
        os.kill(pid, signal.SIGKILL)
    killed = now()
    assert killed["state"] == "running"
    assert killed["pages"] < PARTNERS / PAGE, "it must die in mid-run"

    until(lambda: now()["state"] not in {"queued", "running"}, START_S)

    ended = now()
    assert ended["state"] == "succeeded"
    assert ended["pages"] == PARTNERS / PAGE
    assert {name: n for name, n in ended["counts"].items() if n} == {
        "read": PARTNERS,
        "created": PARTNERS,
    }
    records = Counter(
        one["key"] for one in client.all("entities/fsmcustomer/records/?order=key")
    )
    logs = Counter(one["key"] for one in client.all(f"record-logs/?run={run['id']}"))
    assert len(records) == PARTNERS
    assert logs == records, "each record once, with one line of log"
    assert "worker ended" in running.text
