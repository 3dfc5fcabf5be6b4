"""Redaction: no secret in a message, a log line, a recorded exchange or a repr.

Two nets: the values that we know to be secret, in every spelling they may come back in, and
the places where secrets stand by custom (`Authorization`, `Set-Cookie`, `access_token=…`).
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

from syncapp import canonical

MASK: Final = "•••"
SHORTEST: Final = 3
"""Shorter values are no secrets: hiding each "a" would hide the message and protect nobody."""

_name = r"[\w.-]*(?:token|secret|passw(?:or)?d|pwd|api[_-]?key|apikey|signature|assertion)"
_places: Final = (
    # A header that somebody quotes: everything up to the end of its line.
    re.compile(r"(?i)\b((?:proxy-)?authorization|set-cookie|cookie)(\"?\s*[:=]\s*)[^\r\n]+"),
    re.compile(r"(?i)\b(bearer|basic|apikey)(\s+)(?=\S*\d)[\w.~+/=-]{8,}"),
    # access_token=…, "client_secret": "…"
    re.compile(rf"(?i)\b({_name})(=|\"\s*:\s*\")[^&\s\"'<>]+"),
    re.compile(r"(?i)(//)()[^/\s@:]+:[^/\s@]+(?=@)"),
)


class Redactor:
    """Hides the secrets of one login."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._learned: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.learn(secrets)

    def __repr__(self) -> str:
        return "Redactor()"

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too from now on, such as a token that was just issued."""
        learned = self._learned.union(secrets)
        if learned == self._learned:
            return
        spellings = {text for secret in learned for text in _spellings(secret)}
        if spellings:
            # The longest first, or a shorter secret would leave the rest of a longer one.
            longest_first = sorted(spellings, key=lambda text: (-len(text), text))
            self._known = re.compile("|".join(map(re.escape, longest_first)), re.I)
        self._learned = learned

    def text(self, text: str) -> str:
        """Give `text` with every secret replaced by a mask."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern in _places:
            text = pattern.sub(rf"\1\2{MASK}", text)
        return text

    def url(self, url: str) -> str:
        """Give the address without login and without the values of its query."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return self.text(url)
        host = parts.netloc.rpartition("@")[2]
        names = [pair.partition("=")[0] for pair in parts.query.split("&") if pair]
        query = "&".join(f"{name}=…" for name in names)
        return self.text(urlunsplit((parts.scheme, host, parts.path, query, "")))

    def value(self, value: Any) -> Any:
        """Give a JSON value with every secret in its texts replaced, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


def _spellings(secret: str) -> Iterator[str]:
    """Give the forms in which systems echo a value: plain, in a URL, in JSON, in HTML."""
    for plain in {secret, secret.strip()}:
        if len(plain) < SHORTEST:
            continue
        yield plain
        yield quote(plain, safe="")
        yield quote_plus(plain)
        yield html.escape(plain)
        yield canonical.text(plain)[1:-1]
        yield ascii(plain)[1:-1]
        yield base64.b64encode(plain.encode()).decode()
