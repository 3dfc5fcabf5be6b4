"""What tests of pages share: browsers ask, records are stored inside acme's door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from objects.records import read
from objects.records.changes import Listed, Origin, Source
from objects.services import records
from objects.shape import ObjectShape
from tests.integration.objects.conftest import Inside

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def store(inside: Inside, shape: ObjectShape, key: str = "C1", **values: Any) -> Listed:
    values = {"number": key, "name": "One", **values}
    source = Source(Origin.SYNC, 3)

    def act() -> Listed:
        saved = records.create_record(shape, values, source=source, now=NOW)
        found = read.one(saved.id)
        assert found is not None
        return found

    made: Listed = inside(act)
    return made


def text(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def post(client: Client, url: str, status: int = 303, /, **data: str) -> str:
    response = client.post(url, data)
    content = response.content.decode()
    assert response.status_code == status, content
    return content


def typed(options: dict[str, Any]) -> dict[str, str]:
    """What a person types into the form of a field."""
    choices = options.get("choices", [])
    lines = "\n".join(f"{code} = {label}" for code, label in choices)
    return {**options, "choices": lines} if choices else options
