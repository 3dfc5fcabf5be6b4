"""What a formula has beside its record while somebody tries it: time, facts, answers to lookups.

Nothing is changed by trying: a sequence tells the number that would come next and keeps it, and
what a value map does not have is not noted in its inbox.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import formulas.services
from connections.models import Connection
from formulas.language import Wanted
from formulas.language.context import Context
from formulas.language.errors import FormulaValueError
from formulas.services import LoadedMap
from syncapp.errors import Invalid
from syncapp.tenants.models import Tenant


class Holder(Protocol):
    """Who tries: a member or an API key."""

    def may(self, code: str, /) -> bool:
        """Tell whether this one may do what `code` names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes along with an evaluation.

    Attributes:
        context: for the program.
        fetch: gets the answers that were missing; then evaluate again.
    """

    context: Context
    fetch: Callable[[], None]


class Answers:
    """Answers the lookups of somebody who tries, inside the tenant's door.

    Records are shown to those only who may see them elsewhere, too.
    """

    def __init__(self, tenant: Tenant, *, records: bool) -> None:
        self._tenant = tenant
        self._may_see_records = records
        self._maps: dict[str, LoadedMap] | None = None

    def answer(self, wanted: Wanted) -> Any:
        """Answer, or raise Missing.

        Raises:
            FormulaError: it cannot be answered at all.
        """
        match wanted.what:
            case "map":
                return self._mapped(wanted)
            case "sequence":
                return self._next(wanted.object)
        raise FormulaValueError("There are no records to look something up in.")

    def fetch(self) -> None:
        """Get what was missing."""

    def _mapped(self, wanted: Wanted) -> Any:
        if self._maps is None:
            self._maps = formulas.services.load_maps(self._tenant.pk)
        found = self._maps.get(wanted.object)
        if found is None:
            raise FormulaValueError(f"There is no value map “{wanted.object}”.")
        return [found.values[wanted.key]] if wanted.key in found.values else None

    def _next(self, name: str) -> int:
        try:
            return formulas.services.peek(self._tenant.pk, name)
        except Invalid as error:
            raise FormulaValueError(error.message) from error


def for_holder(
    tenant: Tenant, holder: Holder, *, now: datetime, connection: Connection | None = None
) -> Asked:
    """Make what goes along when this one tries a formula, as in a run of the connection."""
    answers = Answers(tenant, records=holder.may("records.view"))
    zone = ZoneInfo(tenant.time_zone)
    facts = facts_of(connection) if connection else {}
    return Asked(Context(answers, now.astimezone(zone), facts), answers.fetch)


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
