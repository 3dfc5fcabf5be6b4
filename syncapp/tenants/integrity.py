"""Turns what the database refuses into an answer at the right field."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from psycopg import errors

from syncapp.errors import Invalid


@contextmanager
def unique(field: str, message: str) -> Iterator[None]:
    """Let the database decide whether something is taken; asking first leaves a gap.

    Raises:
        Invalid: a unique constraint refused the rows written inside.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, errors.UniqueViolation):
            raise
        raise Invalid(message, code="taken", fields={field: message}) from error
