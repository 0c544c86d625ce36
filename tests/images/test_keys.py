"""What identifies a picture, and which of its addresses is asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from influencers.images import keys, signed_urls, targets

MIRRORS = ("cdninstagram.com", "fbcdn.net")
CDN = "https://scontent-a.cdninstagram.com/v/t51/1_n.jpg"

CASES = [
    (f"{CDN}?oe=5F0E1A2B&x=1", "/v/t51/1_n.jpg", "scontent-a.cdninstagram.com:443"),
    ("http://SCONTENT-b.CDNinstagram.com/v/t51/1_n.jpg", "/v/t51/1_n.jpg",
     "scontent-b.cdninstagram.com:80"),
    ("https://cdninstagram.com:444/a.jpg#part", "/a.jpg", "cdninstagram.com:444"),
    # A mirror is a whole domain, not the end of a name.
    ("https://notcdninstagram.com/a.jpg", "notcdninstagram.com/a.jpg", "notcdninstagram.com:443"),
    ("https://cdninstagram.com.evil.example/a.jpg", "cdninstagram.com.evil.example/a.jpg",
     "cdninstagram.com.evil.example:443"),
    # Elsewhere two sites may have the same path, and a query may choose the picture.
    ("https://one.example/1.jpg?size=2", "one.example/1.jpg?size=2", "one.example:443"),
    ("http://one.example/1.jpg?size=2#x", "one.example/1.jpg?size=2", "one.example:80"),
    ("http://127.0.0.1:8000/p/1.jpg", "127.0.0.1:8000/p/1.jpg", "127.0.0.1:8000"),
    ("http://[::1]:8000/1.jpg", "[::1]:8000/1.jpg", "[::1]:8000"),
    ("https://cdninstagram.com", "cdninstagram.com", "cdninstagram.com:443"),
    ("not an address", "not an address", None),
    ("ftp://x.example/1.jpg", "ftp://x.example/1.jpg", None),
    ("http:///1.jpg", "/1.jpg", None),
    (None, None, None),
]  # fmt: skip


def described(spark: SparkSession, urls: list[str | None]) -> list[Row]:
    frame = spark.createDataFrame([(url,) for url in urls], "url string").select(
        keys.image_key(F.col("url"), mirrors=MIRRORS).alias("image_key"),
        keys.host_key(F.col("url")).alias("host"),
        keys.expires_at(F.col("url")).alias("expires_at"),
    )
    return frame.coalesce(1).collect()


def test_keys_and_hosts(spark: SparkSession) -> None:
    found = described(spark, [url for url, _, _ in CASES])
    assert [(row.image_key, row.host) for row in found] == [(key, host) for _, key, host in CASES]


def test_hosts_are_those_that_the_client_counts(spark: SparkSession) -> None:
    urls = [url for url, _, host in CASES if url and host]
    found = described(spark, list(urls))
    assert [row.host for row in found] == [targets.parse(url).host_key for url in urls]


def test_expiry_is_read_as_the_client_reads_it(spark: SparkSession) -> None:
    urls = [f"{CDN}{end}" for end in (
        "?oe=5F0E1A2B", "?x=1&oe=ffffffff&y", "?oe=5F0E1A2", "?oe=5F0E1A2BC", "?toe=5F0E1A2B", "",
        "?oe=00000000#x", "?oe=5F0E1A2B&oe=00000000",
    )]  # fmt: skip
    found = described(spark, list(urls))
    assert [row.expires_at for row in found] == [signed_urls.expires_at(url) for url in urls]


def test_a_long_address_has_a_bounded_key_of_its_own(spark: SparkSession) -> None:
    start = "https://one.example/" + "a" * 4000
    one, other = described(spark, [f"{start}1", f"{start}2"])
    assert len(one.image_key) == len(other.image_key) == 512
    assert one.image_key != other.image_key


@settings(max_examples=5)
@given(urls=st.lists(st.text(max_size=40), min_size=20, max_size=40))
def test_any_text_has_a_key(spark: SparkSession, urls: list[str]) -> None:
    clean = [url for url in urls if url.isprintable() and url]
    assert all(row.image_key for row in described(spark, list(clean)))


@pytest.mark.parametrize("partitions", [1, 5])
def test_the_address_that_is_valid_longest_is_asked(spark: SparkSession, partitions: int) -> None:
    urls = [
        f"{CDN}?oe=5F0E1A2B", f"{CDN}?oe=6F0E1A2B&b", f"{CDN}?oe=6F0E1A2B&a", None,
        "http://one.example/1.jpg", "https://one.example/1.jpg",
    ]  # fmt: skip
    posts = spark.createDataFrame([(url,) for url in urls], "image_url string")
    rows = keys.distinct_images(posts.repartition(partitions), mirrors=MIRRORS).collect()
    found = {row.image_key: row.url for row in rows}
    assert found == {
        "/v/t51/1_n.jpg": f"{CDN}?oe=6F0E1A2B&a",
        "one.example/1.jpg": "http://one.example/1.jpg",
    }


def test_an_address_without_expiry_is_valid_for_ever(spark: SparkSession) -> None:
    posts = spark.createDataFrame([(CDN,), (f"{CDN}?oe=FFFFFFFF",)], "image_url string")
    (row,) = keys.distinct_images(posts, mirrors=MIRRORS).collect()
    assert (row.url, row.host, row.expires_at) == (CDN, "scontent-a.cdninstagram.com:443", None)
