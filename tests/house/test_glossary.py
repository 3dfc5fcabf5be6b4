"""The glossary knows every word that the code stores or shows."""

import inspect
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import models

import connections.models
import formulas.models
import objects.models
import syncapp.tenants.models
import synclogs.models
from connections.kit import codes

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
ROOMS = (
    connections.models,
    formulas.models,
    objects.models,
    synclogs.models,
    syncapp.tenants.models,
)


def stored_words() -> Iterator[str]:
    for room in ROOMS:
        for _, model in inspect.getmembers(room, inspect.isclass):
            for _, choices in inspect.getmembers(model, inspect.isclass):
                if (
                    issubclass(choices, models.TextChoices)
                    and choices is not models.TextChoices
                ):
                    yield from choices.values


@pytest.mark.parametrize(
    "word", sorted({*stored_words(), *codes.Code, *codes.Outcome, *codes.FieldType})
)
def test_the_glossary_has_the_word(word: str) -> None:
    assert f"`{word}`" in GLOSSARY


def test_there_are_words() -> None:
    assert len(list(itertools.islice(stored_words(), 20))) == 20
