"""What can go wrong with a remote system, by what helps.

    RemoteError
    ├── stops the connection, a person must act: AUTH, PERMISSION, CONFIG, EGRESS, UNSUPPORTED
    ├── passes by itself:                        SESSION, RATE, QUOTA, TRANSIENT
    ├── concerns one record:                     NOT_FOUND, CONFLICT, VALIDATION
    └── the answer is not what it should be:     BAD_RESPONSE

The message is written for the tenant and already redacted; `detail` is for operators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from connections.kit.codes import Code


class ErrorKind(StrEnum):
    """Who must act, and does another try help."""

    AUTH = "auth"
    SESSION = "session"
    PERMISSION = "permission"
    CONFIG = "config"
    EGRESS = "egress"
    UNSUPPORTED = "unsupported"
    RATE = "rate"
    QUOTA = "quota"
    TRANSIENT = "transient"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    VALIDATION = "validation"
    BAD_RESPONSE = "bad_response"


class RecordRefused(ValueError):
    """One source record cannot be read; the run goes on with the next.

    Args:
        code: why, one of `connections.kit.codes.Code`.
        field: the target field concerned, or "".
        message: one sentence for the tenant.
    """

    def __init__(self, code: Code, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


PASSING = frozenset({ErrorKind.SESSION, ErrorKind.RATE, ErrorKind.QUOTA, ErrorKind.TRANSIENT})


class RemoteError(Exception):
    """A remote system refused, failed or answered nonsense.

    Args:
        kind: who must act and whether another try helps.
        message: one or two sentences for the tenant, redacted.
        code: the system's own code as text, such as "-2028".
        http_status: status of the answer, if there was one.
        field_name: the remote field that the error names.
        retry_after: how long the system asked us to wait.
        sent: the request may have had an effect; its outcome is unknown.
        detail: redacted evidence for operators.
    """

    def __init__(  # noqa: PLR0913  each part answers a question that somebody asks
        self,
        kind: ErrorKind,
        message: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        field_name: str | None = None,
        retry_after: timedelta | None = None,
        sent: bool = False,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code
        self.http_status = http_status
        self.field_name = field_name
        self.retry_after = retry_after
        self.sent = sent
        self.detail = dict(detail or {})

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind}, {self.message!r})"

    def hide(self, redact: Callable[[Any], Any]) -> None:
        """Send message, code and detail through a redactor."""
        self.message = redact(self.message)
        self.args = (self.message,)  # what unpickled copies and careless loggers see
        self.code = redact(self.code)
        self.detail = redact(self.detail)

    @property
    def passes(self) -> bool:
        """Another try may succeed without anybody changing anything."""
        return self.kind in PASSING
