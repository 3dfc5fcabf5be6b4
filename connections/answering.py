"""What a formula has beside its record while somebody tries it: time, facts, answers to lookups.

Nothing is changed by trying: a sequence tells the number that would come next and keeps it, and
what a value map does not have is not noted in its inbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import formulas.services
from connections.lookups import Answers, foreseen
from connections.models import Connection
from formulas.language import FormulaValueError, Wanted
from formulas.language.context import Context
from syncapp.tenants.models import Tenant


class Holder(Protocol):
    """Who tries: a member or an API key."""

    def may(self, code: str, /) -> bool:
        """Tell whether this one may do what `code` names."""


class _Maps(Mapping[str, Mapping[str, Any]]):
    """The tenant's value maps, each loaded when it is asked for."""

    def __init__(self, tenant_id: int) -> None:
        self._tenant_id = tenant_id
        self._loaded: dict[str, Mapping[str, Any] | None] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._loaded:
            found = formulas.services.load_maps(self._tenant_id, [name]).get(name)
            self._loaded[name] = found.values if found else None
        content = self._loaded[name]
        if content is None:
            raise KeyError(name)
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(name for name, content in self._loaded.items() if content is not None)

    def __len__(self) -> int:
        return len(list(iter(self)))


class _Guarded(Answers):
    """Answers of somebody who may not see records elsewhere, and so not here."""

    def answer(self, wanted: Wanted) -> Any:
        """Answer what is no record's."""
        if wanted.what not in {"map", "sequence"}:
            raise FormulaValueError("Looking up records needs the permission records.view.")
        return super().answer(wanted)


class Asked:
    """What goes along with evaluations that change nothing, inside the tenant's door.

    Attributes:
        context: for the program.
    """

    def __init__(self, answers: Answers, zoned: datetime, facts: Mapping[str, Any]) -> None:
        self._answers = answers
        self.context = Context(answers, zoned, facts)

    def turn_to(self, number: int, label: str) -> None:
        """Say which record comes next."""
        self._answers.record = number
        self.context.seed = label

    def fetch(self) -> None:
        """Get the answers that were missing; then evaluate again."""
        self._answers.fetch()


def for_holder(
    tenant: Tenant, holder: Holder, *, now: datetime, connection: Connection | None = None
) -> Asked:
    """Make what goes along when this one tries a formula, as in a run of the connection."""
    kind = Answers if holder.may("records.view") else _Guarded
    answers = kind(tenant.pk, _Maps(tenant.pk), foreseen(tenant.pk))
    zone = ZoneInfo(tenant.time_zone)
    return Asked(answers, now.astimezone(zone), facts_of(connection) if connection else {})


def facts_of(connection: Connection) -> dict[str, Any]:
    """Say what formulas can ask about a connection; secrets are not among it."""
    return {
        "direction": connection.direction,
        "last_run": None,
        "connection": {
            "name": connection.name,
            "system": connection.system_type,
            "entity": connection.entity,
            "object": connection.object.type if connection.object else None,
        },
        "settings": connection.config.settings if connection.config else {},
    }
