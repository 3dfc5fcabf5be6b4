"""The egress guard: to which addresses this installation connects on a tenant's behalf.

An endpoint is user input, and the server stands inside a network that the user must not reach.
So names are resolved here, every address is judged, and the connection goes to exactly the
address that was judged: a name that changes its mind between two look-ups gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from connections.kit.clock import allowed
from connections.kit.errors import ErrorKind, RemoteError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

METADATA: Final = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254")
)
"""Where clouds hand out the credentials of a machine."""

_wrappings: Final[tuple[tuple[Network, int], ...]] = tuple(
    (ipaddress.ip_network(text), shift)
    for text, shift in (
        ("::ffff:0:0/96", 0),  # IPv4-mapped
        ("::/96", 0),  # IPv4-compatible, long dead
        ("::ffff:0:0:0/96", 0),  # IPv4-translated
        ("64:ff9b::/96", 0),  # NAT64
        ("64:ff9b:1::/48", 0),  # NAT64 of a local network
        ("2002::/16", 80),  # 6to4
    )
)
_resolve_seconds: Final = 15.0
_port = re.compile(r"^(?P<host>.+?):(?P<port>\d{1,5})$")


def resolve(host: str, port: int) -> list[str]:
    """Ask the operating system for the addresses of a host.

    The operating system may take its time, so it is asked in a thread that nobody waits for
    longer than the request may last.

    Raises:
        RemoteError: CONFIG if there is no such host, TRANSIENT if nobody answers.
    """
    found: list[str] = []
    failure: list[OSError] = []

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            failure.append(error if isinstance(error, OSError) else OSError(str(error)))
        else:
            found.extend(str(info[4][0]) for info in infos)

    thread = threading.Thread(target=ask, daemon=True, name="resolve")
    thread.start()
    thread.join(allowed(_resolve_seconds))
    if found:
        return list(dict.fromkeys(found))
    passing = not failure or getattr(failure[0], "errno", None) == socket.EAI_AGAIN
    if passing:
        message = (
            f"The name service did not tell the address of {host}. It is tried again later."
        )
        raise RemoteError(ErrorKind.TRANSIENT, message)
    message = f"There is no host {host}. Check the spelling of the endpoint's address."
    raise RemoteError(ErrorKind.CONFIG, message)


@dataclass(frozen=True, slots=True)
class Permit:
    """One entry of the allow list: a host name or a network, and perhaps a port."""

    name: str | None
    network: Network | None
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Permit:
        """Read `10.1.0.0/16`, `127.0.0.1:8123`, `[fd00::1]:443`, `erp.example.com:443`.

        Raises:
            ValueError: it is none of these.
        """
        host, port = text.strip(), None
        bracketed = re.fullmatch(r"\[(?P<host>[^\]]+)\](?::(?P<port>\d{1,5}))?", host)
        found = bracketed or (_port.match(host) if host.count(":") == 1 else None)
        if found:
            host = found["host"]
            port = int(found["port"]) if found["port"] else None
        if port is not None and not 0 < port < 65536:
            message = f"{text!r}: there is no port {port}"
            raise ValueError(message)
        try:
            return cls(None, ipaddress.ip_network(host), port)
        except ValueError:
            pass
        if "/" in host or not re.fullmatch(r"[\w-]+(\.[\w-]+)*\.?", host):
            message = f"{text!r} is no host, address or network"
            raise ValueError(message)
        return cls(host.rstrip(".").lower(), None, port)

    def admits(self, host: str, port: int, address: Address) -> bool:
        """Tell whether this entry lets `host` be reached at `address` and `port`."""
        if self.port not in (None, port):
            return False
        inner = _unwrapped(address)
        if self.network is not None:
            exact = self.network.num_addresses == 1
            within = address in self.network or inner in self.network
            return within and (exact or inner not in METADATA)
        # A name speaks for its own machines, not for what no machine of that name can be.
        return self.name == host.rstrip(".").lower() and not (
            inner in METADATA
            or inner.is_link_local
            or inner.is_unspecified
            or inner.is_multicast
            or inner.is_reserved
        )


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """What is refused, and the deployment's exceptions."""

    permits: tuple[Permit, ...] = ()

    @classmethod
    def parse(cls, text: str) -> EgressPolicy:
        """Read an allow list, its entries separated by commas or blanks.

        Raises:
            ValueError: an entry is not understood; the message names it.
        """
        return cls(tuple(Permit.parse(entry) for entry in re.split(r"[\s,;]+", text) if entry))

    def objection(self, host: str, port: int, address: str) -> str | None:
        """Say what kind of forbidden address this is, or None if it may be reached."""
        ip = ipaddress.ip_address(address)
        reason = _kind(ip)
        if reason is None:
            return None
        if any(permit.admits(host, port, ip) for permit in self.permits):
            return None
        return reason

    def admitted(self, host: str, port: int, addresses: Sequence[str]) -> list[str]:
        """Give those of a host's addresses that may be reached.

        Raises:
            RemoteError: EGRESS if there is none.
        """
        objections = {address: self.objection(host, port, address) for address in addresses}
        good = [address for address, objection in objections.items() if objection is None]
        if good:
            return good
        reason = next(filter(None, objections.values()), "no address")
        raise RemoteError(
            ErrorKind.EGRESS,
            f"{host}:{port} is {reason}, and this installation does not connect to such. "
            "Enter a public address, or ask its operator to add the host to the allow list.",
            detail={"host": host, "port": port, "addresses": list(addresses)},
        )


def _kind(ip: Address) -> str | None:
    """Say why an address is refused by default."""
    inner = _unwrapped(ip)
    tests = (
        (inner in METADATA, "a metadata address"),
        (inner.is_unspecified, "an unspecified address"),
        (inner.is_loopback, "a loopback address"),
        (inner.is_link_local, "a link-local address"),
        (inner.is_multicast, "a multicast address"),
        (inner.is_private, "a private address"),
        (getattr(inner, "is_site_local", False), "a private address"),
        (not inner.is_global or inner.is_reserved, "a reserved address"),
        # An address inside an address: no public host needs it, so nobody loses anything.
        (inner != ip, "an IPv4 address in disguise"),
    )
    return next((reason for refused, reason in tests if refused), None)


def _unwrapped(ip: Address) -> Address:
    """Give the IPv4 address that an IPv6 address leads to, where it leads to one."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if int(ip) <= 1:  # unspecified and loopback, which stand inside ::/96
        return ip
    for network, shift in _wrappings:
        if ip in network:
            return ipaddress.IPv4Address((int(ip) >> shift) & 0xFFFFFFFF)
    return ip
