"""What pages call the two directions, and where the pages of each are.

The two labels that the product's users know swap their roles with the direction: *Object In* is
the connect object and *Object Out* the other system's entity, whichever of them is the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from connections.models import Connection


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction, as pages show it.

    Attributes:
        code: inbound or outbound; also how addresses and permissions begin.
        icon: of the navigation and of empty lists.
        about: what such a connection is for.
        object_role: what the connect object is: source or destination.
        entity_role: what the other system's entity is.
        example: a good name.
    """

    code: str
    icon: str
    about: str
    object_role: str
    entity_role: str
    example: str

    @property
    def title(self) -> str:
        """The heading of its list."""
        return self.code.capitalize()

    @property
    def noun(self) -> str:
        """One of its connections."""
        return f"{self.code} connection"

    @property
    def runs(self) -> bool:
        """Whether there is an engine for it."""
        return self.code == Connection.Direction.INBOUND

    def page(self, name: str) -> str:
        """Name the address of one of its pages: list, detail, edit and so on."""
        return f"connections:{self.code}_{name}"

    def permission(self, action: str) -> str:
        """Give the permission code of an action."""
        return f"{self.code}.{action}"

    @property
    def breadcrumbs(self) -> tuple[tuple[str, str], ...]:
        """Give the way from the outside to its list."""
        return (("Connect", ""), (self.title, self.page("list")))

    def view(self, action: str, **more: Any) -> dict[str, Any]:
        """Give what a page of the usual kind is told about itself."""
        return {
            "way": self,
            "permission": self.permission(action),
            "noun": self.noun,
            "breadcrumbs": self.breadcrumbs,
            "list_url_name": self.page("list"),
            **more,
        }


INBOUND: Final = Direction(
    Connection.Direction.INBOUND,
    "arrow-down-left",
    "An inbound connection brings one kind of record from a system into a connect object.",
    "Destination",
    "Source",
    "Such as “SAP customers”: the system and what comes from it.",
)
OUTBOUND: Final = Direction(
    Connection.Direction.OUTBOUND,
    "arrow-up-right",
    "An outbound connection sends one kind of record from a connect object to a system.",
    "Source",
    "Destination",
    "Such as “Work orders to SAP”: what goes out, and where.",
)
DIRECTIONS: Final = {way.code: way for way in (INBOUND, OUTBOUND)}
