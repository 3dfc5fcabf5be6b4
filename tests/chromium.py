"""pytest plugin: finds Chromium for the browser tests, installs it as root, or leaves the tests out and says so.

`playwright install` is never used: it fetches a browser of its own from outside of every package registry.
With SYNCAPP_REQUIRE_BROWSER=1 (.ci/run) leaving them out is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGE = [
    "apt-get",
    "-o",
    "DPkg::Lock::Timeout=300",
    "install",
    "-y",
    "-q",
    "--no-install-recommends",
    "chromium",
]

left_out_key = pytest.StashKey[int]()


def find() -> str | None:
    """The path of Chromium, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def install() -> None:
    """Install Debian's package, if we are allowed to."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    # If the package is not found, perhaps only the list of packages is missing.
    if _quietly(PACKAGE):
        _quietly(["apt-get", "update", "-q"])
        _quietly(PACKAGE)


def _quietly(command: list[str]) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, capture_output=True, env=environment).returncode


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the browser tests before `-m` chooses by marks."""
    if BROWSER in item.path.parents:
        item.add_marker("browser")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Decide about the browser tests, once it is known which tests will run."""
    chosen = [item for item in items if BROWSER in item.path.parents]
    if not chosen or config.option.collectonly:
        return
    if find() is None:
        install()
    if find() is not None:
        return
    if os.environ.get("SYNCAPP_REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(
            f"{len(chosen)} browser tests cannot run: there is no Chromium."
        )
    config.stash[left_out_key] = len(chosen)
    config.hook.pytest_deselected(items=chosen)
    items[:] = [item for item in items if item not in chosen]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say it where it is read: at the end."""
    if left_out_key in config.stash:
        terminalreporter.write_line(
            f"LEFT OUT: {config.stash[left_out_key]} browser tests, because there is no Chromium. "
            "On Debian and Ubuntu: apt-get install chromium",
            red=True,
            bold=True,
        )
