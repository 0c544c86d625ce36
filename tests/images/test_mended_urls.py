r"""Addresses as they are left in HTML, JSON and tables: what is asked is what a browser asks."""

from __future__ import annotations

import html
import json
import string
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from hostile_server import IMAGE, HostileServer
from image_options import PATIENT
from influencers.images import keys
from influencers.images.failures import FetchFailure
from influencers.images.http import urls
from influencers.images.http.client import Client
from influencers.images.mended_urls import mended

PLAIN = "https://a.example:8443/v/t51/1_n.jpg?_nc_ht=a.example&oe=5F0E1A2B&x=%2f%2F%41"
ESCAPED = {
    "HTML": html.escape(PLAIN),
    "HTML, twice": html.escape(html.escape(PLAIN)),
    "HTML by number": PLAIN.replace("&", "&#38;"),
    "HTML by number, in hexadecimal": PLAIN.replace("&", "&#x26;"),
    "JSON": PLAIN.replace("/", r"\/"),
    "JSON as in pages": PLAIN.replace("/", r"\/").replace("&", r"\u0026"),
    "JSON, all of it": PLAIN.replace("/", r"\u002F").replace("&", r"\u0026").replace(
        "=", r"\u003d").replace("?", r"\u003F").replace("%", r"\u0025"),
    "JSON in JSON": PLAIN.replace("/", r"\\/").replace("&", r"\\u0026"),
    "HTML in JSON": html.escape(PLAIN).replace("&", r"\u0026"),
    "a cell with spaces": f"  {PLAIN}\t\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", ESCAPED)
def test_escapes_of_the_text_around_an_address_are_undone(kind: str) -> None:
    assert mended(ESCAPED[kind]) == PLAIN


URLS = st.text(string.ascii_letters + string.digits + "/?&=%._-~:;,()[]'", max_size=60).map(
    "http://h/".__add__
)


@given(URLS, st.sampled_from([html.escape, lambda url: json.dumps(url)[1:-1], str.strip]))
def test_an_escaped_address_is_the_plain_one(url: str, escape: object) -> None:
    """Unless the plain one has what reads as an escape itself."""
    if mended(url) == url:
        undone = mended(escape(url).replace("&#x27;", "'"))  # type: ignore[operator]
        assert undone == url


@given(st.text("\\u0026/&amp;#38x \t\n=?é", max_size=60))
def test_mending_twice_changes_nothing_that_is_asked(url: str) -> None:
    once = mended(url)
    assert once.strip() == once
    assert "\\/" not in once


def test_mending_takes_time_in_proportion() -> None:
    for piece in ("\\", "&amp;", "\\u", " ", "&#0", "amp;"):
        before = time.process_time()
        mended("http://h/" + piece * 200_000)
        assert time.process_time() - before < 1.0, piece


# As Chrome and Firefox send them (the URL standard's percent-encode sets of path and query).
SENT = [
    ("/a b.jpg", "/a%20b.jpg"),
    ("/a%20b.jpg?q=a b", "/a%20b.jpg?q=a%20b"),
    ("/a[1](2).jpg?x[]=[1]", "/a[1](2).jpg?x[]=[1]"),
    ("/bücher/☕.jpg?é=ü", "/b%C3%BCcher/%E2%98%95.jpg?%C3%A9=%C3%BC"),
    ('/"<x>`{y}^|.jpg?"<x>`{y}^|\'', "/%22%3Cx%3E%60%7By%7D%5E|.jpg?%22%3Cx%3E`{y}^|%27"),
    ("/100%.jpg?a=%zz&b=%", "/100%.jpg?a=%zz&b=%"),
    ("/%7e%2fa%C3%a9?%2F%2f", "/%7e%2fa%C3%a9?%2F%2f"),
    ("/a\\b.jpg", "/a/b.jpg"),
    ("/a/./b/../c.jpg", "/a/c.jpg"),
    ("/a/..", "/"),
    ("/../../a//b", "/a//b"),
    ("?x", "/?x"),
    ("/a@b:c;d,e'f.jpg#fragment", "/a@b:c;d,e'f.jpg"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "sent"), SENT)
def test_characters_travel_as_browsers_send_them(written: str, sent: str) -> None:
    assert urls.parse(f"http://h{written}").path == sent
    assert urls.parse(f"http://h{sent}").path == sent


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_quoted_address_is_asked_byte_for_byte(path: str, query: str) -> None:
    escaped = f"/{quote(path, safe='')}?{quote(query, safe='')}"
    assert urls.parse(f"http://h{escaped}").path == escaped or "." in path
    assert urls.parse(f"http://h{escaped.lower()}").path == escaped.lower() or "." in path


@pytest.mark.parametrize(
    "url",
    ["http://a b/c", "http://a\\b/c", "http:\\\\a/c", "http://a%2eb/c", "http://a@b/c", "http:/a/b",
     "http://a\xa0b/", "//a/b", "http://h/\0a", "http://h/a\r\nb", "http://h/a\x7fb"],
)  # fmt: skip
def test_nothing_doubtful_is_mended_in_the_host(url: str) -> None:
    with pytest.raises(FetchFailure, match="bad_url"):
        urls.parse(mended(url))


def test_what_arrives_is_what_a_browser_sends() -> None:
    files = {"/a%20b%5b.jpg": IMAGE, "/[c]%C3%A9.jpg": IMAGE}
    with HostileServer(files=files) as server, Client(PATIENT, (server.host_key,)) as client:
        plain = server.url("/a%20b%5b.jpg?a=1&b=%2f")
        for url in (plain, html.escape(plain), plain.replace("/", r"\/").replace("&", r"\u0026")):
            assert client.fetch(url).status == "ok", url
            assert dict(server.requests[-1].query) == {"a": "1", "b": "/"}
        assert client.fetch(server.url("/[c]é.jpg")).status == "ok"
        assert client.fetch(server.url("/redirect?to=/[c]é.jpg")).status == "ok"


def test_keys_hosts_and_ends_are_those_of_the_mended_address(spark: SparkSession) -> None:
    odd = [*ESCAPED.values(), PLAIN, r"http://h/\\\u00&am;", "  ", "&amp;#038;", r"\/\/h\/a b.jpg"]
    frame = spark.createDataFrame([(url,) for url in odd], "url string").coalesce(1)
    url = F.col("mended")
    rows = frame.select("url", keys.mended(F.col("url")).alias("mended")).select(
        "url", "mended", keys.host_key(url).alias("host"),
        keys.image_key(url, mirrors=()).alias("image_key"), keys.expires_at(url).alias("end"),
    ).collect()  # fmt: skip
    assert [row.mended for row in rows] == [mended(row.url) for row in rows]
    for row in rows[: len(ESCAPED) + 1]:
        assert (row.host, row.end) == ("a.example:8443", 0x5F0E1A2B)
        assert row.image_key == PLAIN.removeprefix("https://")
