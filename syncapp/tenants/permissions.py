"""Every permission there is, and the one place that answers "may this actor?"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

CRUD: Final = ("view", "create", "edit", "delete")


@dataclass(frozen=True, slots=True)
class Module:
    """A row of the permission matrix: what can be done with one kind of thing."""

    key: str
    label: str
    actions: tuple[str, ...] = CRUD
    specials: tuple[str, ...] = ()

    def codes(self) -> Iterator[str]:
        """Give every permission code of this module."""
        return (f"{self.key}.{action}" for action in (*self.actions, *self.specials))


MODULES: Final = (
    Module("home", "Home", ("view",)),
    Module("configs", "Connection configs", specials=("test",)),
    Module("wizard", "Connect Wizard", ("view",)),
    Module("connectors", "Connectors", specials=("run",)),
    Module("connector_sets", "Connector sets", specials=("run",)),
    Module("inbound", "Inbound connections", specials=("activate", "run", "dry_run")),
    Module("outbound", "Outbound connections", specials=("activate", "run", "dry_run")),
    Module("definitions", "Definition files", (), ("export", "import")),
    Module("objects", "Connect objects"),
    Module("records", "Records", specials=("export",)),
    Module("imports", "Imports", ("view", "create", "delete")),
    Module("value_maps", "Value maps"),
    Module("formulas", "Formulas", ("view",)),
    Module("runs", "Runs", ("view",), ("retry", "cancel")),
    Module("record_logs", "Record logs", ("view",), ("export",)),
    Module("users", "Users"),
    Module("profiles", "Profiles"),
    Module("api_keys", "API keys"),
    Module("audit", "Audit", ("view",)),
    Module("settings", "Tenant settings", ("view", "edit")),
)

VISIBLE: Final = "visible"
"""The master switch: a profile without it sees nothing of this tenant."""

ALL: Final = frozenset({VISIBLE, *(code for module in MODULES for code in module.codes())})
READING: Final = frozenset(
    {
        VISIBLE,
        *(code for code in ALL if code.endswith(".view") and not code.startswith("users.")),
    }
)
ADMINISTRATION: Final = frozenset({VISIBLE, "users.edit", "profiles.edit"})
"""What makes an administrator: a tenant always keeps somebody who holds these."""

PLATFORM: Final = "platform"
"""What the platform area demands; no profile and no key can hold it."""


class Holder(Protocol):
    """Whoever carries permissions: a member through the profile, an API key by itself."""

    @property
    def permissions(self) -> Iterable[str]:
        """Codes that were given."""

    @property
    def active(self) -> bool:
        """Neither switched off, expired nor revoked."""


def unknown(codes: Iterable[str]) -> list[str]:
    """Give the codes that name no permission, in order."""
    return sorted(set(codes) - ALL)


def may(holder: Holder | None, code: str) -> bool:
    """Tell whether this actor may do what `code` names.

    Args:
        holder: member or API key; None may nothing.
        code: a code of `ALL`, or `PLATFORM`, which members and keys never hold.

    Raises:
        KeyError: there is no such permission; a typing error must not pass as "no".
    """
    if code == PLATFORM:
        return False
    if code not in ALL:
        raise KeyError(code)
    if holder is None or not holder.active:
        return False
    given = set(holder.permissions)
    return VISIBLE in given and code in given
