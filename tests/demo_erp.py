"""The demo ERP as a process of its own, for tests that talk to it over the network."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from syncapp import canonical

PASSWORD = "demo"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return canonical.loads(self.body)


@dataclass
class DemoErp:
    """A running demo ERP; `url` is the root of its service."""

    process: subprocess.Popen[str]
    url: str

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def send(
        self,
        method: str,
        target: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        password: str = PASSWORD,
    ) -> Reply:
        """Send one request; `target` is a path or a whole address."""
        login = base64.b64encode(f"syncapp:{password}".encode()).decode()
        parts = urlsplit(target)
        target = parts._replace(scheme="", netloc="").geturl()
        connection = HTTPConnection(*self.address, timeout=30)
        try:
            connection.request(
                method,
                target,
                None if body is None else canonical.dumps(body),
                {"Authorization": f"Basic {login}"} | dict(headers or {}),
            )
            response = connection.getresponse()
            return Reply(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    def order(self, kind: str, **how: Any) -> None:
        """Order faults for the next requests."""
        reply = self.send("POST", "/_faults", {"kind": kind} | how)
        assert reply.status == 204, reply.body

    def ledger(self) -> list[dict[str, Any]]:
        """List the requests seen."""
        return list(self.send("GET", "/_ledger").json["value"])

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def running(state: Path, *, faults: bool = True) -> Iterator[DemoErp]:
    """Start a demo ERP on a free port and stop it afterwards."""
    command = [sys.executable, "-m", "syncapp.demo.erp", f"--state={state}"]
    process = subprocess.Popen(
        command + ["--faults"] * faults, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield DemoErp(process, process.stdout.readline().split()[-1])
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
