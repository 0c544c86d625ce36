from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from influencers.errors import UserError
from influencers.images.failures import FetchFailure
from influencers.images.http import urls
from influencers.images.http.addresses import AllowedHosts, is_public

# Written out from IANA's special-purpose registries (RFC 6890 and its updates), RFC 4291, 5737,
# 6052, 7534, 9637, and the metadata addresses of the large clouds.
NOT_PUBLIC = [
    ipaddress.ip_network(block)
    for block in (
        # "this network", private, shared, loopback, link-local, private
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.168.0.0/16",
        # protocol assignments, documentation, 6to4 relays, benchmarking
        "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.88.99.0/24",
        "198.18.0.0/15",
        # multicast, reserved, broadcast, metadata
        "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "169.254.169.254/32",
        "168.63.129.16/32", "100.100.100.200/32",
        # unspecified, loopback, IPv4-compatible, IPv4-mapped, IPv4-translated, NAT64
        "::/128", "::1/128", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96",
        "64:ff9b:1::/48",
        # discard, Teredo, protocol assignments, benchmarking, ORCHID, documentation, 6to4
        "100::/64", "100:0:0:1::/64", "2001::/32", "2001::/23", "2001:2::/48", "2001:10::/28",
        "2001:20::/28", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
        # unique local, metadata, link-local, site-local, multicast
        "fc00::/7", "fd00:ec2::254/128", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
UNICAST = ipaddress.ip_network("2000::/3")


def oracle(address: urls.Address) -> bool:
    for block in NOT_PUBLIC:
        if address.version == block.version and address in block:
            return False
    if address.version == 4:
        return True
    return address in UNICAST and address.packed[8:12] not in (b"\0\0\x5e\xfe", b"\2\0\x5e\xfe")


@st.composite
def near_an_edge(draw: st.DrawFn) -> urls.Address:
    """Addresses at and around the borders of blocks, where a wrong prefix shows."""
    block = draw(st.sampled_from(NOT_PUBLIC))
    edge = int(draw(st.sampled_from([block[0], block[-1]]))) + draw(st.integers(-2, 2))
    size = 2**block.max_prefixlen
    made = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address
    return made(edge % size)


@st.composite
def in_a_block(draw: st.DrawFn) -> urls.Address:
    block = draw(st.sampled_from(NOT_PUBLIC))
    return block[draw(st.integers(0, block.num_addresses - 1))]


ADDRESSES = st.one_of(
    near_an_edge(), in_a_block(), st.ip_addresses(), st.ip_addresses(network="2000::/3")
)


@given(ADDRESSES)
@example(ipaddress.ip_address("2606:4700::6810:84e5"))
@example(ipaddress.ip_address("2606:4700::5efe:7f00:1"))
@example(ipaddress.ip_address("157.240.1.1"))
def test_public_is_what_no_registry_keeps_back(address: urls.Address) -> None:
    assert is_public(address) == oracle(address)


def test_no_block_is_a_single_address_too_small_or_too_large() -> None:
    for block in NOT_PUBLIC:
        made = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address
        for number in (int(block[0]) - 1, int(block[0]), int(block[-1]), int(block[-1]) + 1):
            address = made(number % 2**block.max_prefixlen)
            assert is_public(address) == oracle(address), address


@given(st.ip_addresses(v=4))
def test_no_address_that_carries_another_is_public(inner: ipaddress.IPv4Address) -> None:
    """Whatever is inside: also an address that would be public by itself."""
    number = int(inner)
    for outer in (
        number,  # ::a.b.c.d
        0xFFFF << 32 | number,  # ::ffff:a.b.c.d
        0xFFFF << 48 | number,  # ::ffff:0:a.b.c.d
        0x64FF9B << 96 | number,  # 64:ff9b::a.b.c.d
        0x64FF9B0001 << 80 | number,  # 64:ff9b:1::a.b.c.d
        0x2002 << 112 | number << 80 | 1,  # 2002:ab:cd::1
        0x20010000 << 96 | (number ^ 0xFFFFFFFF),  # 2001:0:…, the inner address inverted
        0x20010470 << 96 | 0x5EFE << 32 | number,  # ISATAP in a public prefix
    ):
        assert not is_public(ipaddress.IPv6Address(outer)), ipaddress.IPv6Address(outer)


@given(ADDRESSES)
def test_never_more_than_the_standard_library_lets_through(address: urls.Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


def spellings(address: ipaddress.IPv4Address) -> list[str]:
    """The ways in which the C library lets an IPv4 address be written."""
    a, b, c, d = address.packed
    number = int(address)
    return [
        f"{a}.{b}.{c}.{d}", f"{a}.{b}.{c}.{d}.", f"{number}", f"0x{number:x}", f"0X{number:08X}",
        f"0{number:o}", f"{a}.{b}.{c << 8 | d}", f"{a}.{b << 16 | c << 8 | d}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"0x{a:x}.{b}.{c}.{d}",
    ]  # fmt: skip


@given(st.ip_addresses(v=4))
def test_every_spelling_of_an_address_is_that_address(address: ipaddress.IPv4Address) -> None:
    for host in spellings(address):
        target = urls.parse(f"http://{host}:8000/a")
        assert (target.host, target.address) == (str(address), address), host


@given(st.ip_addresses(v=6))
def test_ipv6_in_brackets(address: ipaddress.IPv6Address) -> None:
    for text in (address.compressed, address.exploded, address.exploded.upper()):
        target = urls.parse(f"https://[{text}]/")
        assert target.address == address
        assert target.host_key == f"[{target.host}]:443"


@pytest.mark.parametrize(
    ("url", "key", "path"),
    [
        ("http://Example.ORG", "example.org:80", "/"),
        ("HTTPS://example.org./a?b=c#d", "example.org:443", "/a?b=c"),
        ("http://example.org:8080?x", "example.org:8080", "/?x"),
        ("http://bücher.example/ä b".replace(" ", "%20"), "xn--bcher-kva.example:80",
         "/%C3%A4%20b"),
        ("http://a_b.example.org/", "a_b.example.org:80", "/"),
        ("http://deadbeef/", "deadbeef:80", "/"),
        ("http://[::FFFF:127.0.0.1]/", "[::ffff:7f00:1]:80", "/"),
        ("http://example.org/a@b/%41?c=@d%2F", "example.org:80", "/a@b/%41?c=@d%2F"),
    ],
)  # fmt: skip
def test_one_spelling_for_each_target(url: str, key: str, path: str) -> None:
    target = urls.parse(url)
    # How a mapped address is written depends on the version of Python.
    mapped = target.host_key.replace("127.0.0.1", "7f00:1") if "::" in key else target.host_key
    assert (mapped, target.path) == (key, path)
    assert urls.parse(target.url) == target


@given(st.text(max_size=40), st.text("ab.:/@\\?#[]%01 \t\n%4é。", max_size=20))
def test_any_text_is_a_target_or_bad(text: str, host: str) -> None:
    for url in (text, f"http://{text}", f"http://{host}/", f"http://{host}"):
        try:
            target = urls.parse(url)
        except FetchFailure as failure:
            assert failure.status == "bad_url"
        else:
            assert target.host.isascii()
            assert not set(target.host) & set("/@\\?#[]% ")
            assert urls.parse(target.url) == target


@given(st.text(max_size=30))
def test_any_location_is_a_target_or_bad(location: str) -> None:
    base = urls.parse("http://example.org/a/b?c")
    try:
        assert base.redirected(location).scheme in ("http", "https")
    except FetchFailure as failure:
        assert failure.status == "bad_url"


def test_relative_locations() -> None:
    base = urls.parse("https://example.org:8443/a/b?c")
    for location, url in (
        ("d", "https://example.org:8443/a/d"),
        ("/d?e", "https://example.org:8443/d?e"),
        ("?f", "https://example.org:8443/a/b?f"),
        ("//other.org/g", "https://other.org:443/g"),
        ("http://other.org", "http://other.org:80/"),
        ("/ä".encode().decode("latin-1"), "https://example.org:8443/%C3%A4"),
    ):
        assert base.redirected(location).url == url


# Hosts that the user allows.


@pytest.mark.parametrize(
    ("entry", "allowed", "refused"),
    [
        ("images.test", ["http://images.test/", "https://IMAGES.test.:81/"],
         ["http://x.images.test/", "http://images.test.evil.org/"]),
        ("Images.Test:8000", ["http://images.test:8000/"], ["http://images.test/"]),
        ("127.0.0.1", ["http://127.0.0.1:5/", "http://127.1/"],
         ["http://127.0.0.2/", "http://[::ffff:127.0.0.1]/", "http://localhost/"]),
        ("[::1]:80", ["http://[::1]/", "http://[0:0:0:0:0:0:0:1]/"], ["http://[::1]:81/"]),
        ("[::1]", ["http://[::1]:81/"], ["http://[::2]/"]),
        ("bücher.example", ["http://xn--bcher-kva.example/"], ["http://bucher.example/"]),
    ],
)  # fmt: skip
def test_only_what_is_named_is_allowed(entry: str, allowed: list[str], refused: list[str]) -> None:
    hosts = AllowedHosts.parse(["other.test", entry])
    assert all(urls.parse(url) in hosts for url in allowed)
    assert not any(urls.parse(url) in hosts for url in refused)


@pytest.mark.parametrize(
    "entry",
    ["", " ", "http://a.org", "a.org/", "a.org/x", "a@b.org", "*.a.org", "a.org:", "a.org:0",
     "a.org:x", "a.org:99999", "::1", "::1:80", "[::1", "[a.org]", "a b", "10.0.0.0/8", "a%20b",
     "a..b", "a.org\n"],
)  # fmt: skip
def test_what_is_no_host_is_refused_in_one_line(entry: str) -> None:
    with pytest.raises(UserError) as refusal:
        AllowedHosts.parse(["fine.org", entry])
    assert repr(entry) in str(refusal.value)
    assert "\n" not in str(refusal.value)
