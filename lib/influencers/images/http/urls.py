"""What an address asks of whom: scheme, host, port and path, in one unambiguous spelling."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from influencers.images import statuses
from influencers.images.failures import FetchFailure

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
_MAX_CHARS = 8192
_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?")
# Parsers disagree on what these mean, which is how a checked host becomes another one: controls
# anywhere; spaces, backslashes, escapes and logins in the host.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_DOUBTFUL_HOST = re.compile(r"[\s%@\\]")
# Beside letters, digits and `_.-~`, what browsers send as it is: all of printable ASCII without the
# "path percent-encode set" and "special-query percent-encode set" of the URL standard (WHATWG).
_IN_PATH = "!$%&'()*+,/:;=@[]|"
_IN_QUERY = "!$%&()*+,/:;=?@[\\]^`{|}"
_NUMERIC = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True)
class Target:
    """One request's addressee.

    Attributes:
        scheme: http or https.
        host: lower case, in ASCII, without brackets or trailing dot; an address in its usual form.
        port: also when the URL leaves it out.
        path: path and query, as sent.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_key(self) -> str:
        """`host:port`, by which hosts are counted; an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.host_key}{self.path}"

    @property
    def address(self) -> Address | None:
        """The host, when it is an address and no name."""
        return literal_address(self.host)

    def redirected(self, location: str) -> Target:
        """Where a `Location` header leads from here; it may be relative.

        Raises:
            FetchFailure: bad_url.
        """
        try:
            # http.client reads header bytes as Latin-1; servers write UTF-8.
            text = location.encode("latin-1").decode("utf-8", "replace").strip()
            return parse(urljoin(self.url, text))
        except ValueError as error:
            raise FetchFailure(statuses.BAD_URL, f"redirect: {error}") from None


def parse(url: str) -> Target:
    """The target of an address.

    Path and query are sent as written, escapes byte for byte; characters that browsers escape are,
    as UTF-8. Refused beside what is no address: control characters, and logins, escapes, spaces and
    backslashes in the host. No image needs them, and they are read one way by a check and another
    by a client.

    Raises:
        FetchFailure: bad_url.
    """
    if len(url) > _MAX_CHARS or _CONTROLS.search(url):
        raise FetchFailure(statuses.BAD_URL, "too long, or in doubtful spelling")
    parts = _PARTS.match(url)
    if parts is None or _DOUBTFUL_HOST.search(parts[2]):
        raise FetchFailure(statuses.BAD_URL, "not http(s)://host/path, or in doubtful spelling")
    try:
        place = parse_url(f"{parts[1]}://{parts[2]}/")
    except (LocationParseError, ValueError) as error:
        raise FetchFailure(statuses.BAD_URL, f"{error}"[:200]) from None
    if place.scheme not in _PORTS or not place.host:
        raise FetchFailure(statuses.BAD_URL, "not http(s)://host/path")
    port = _PORTS[place.scheme] if place.port is None else place.port
    if port == 0:
        raise FetchFailure(statuses.BAD_URL, "port 0")
    return Target(place.scheme, _usual_host(place.host), port, _as_sent(parts[3], parts[4] or ""))


def _as_sent(path: str, query: str) -> str:
    """Path and query as a browser sends them."""
    path = _without_dots(path.replace("\\", "/")) or "/"
    return quote(path, _IN_PATH, errors="replace") + quote(query, _IN_QUERY, errors="replace")


def _without_dots(path: str) -> str:
    """The path without its segments `.` and `..` (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def literal_address(host: str) -> Address | None:
    """The address that a host spells out, in any of the ways that resolvers understand.

    >>> literal_address("0x7f.1"), literal_address("2130706433"), literal_address("example.org")
    (IPv4Address('127.0.0.1'), IPv4Address('127.0.0.1'), None)
    """
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if not _NUMERIC.fullmatch(host):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _usual_host(host: str) -> str:
    bare = host[1:-1] if host.startswith("[") else host.removesuffix(".")
    address = literal_address(bare)
    if address is not None:
        return str(address)
    labels = bare.lower().split(".")
    if len(bare) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise FetchFailure(statuses.BAD_URL, f"no host name: {bare[:100]}")
    return ".".join(labels)
