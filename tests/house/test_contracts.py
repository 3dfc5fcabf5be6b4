"""Each contract between the rooms, broken on purpose: one that cannot break protects nothing.

Slow: import-linter runs once per contract, on a copy of the sources.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.sources import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = [contract["name"] for contract in SETTINGS["contracts"]]

# contract → a module, and an import that it must not contain
FORBIDDEN = {
    "Rooms import only the rooms below them": ("objects/models.py", "connections.models"),
    "Inside a room: urls over views over forms over services over models": (
        "objects/models.py",
        "objects.services",
    ),
    "Systems stand on the kit": ("connections/kit/base.py", "connections.systems"),
    "No system knows another system": ("connections/systems/one.py", "connections.systems.two"),
    "Systems are reached through the registry only": (
        "connections/models/configs.py",
        "connections.systems.one",
    ),
    "Systems and kit know HTTP but no database": ("connections/kit/base.py", "django.db"),
    "The formula language stands alone": ("formulas/language/nodes.py", "syncapp.canonical"),
    "The core of the engine is pure": ("syncapp/sync/changes.py", "django.db"),
    "The demo ERP is another company's system": (
        "syncapp/demo/erp/data.py",
        "connections.models",
    ),
    "The launcher starts the application and does not import it": (
        "syncapp/processes.py",
        "syncapp.postgres",
    ),
    "The launcher knows no Django": ("syncapp/supervisor.py", "django"),
    "Settings are read through django.conf only": ("syncapp/ui/views.py", "syncapp.settings"),
    "No circles inside a room": ("connections/kit/codes.py", "connections.kit.base"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources, with two system types that are sure to be there."""
    folder = tmp_path_factory.mktemp("sources")
    for room in SETTINGS["root_packages"]:
        shutil.copytree(
            ROOT / room, folder / room, ignore=shutil.ignore_patterns("static", "__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in ("one", "two"):
        (folder / "connections" / "systems" / f"{name}.py").touch()
    return folder


def broken(folder: Path) -> set[str]:
    """The contracts that import-linter finds broken there."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
    output = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    ).stdout
    assert "Contracts:" in output, output
    return {name for name in CONTRACTS if f"{name} BROKEN" in output}


@pytest.mark.slow
def test_all_are_kept_as_the_code_is(copy: Path) -> None:
    assert broken(copy) == set()


def test_each_contract_is_broken_below() -> None:
    assert sorted(CONTRACTS) == sorted(FORBIDDEN)


@pytest.mark.slow
@pytest.mark.parametrize("contract", FORBIDDEN)
def test_contract_can_break(contract: str, copy: Path) -> None:
    file, forbidden = FORBIDDEN[contract]
    module = copy / file
    before = module.read_text()
    module.write_text(f"{before}\nimport {forbidden}\n")
    try:
        assert contract in broken(copy)
    finally:
        module.write_text(before)
