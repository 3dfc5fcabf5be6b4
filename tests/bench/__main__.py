"""Measures the engine beside its floor, on throw-away services with PostgreSQL's own settings.

    .venv/bin/python -m tests.bench [--records 100000] [--rounds 5] [--memory] [--formulas]

Each figure is a ratio of two stages of the same round, the median over the rounds counts. With
`--memory` the run is also done at 50 000 and at 500 000 records. With `--formulas` only the
project is measured, without formulas and with three of its twelve mappings as formulas.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from syncapp.embedded import servers
from syncapp.installation import Installation

Figures = dict[str, Any]


@contextmanager
def source(records: int) -> Iterator[str]:
    """Serve so many records on loopback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.source", str(records)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/odata"
    finally:
        process.terminate()
        process.wait()


def call(environment: dict[str, str], *arguments: str) -> Any:
    """Run a stage in its own process and read its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.stage", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


class Ground:
    """Services, source and configuration for one number of records."""

    def __init__(self, environment: dict[str, str], endpoint: str) -> None:
        allowed = urlsplit(endpoint).netloc
        self.environment = environment | {"SYNCAPP_EGRESS_ALLOW": allowed}
        self.endpoint = endpoint
        self.setting = json.dumps(call(self.environment, "prepare", endpoint))

    def with_formulas(self) -> Ground:
        """Configure a second tenant in the same place, with formulas."""
        other = copy(self)
        other.setting = json.dumps(call(self.environment, "prepare-formulas", self.endpoint))
        return other

    def stage(self, name: str) -> Figures:
        """Do one stage."""
        figures: Figures = call(self.environment, name, self.setting)
        return figures

    def two_runs(self) -> tuple[Figures, Figures]:
        """Do the project alone, first and second time."""
        self.stage("reset")
        first = self.stage("run")
        self.stage("settle")
        return first, self.stage("run")

    def round(self) -> dict[str, Figures]:
        """Do the floor and the project, first and second time."""
        figures = {}
        for who, first, second in (
            ("floor", "floor-first", "floor-second"),
            ("project", "run", "run"),
        ):
            self.stage("reset")
            figures[f"{who} first"] = self.stage(first)
            self.stage("settle")
            figures[f"{who} second"] = self.stage(second)
        return figures


@contextmanager
def ground(records: int) -> Iterator[Ground]:
    """Start everything, migrate, configure."""
    state = Path(tempfile.mkdtemp(prefix="syncapp-bench-"))
    try:
        with servers(Installation(state)) as embedded, source(records) as endpoint:
            environment = (
                os.environ
                | embedded.environment
                | {
                    "SYNCAPP_STATE": str(state),
                    "SYNCAPP_SECRET_KEY": "bench",
                    "SYNCAPP_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
                    "SYNCAPP_EMBEDDED": "1",
                    "SYNCAPP_LOG_LEVEL": "WARNING",
                }
            )
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True
            )
            yield Ground(environment, endpoint)
    finally:
        shutil.rmtree(state, ignore_errors=True)


def table(rounds: list[dict[str, Figures]]) -> Iterator[str]:
    """Give the lines of the table in docs/performance.md."""
    yield "| stage | records/s, median | ratio to its floor, median (min-max) | peak MB |"
    yield "|---|---|---|---|"
    for time in ("first", "second"):
        for who in ("floor", "project"):
            name = f"{who} {time}"
            speeds = [one[name]["records"] / one[name]["seconds"] for one in rounds]
            ratios = [one[f"floor {time}"]["seconds"] / one[name]["seconds"] for one in rounds]
            ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
            peak = max(one[name]["peak_mb"] for one in rounds)
            yield f"| {name} | {statistics.median(speeds):,.0f} | {ratio} | {peak:.0f} |"


def formulas(records: int, rounds: int) -> Iterator[str]:
    """Compare runs without and with three formulas."""
    ratios: dict[str, list[float]] = {"first": [], "second": []}
    with ground(records) as plain:
        calculating = plain.with_formulas()
        for _ in range(rounds):
            runs = zip(plain.two_runs(), calculating.two_runs(), strict=True)
            for time, (without, with_) in zip(ratios, runs, strict=True):
                ratios[time].append(without["seconds"] / with_["seconds"])
    for time, found in ratios.items():
        spread = f"({min(found):.2f}-{max(found):.2f})"
        yield f"{time} run with formulas: {statistics.median(found):.2f} {spread} of the speed"


def memory() -> Iterator[str]:
    """Compare the peak memory of a run over ten times as many records."""
    peaks = {}
    for records in (50_000, 500_000):
        with ground(records) as place:
            figures = place.stage("run")
            peaks[records] = figures["peak_mb"]
            speed = figures["records"] / figures["seconds"]
            yield f"{records:,} records: {peaks[records]:.0f} MB, {speed:,.0f} records/s"
    yield f"ratio of peaks: {peaks[500_000] / peaks[50_000]:.2f}"


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--formulas", action="store_true")
    arguments = parser.parse_args()
    if arguments.formulas:
        print("\n".join(formulas(arguments.records, arguments.rounds)))
        return
    rounds = []
    with ground(arguments.records) as place:
        for number in range(arguments.rounds):
            rounds.append(place.round())
            print(f"round {number + 1}: {json.dumps(rounds[-1])}", file=sys.stderr, flush=True)
    print("\n".join(table(rounds)))
    if arguments.memory:
        for line in memory():
            print(line, flush=True)


if __name__ == "__main__":
    main()
