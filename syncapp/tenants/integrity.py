"""Turns what models and the database refuse into an answer at the right place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, models, transaction
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
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


def users_of(row: models.Model) -> list[models.Model]:
    """List what forbids deleting the row, of whatever room, by kind and name."""
    try:
        Collector(using=DEFAULT_DB_ALIAS, origin=row).collect([row])
    except ProtectedError as error:
        found = error.protected_objects
    except RestrictedError as error:
        found = error.restricted_objects
    else:
        return []
    return sorted(found, key=lambda one: (one._meta.label, str(one), one.pk))
