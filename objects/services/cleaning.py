"""Turns what a model says about its values into an answer at the right field."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models

from syncapp.errors import Invalid


def clean(row: models.Model, *, exclude: Collection[str] = ()) -> None:
    """Check lengths, choices and patterns.

    Raises:
        Invalid: `fields` says where.
    """
    try:
        row.clean_fields(exclude={"tenant", *exclude})
    except ValidationError as error:
        fields = {name: " ".join(texts) for name, texts in error.message_dict.items()}
        raise Invalid(fields=fields) from error
