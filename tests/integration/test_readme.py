"""The commands of README.md and docs/api.md, typed into a shell beside a started installation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.launched import ROOT, Started, launched

pytestmark = pytest.mark.slow  # a whole installation


@pytest.fixture
def running() -> Iterator[Started]:
    with launched() as launcher:
        yield launcher


def blocks(page: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)


def typed(launcher: Started, script: str) -> list[str]:
    """What a shell prints; the first command that fails ends it."""
    # The walk says `python3 run.py`, which must find the environment that the tests run in.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=launcher.environment | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_walk_by_curl_comes_to_what_it_promises(running: Started) -> None:
    script = [*blocks("README.md"), "echo go on", *blocks("docs/api.md")]
    typed_lines = typed(running, "\n".join(script))
    lines, more = typed_lines[: typed_lines.index("go on")], typed_lines[-3:]

    counts: list[dict[str, int]] = [
        {name: n for name, n in literal_eval(line).items() if n}
        for line in lines
        if line.startswith("{'read'")
    ]
    assert counts == [
        {"read": 2000, "created": 2000},
        {"read": 2000, "created": 2000},
        {"read": 2000, "unchanged": 2000},
        {"read": 2000, "updated": 3, "unchanged": 1997},
    ]
    assert lines.count("succeeded") == 4
    assert lines[0] == "True", "the test of the config"
    changes: list[dict[str, Any]] = literal_eval(lines[-1])
    assert changes
    assert all(change["before"] != change["after"] for change in changes)

    assert more[0] == "1", "the revision of a new record"
    assert literal_eval(more[1])["city"] == "Bremen"
    assert more[2] == "Kiel", "the change that came after all was read"
