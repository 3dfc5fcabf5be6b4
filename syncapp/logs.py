"""Operators' logs: one JSON line per event, with tenant, run and connection, secrets left out.

What users read are the runs and record logs in the database; the two never stand in for each
other.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Final

import structlog

_SECRET_NAMES: Final = re.compile(
    r"pass(word|wd)?|secret|token|authorization|cookie|api_?key|session", re.IGNORECASE
)
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+")
_USERINFO: Final = re.compile(r"(?<=://)[^/@\s]+@")
HIDDEN: Final = "•••"


def redact(text: str) -> str:
    """Take credentials out of free text: userinfo of addresses, authorization values."""
    return _BEARER.sub(rf"\1 {HIDDEN}", _USERINFO.sub("", text))


def context(**values: Any) -> AbstractContextManager[Any]:
    """Bind values to every line logged inside."""
    return structlog.contextvars.bound_contextvars(**values)


def _redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if _SECRET_NAMES.search(name):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = redact(value)
    return event


_SHARED: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _redact_event,
]


def set_up() -> None:
    """Send structlog through the standard library's handlers."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_config(level: str) -> dict[str, Any]:
    """Give Django's LOGGING: everything as JSON lines on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }
