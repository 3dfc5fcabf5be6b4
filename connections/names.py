"""Names that must be unique: the database decides, people get an answer at the field."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from syncapp.errors import Invalid


@contextmanager
def unique_name(constraint: str) -> Iterator[None]:
    """Turn the refusal of a second row of one name into an answer at the field `name`.

    Raises:
        Invalid: the name is taken.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint not in str(error):
            raise
        raise Invalid(fields={"name": "This name is taken."}) from error
