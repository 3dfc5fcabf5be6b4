"""The interface between the engine and a kind of external system.

A system type declares what it is (label, settings, capabilities of its entities) and overrides
five methods: `check`, `entities`, `read`, `find`, `write`; `close` if it holds a session.
It lives for one piece of work, keeps no state of its own and reaches the network through
`Context.http` alone.

The codes of outcomes and verdicts stand in `codes`, because logs, filters, engine and pages share
them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, ClassVar, Protocol

import httpx

from connections.kit.codes import Code, FieldType, Op, Outcome, SettingKind
from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.values import (
    CLEAR,
    UNSET,
    AuthState,
    Capabilities,
    Check,
    Clear,
    Cursor,
    Entity,
    Field,
    Json,
    Page,
    Query,
    Rate,
    Record,
    Setting,
    Unset,
    WriteItem,
    WriteResult,
)

__all__ = [
    "CLEAR",
    "UNSET",
    "AuthState",
    "Capabilities",
    "Check",
    "Clear",
    "Code",
    "Context",
    "Cursor",
    "Entity",
    "ErrorKind",
    "Field",
    "FieldType",
    "Files",
    "Http",
    "Json",
    "Op",
    "Outcome",
    "Page",
    "Query",
    "Rate",
    "Record",
    "RecordStore",
    "RemoteError",
    "Setting",
    "SettingKind",
    "System",
    "TokenStore",
    "Unset",
    "WriteItem",
    "WriteResult",
]


class Http(Protocol):
    """The way to the network, see `connections.kit.http`: guarded, bounded, redacted."""

    def send(  # noqa: PLR0913  one request has that many parts
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Json | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        safe: bool | None = None,
    ) -> httpx.Response:
        """Send one request and give the whole answer, whatever its status below 400.

        Args:
            method: upper-case HTTP method.
            url: absolute; another origin than the endpoint's is refused.
            params: query options; empty ones are dropped.
            json: body, encoded exactly.
            content: body as bytes.
            headers: added to the common ones.
            auth: flow that signs the request.
            safe: may be repeated after a passing fault; by default GET and HEAD may.

        Raises:
            RemoteError: by kind, for every status of 400 and more and every network fault;
                for a status it is a `connections.kit.faults.StatusError` with the answer.
        """

    def hide(self, value: Json) -> Json:
        """Give a value without this login's secrets, for messages made of what came."""

    def address(self) -> str:
        """Find the endpoint's host and ask the egress policy; says what was found."""

    def handshake(self) -> str:
        """Connect to the endpoint and agree on TLS; says what was agreed."""


class TokenStore(Protocol):
    """Keeps the one session of an account for all workers; never locks over HTTP."""

    def load(self) -> AuthState | None:
        """Give the state in force."""

    def lease(self) -> AbstractContextManager[bool]:
        """Try to become the one who renews; True if this worker may."""

    def save(self, state: AuthState, *, seen: AuthState | None) -> bool:
        """Store `state` if nobody stored another since `seen`; False if somebody did."""


@dataclass(frozen=True, slots=True)
class Context:
    """All that a system is given.

    Attributes:
        endpoint: base address as the administrator entered it.
        settings: validated against the class's `settings`, secrets excluded.
        secrets: name → plain text; never logged, never in a message.
        http: the only way to the network.
        tokens: where sessions live.
        now: the clock.
        cancelled: asked between pages and batches.
        store: the tenant's own connect objects; only the internal system uses it.
        files: the tenant's uploads; only the system of uploads uses them.
    """

    endpoint: str
    settings: Mapping[str, Json]
    secrets: Mapping[str, str] = field(repr=False)
    http: Http
    tokens: TokenStore
    now: Callable[[], datetime]
    cancelled: Callable[[], bool] = lambda: False
    store: RecordStore | None = None
    files: Files | None = None


class Files(Protocol):
    """The tenant's uploaded files."""

    def open(self, upload_id: int) -> BinaryIO:
        """Open one; it can be read again from any place."""

    def keys(self, object_id: int, ids: Sequence[int]) -> Mapping[int, str]:
        """Give the keys of live records of a connect object by their ids."""


class RecordStore(Protocol):
    """The tenant's own records, as the internal system sees them."""

    def entities(self) -> Sequence[Entity]:
        """Describe the tenant's connect objects."""

    def page(self, entity: str, after: int, limit: int) -> Sequence[Record]:
        """Give records with seq > `after`, by seq, tombstones too; `version` is seq."""

    def find(self, entity: str, keys: Sequence[str]) -> Mapping[str, Record]:
        """Give the live records with these keys."""

    def feed(self, entity: str) -> str:
        """Give the id of the object's numbering; another id makes old positions worthless."""

    def write(self, entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        """Write in sets, one result per item."""


class System(ABC):
    """A kind of external system.

    Attributes:
        label: how people call it.
        settings: what a connection config must ask for, besides name and endpoint.
        endpoint_label: None if this kind has no address.
        endpoint_help: an example of a right address.
        filter_help: what the query filter of a connection is written in.
        listed: offered in forms; False for kinds that serve tests and drills.
        narrows: reading gives the wanted fields of a query and no others.
    """

    label: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]] = ()
    endpoint_label: ClassVar[str | None] = "Endpoint URL"
    endpoint_help: ClassVar[str] = ""
    filter_help: ClassVar[str] = ""
    listed: ClassVar[bool] = True
    narrows: ClassVar[bool] = False

    def __init__(self, context: Context) -> None:
        self.context = context

    @classmethod
    def problems(cls, settings: Mapping[str, Json]) -> Mapping[str, str]:  # noqa: ARG003
        """Judge settings beyond type and presence: name → what is wrong and what to do."""
        return {}

    @classmethod
    def rates(cls, settings: Mapping[str, Json]) -> tuple[Rate, ...]:  # noqa: ARG003
        """Give the limits of the other side that are known before it complains."""
        return ()

    @abstractmethod
    def check(self, *, entities: Sequence[str] = ()) -> Iterator[Check]:
        """Test the config line by line, without any effect on the other side.

        Yields each line as soon as it is known and ends after the first failing one.
        """

    @abstractmethod
    def entities(self) -> Sequence[Entity]:
        """Describe what can be read and written."""

    @abstractmethod
    def read(self, query: Query, cursor: Cursor | None) -> Iterator[Page]:
        """Read page by page: everything without a cursor, else from where it points.

        A reader that starts again from a stored cursor loses no record; it may repeat some.

        Raises:
            RemoteError: the run cannot go on; BAD_RESPONSE if pages do not advance.
        """

    @abstractmethod
    def find(
        self, entity: str, keys: Sequence[Mapping[str, str]]
    ) -> Sequence[Sequence[Record]]:
        """Look records up by key: for each key, in order, all that match (at most two)."""

    @abstractmethod
    def write(self, entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        """Write, one result for each item, `index` echoed, order free.

        Raises:
            RemoteError: for the whole call, and only before anything was sent.
        """

    def close(self) -> None:  # noqa: B027  most systems hold nothing
        """Give back what is held on the other side; never raises."""
