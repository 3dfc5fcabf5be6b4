"""The only HTTP client: guarded, bounded, patient within seconds, and silent about secrets.

    send
    ├── refuse another origin than the endpoint's
    ├── take a permission from the rate limits
    ├── send, follow at most three redirects inside the origin       transport, wire, egress
    ├── a fault or a status of 400 and more → RemoteError            faults
    └── repeat what is safe to repeat, at most twice, within the deadline

One `Line` (the pool of connections) serves an account in this process; a client is a light
thing around it that lives for one piece of work.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urldefrag, urljoin

import httpx
import structlog

from connections.kit import faults
from connections.kit.clock import Clock, Deadline, until
from connections.kit.egress import EgressPolicy
from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.limits import Limiter
from connections.kit.lines import Bounds, Line, line_for
from connections.kit.recorder import Exchange, Recorder
from connections.kit.redact import Redactor
from connections.kit.transport import ACCEPTED, SAFE
from connections.kit.values import Rate
from syncapp import canonical

log = structlog.get_logger()

_redirects: Final = frozenset({301, 302, 303, 307, 308})
_most_redirects: Final = 3
_of_the_old_address: Final = frozenset({"host", "authorization", "cookie"})
_ports: Final = {"https": 443, "http": 80}
_nothing: Final = httpx.ByteStream(b"")

# These write addresses with their query, and headers, into the log; we write our own line.
for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
    logging.getLogger(_name).addFilter(lambda _record: False)


@dataclass(slots=True)
class HttpClient:
    """The way to one endpoint; fits `connections.kit.base.Http`.

    Attributes:
        endpoint: only this origin is asked.
        line: the connections.
        redactor: hides this login's secrets.
        recorder: keeps the last exchanges.
        limiter: shared rate limits.
        rates: the limits that are known beforehand.
        account: whose buckets these are.
    """

    endpoint: str
    line: Line = field(repr=False)
    redactor: Redactor = field(default_factory=Redactor, repr=False)
    recorder: Recorder = field(default_factory=Recorder, repr=False)
    limiter: Limiter | None = field(default=None, repr=False)
    rates: Sequence[Rate] = ()
    account: str = ""
    bounds: Bounds = field(default_factory=Bounds)
    clock: Clock = field(default_factory=Clock, repr=False)

    def send(  # noqa: PLR0913  as the interface has it
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        safe: bool | None = None,
    ) -> httpx.Response:
        """Send one request and give the whole answer, see `connections.kit.base.Http.send`."""
        common = {"Accept": "application/json"}
        if json is not None:
            content, common["Content-Type"] = canonical.dumps(json), "application/json"
        common |= {"Accept-Encoding": ACCEPTED, **(headers or {})}
        safe = method in SAFE if safe is None else safe
        target = self._target(url, params)
        deadline = self._deadline(self.bounds.total_s)
        attempt = 0
        while True:
            attempt += 1
            request = self._request(method, target, common, content)
            found = self._attempt(request, auth, deadline, safe=safe)
            if isinstance(found, httpx.Response):
                return found
            pause = self._pause(found, attempt, deadline) if safe else None
            if pause is None:
                raise found
            self.clock.sleep(pause)

    def hide(self, value: Any) -> Any:
        """Give a value without this login's secrets."""
        return self.redactor.value(value)

    def address(self) -> str:
        """Find the endpoint's host and ask the egress policy; says what was found."""
        host, port = place(httpx.URL(self.endpoint))
        with until(self._deadline(self.bounds.connect_s)):
            self.line.locate(host, port)
        return f"{host}:{port} was found and may be reached."

    def handshake(self) -> str:
        """Connect to the endpoint and agree on TLS; says what was agreed."""
        url = httpx.URL(self.endpoint)
        if url.scheme != "https":
            return (
                "Not encrypted: login and data travel in clear text. Use https:// if you can."
            )
        seconds = self.bounds.connect_s
        try:
            with until(self._deadline(seconds)):
                return self.line.handshake(*place(url), seconds)
        except httpx.HTTPError as error:
            found = faults.of_exception(error, url, safe=True, seconds=seconds)
        raise found

    def _deadline(self, seconds: float) -> Deadline:
        return Deadline(self.clock.monotonic() + seconds, self.clock.monotonic)

    def _target(self, url: str, params: Mapping[str, str] | None) -> httpx.URL:
        address = urldefrag(url).url
        # Blanks as %20, a plus as %2B, and the dollar of OData's names as itself.
        query = "&".join(
            f"{quote(name, safe='$@[]')}={quote(str(value), safe='')}"
            for name, value in (params or {}).items()
            if value not in (None, "")
        )
        if query:
            address += ("&" if "?" in address else "?") + query
        try:
            target = httpx.URL(address)
            home = httpx.URL(self.endpoint)
        except httpx.InvalidURL as error:
            reason = self.redactor.text(str(error))
            message = f"The address is not a valid one: {reason}. Check the endpoint."
            raise RemoteError(ErrorKind.CONFIG, message) from None
        if target.scheme not in {"http", "https"} or not target.host:
            message = "The endpoint must be an address that begins with https:// or http://."
            raise RemoteError(ErrorKind.CONFIG, message)
        if target.userinfo or not same_origin(target, home):
            shown = self.redactor.url(str(target.copy_with(query=None)))
            message = f"A request to {shown} was refused: it leaves the endpoint {home.host}."
            raise RemoteError(ErrorKind.EGRESS, message)
        return target

    def _request(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes | None
    ) -> httpx.Request:
        bounds = self.bounds
        timeout = httpx.Timeout(bounds.read_s, connect=bounds.connect_s, pool=bounds.connect_s)
        return self.line.client.build_request(
            method, url, headers=headers, content=content, timeout=timeout
        )

    def _attempt(
        self, request: httpx.Request, auth: httpx.Auth | None, deadline: Deadline, *, safe: bool
    ) -> httpx.Response | RemoteError:
        """Send once. Errors are returned: raised here, they would drag the request along."""
        started = self.clock.monotonic()
        response: httpx.Response | None = None
        found: httpx.Response | RemoteError
        try:
            with until(deadline):
                self._permit(deadline)
                found = response = self._follow(request, auth)
        except RemoteError as error:
            found = error
            found.sent = False  # raised by guard or login: the request itself was not answered
        except httpx.InvalidURL as error:
            found = faults.of_exception(error, request.url, safe=True, seconds=0)
        except httpx.RequestError as error:
            seconds = self.clock.monotonic() - started
            # What failed may be the login before the request, which then was not sent.
            harmless = safe or error.request is not request
            found = faults.of_exception(
                error, error.request.url, safe=harmless, seconds=seconds
            )
        self.redactor.learn(getattr(auth, "hidden", ()))
        if response is not None and response.status_code >= 400:
            wall = self.clock.wall()
            found = faults.of_status(response, redact=self.redactor, wall=wall, safe=safe)
        if isinstance(found, RemoteError):
            found.hide(self.redactor.value)
        self._note(request, response, found, started)
        return found

    def _follow(self, request: httpx.Request, auth: httpx.Auth | None) -> httpx.Response:
        """Send, and follow redirects as long as they stay where the endpoint is."""
        for _ in range(_most_redirects + 1):
            response = self.line.client.send(request, auth=auth)
            # It is read whole; httpx left response and stream in a circle, which would keep the
            # bytes of every page until somebody looks for garbage.
            response.stream = _nothing
            location = response.headers.get("location", "")
            if response.status_code not in _redirects or not location:
                return response
            target = httpx.URL(urljoin(str(request.url), location))
            if request.method not in SAFE or not same_origin(target, request.url):
                shown = self.redactor.url(str(target))
                raise RemoteError(
                    ErrorKind.CONFIG,
                    f"{request.url.host} sends us on to {shown}. Enter that address as the "
                    "endpoint if it is the right one.",
                    http_status=response.status_code,
                )
            headers = {k: v for k, v in request.headers.items() if k not in _of_the_old_address}
            request = self._request(request.method, target, headers, None)
        message = f"{request.url.host} sends us on again and again. Check the endpoint."
        raise RemoteError(ErrorKind.BAD_RESPONSE, message)

    def _permit(self, deadline: Deadline) -> None:
        """Wait for the rate limits, shortly; a long wait is the run's affair."""
        if self.limiter is None or not self.account:
            return
        for rate in self.rates:
            while wait := self.limiter.take(f"{self.account}:{rate.name}", rate):
                if wait > min(self.bounds.wait_s, deadline.left()):
                    message = "The rate limit of this system is used up for the moment."
                    after = timedelta(seconds=wait)
                    raise RemoteError(ErrorKind.RATE, message, retry_after=after)
                self.clock.sleep(wait)

    def _pause(self, error: RemoteError, attempt: int, deadline: Deadline) -> float | None:
        """Give the seconds to wait before another try, or None if there is none."""
        if error.kind not in {ErrorKind.RATE, ErrorKind.TRANSIENT}:
            return None
        if attempt >= self.bounds.tries:
            return None
        # Full jitter: workers that failed together do not come back together.
        pause = self.clock.random() * min(self.bounds.wait_s, 0.5 * 2**attempt)
        if error.retry_after is not None:
            pause = error.retry_after.total_seconds()
            if pause > self.bounds.wait_s:
                return None
        return pause if pause < deadline.left() else None

    def _note(
        self,
        request: httpx.Request,
        response: httpx.Response | None,
        found: httpx.Response | RemoteError,
        started: float,
    ) -> None:
        exchange = Exchange(
            method=request.method,
            url=self.redactor.url(str(request.url)),
            status=response.status_code if response is not None else None,
            elapsed_ms=round((self.clock.monotonic() - started) * 1000),
            size_bytes=len(response.content) if response is not None else 0,
            error=str(found.kind) if isinstance(found, RemoteError) else "",
        )
        self.recorder.add(exchange)
        log.debug(
            "http_exchange",
            method=exchange.method,
            url=exchange.url,
            status=exchange.status,
            ms=exchange.elapsed_ms,
            error=exchange.error,
        )


def client_for(  # noqa: PLR0913  what a login and a deployment bring along
    account: str,
    *,
    endpoint: str,
    policy: EgressPolicy,
    secrets: Iterable[str] = (),
    ca_certificate: str = "",
    rates: Sequence[Rate] = (),
    limiter: Limiter | None = None,
    recorder: Recorder | None = None,
) -> HttpClient:
    """Make a client for one piece of work; clients of one account share their connections.

    Args:
        account: names the account among all tenants', such as "17:42"; empty for a login that
            is only tried out and shares nothing.
        endpoint: the address that the login is for.
        policy: to which addresses this installation connects.
        secrets: values that must never show.
        ca_certificate: one more authority to trust, as PEM text.
        rates: known limits of the other side.
        limiter: keeps these limits for all workers.
        recorder: keeps the last exchanges.

    Raises:
        RemoteError: CONFIG if the CA certificate is not readable.
    """
    return HttpClient(
        endpoint=endpoint,
        line=line_for(account, policy, ca_certificate),
        redactor=Redactor(secrets),
        recorder=recorder or Recorder(),
        limiter=limiter,
        rates=tuple(rates),
        account=account,
    )


def place(url: httpx.URL) -> tuple[str, int]:
    """Give host and port, the usual port included."""
    return url.host, url.port or _ports.get(url.scheme, 0)


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Tell whether two addresses lead to the same scheme, host and port."""
    return one.scheme == other.scheme and place(one) == place(other)
