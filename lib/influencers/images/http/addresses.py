"""Which addresses an image may be fetched from: public ones, and hosts that the user names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from influencers.errors import UserError
from influencers.images.failures import FetchFailure
from influencers.images.http import urls
from influencers.images.http.urls import Address, Target

# IANA's special-purpose IPv4 blocks, multicast, and the cloud's metadata services that lie
# outside them (Azure's; Alibaba's is within the shared block). `ipaddress.is_global` passes some.
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32",
        "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip

# All that is handed out to the public internet. Outside lie loopback, unique local (and with it
# Amazon's fd00:ec2::254), link-local, multicast, and the mapped, compatible and NAT64 forms that
# carry an IPv4 address: a translated address is refused, whatever is inside.
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
# Inside it: protocol assignments with Teredo and benchmarking, documentation, 6to4.
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# The second half of an ISATAP address (RFC 5214), which carries an IPv4 address after it.
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, and stands for itself and no other.

    >>> [is_public(ipaddress.ip_address(text)) for text in ("8.8.8.8", "10.0.0.1", "::7f00:1")]
    [True, False, False]
    """
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _CLOSED_V4)
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return False
    return address in _OPEN_V6 and not any(address in block for block in _CLOSED_V6)


_ENTRY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@\\?#\[\]*%]+)(:[0-9]{1,5})?")


@dataclass(frozen=True)
class AllowedHosts:
    """Hosts that may have addresses which are not public, such as a local image server.

    Attributes:
        entries: (host, port) as `Target` spells them; port None stands for every port.
    """

    entries: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def parse(cls, texts: Sequence[str]) -> AllowedHosts:
        """From texts `host` or `host:port`; an IPv6 address in brackets.

        Only the very spelling counts: allowing `127.0.0.1` allows no name that leads there.

        Raises:
            UserError: an entry is neither.
        """
        return cls(frozenset(_entry(text) for text in texts))

    def __contains__(self, target: object) -> bool:
        if not isinstance(target, Target):
            return False
        return not self.entries.isdisjoint({(target.host, target.port), (target.host, None)})


def _entry(text: str) -> tuple[str, int | None]:
    match = _ENTRY.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        target = urls.parse(f"http://{text}/")
    except (ValueError, FetchFailure):
        raise UserError(
            f"allowed image host {text!r} is neither host nor host:port: write for example "
            "images.example.org, 127.0.0.1:8000 or [::1]:8000, without http:// and path"
        ) from None
    return target.host, target.port if match.group(2) else None


_DETOUR = re.compile(r"([^=]+)=(\[[0-9A-Fa-f:.]+\]|[0-9.]+):([0-9]{1,5})")


def detours(texts: Sequence[str]) -> dict[str, tuple[Address, int]]:
    """Where to connect to instead of what a name resolves to: by `host:port`, address and port.

    From texts `host:port=address:port`; the certificate is still that of the name. Such an address
    need not be public.

    Raises:
        UserError: an entry does not read like this.

    >>> detours(["images.example:80=127.0.0.1:8000"])
    {'images.example:80': (IPv4Address('127.0.0.1'), 8000)}
    """
    addresses = {}
    for text in texts:
        parts = _DETOUR.fullmatch(text)
        try:
            if parts is None or not 0 < int(parts.group(3)) < 65_536:
                raise ValueError
            name, port = _entry(parts.group(1))
            if port is None:
                raise ValueError
            address = ipaddress.ip_address(parts.group(2).strip("[]"))
        except (ValueError, UserError):
            raise UserError(
                f"images.connect_to: {text!r} does not read host:port=address:port, "
                "as in images.example:443=127.0.0.1:8443"
            ) from None
        host = f"[{name}]" if ":" in name else name
        addresses[f"{host}:{port}"] = (address, int(parts.group(3)))
    return addresses
