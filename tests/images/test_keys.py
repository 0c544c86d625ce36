"""What identifies an image, and which of its addresses is asked."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from influencers.images import keys, signed_urls
from influencers.images.http import urls as targets

MIRRORS = ("cdninstagram.com", "fbcdn.net")
CDN = "https://scontent-a.cdninstagram.com/v/t51/1_n.jpg"

NOON = datetime(2017, 4, 1, 12, tzinfo=timezone.utc)

CASES = [
    (f"{CDN}?oe=5F0E1A2B&x=1", "/v/t51/1_n.jpg", "scontent-a.cdninstagram.com:443"),
    ("http://SCONTENT-b.CDNinstagram.com/v/t51/1_n.jpg", "/v/t51/1_n.jpg",
     "scontent-b.cdninstagram.com:80"),
    ("https://cdninstagram.com:444/a.jpg#part", "/a.jpg", "cdninstagram.com:444"),
    # Elsewhere on the network a program makes images of its query.
    ("https://external.xx.fbcdn.net/safe_image.php?_nc_x=1&url=https%3A%2F%2Fa.example%2F1.jpg&w=9&oe=5F0E1A2B",
     "/safe_image.php?url=https%3A%2F%2Fa.example%2F1.jpg&w=9", "external.xx.fbcdn.net:443"),
    ("https://a.fbcdn.net/image?id=7&_nc_cat=1&oh=x", "/image?id=7", "a.fbcdn.net:443"),
    ("https://a.fbcdn.net/320x320.jpg?src=b.jpg", "/320x320.jpg?src=b.jpg", "a.fbcdn.net:443"),
    ("https://a.fbcdn.net/rsrc.php/v3/yo/UlIq-SK.png?_nc_x=5", "/rsrc.php/v3/yo/UlIq-SK.png",
     "a.fbcdn.net:443"),
    # The usual names.
    ("https://a.fbcdn.net/v/t1.0-9/1234567_98_n.JPG?_nc_cat=1&stp=dst-jpg&x=2",
     "/v/t1.0-9/1234567_98_n.JPG", "a.fbcdn.net:443"),
    ("https://a.fbcdn.net/m1/v/t6/An_12345678_x?x=2", "/m1/v/t6/An_12345678_x", "a.fbcdn.net:443"),
    # A mirror is a whole domain, not the end of a name.
    ("https://notcdninstagram.com/a.jpg", "notcdninstagram.com/a.jpg", "notcdninstagram.com:443"),
    ("https://cdninstagram.com.evil.example/a.jpg", "cdninstagram.com.evil.example/a.jpg",
     "cdninstagram.com.evil.example:443"),
    # Elsewhere two sites may have the same path, and a query may choose the image.
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


PARAMETERS = st.sampled_from(["oe=5F0E1A2B", "oh=0a", "_nc_ht=h", "_nc_cat=1", "ccb=1-7", "stp=d"])
FILES = st.from_regex(r"[a-z_]{0,5}[0-9]{1,20}_[a-z]\.(jpg|JPEG|png|webp|heic|mp4)", fullmatch=True)


@settings(max_examples=4)
@given(
    files=st.lists(FILES, min_size=5, max_size=10, unique=True),
    queries=st.lists(st.from_regex(r"[a-zA-Z0-9_=&%.-]{0,30}", fullmatch=True), min_size=10,
                     max_size=10),
)  # fmt: skip
def test_a_path_that_names_its_file_is_the_key(
    spark: SparkSession, files: list[str], queries: list[str]
) -> None:
    """For any query that names no other file: keys of ledgers stay what they are."""
    chooses = ("url=", "uri=", "src=", "id=")
    pairs = [(file, q) for file, q in zip(files, queries, strict=False)
             if not any(name in q for name in chooses)]  # fmt: skip
    urls = [f"https://h{n}.fbcdn.net/v/t51/{file}?{q}" for n, (file, q) in enumerate(pairs)]
    found = described(spark, list(urls))
    assert [row.image_key for row in found] == [f"/v/t51/{file}" for file, _ in pairs]


@settings(max_examples=4)
@given(
    shown=st.lists(st.from_regex(r"[a-z0-9%./]{1,20}", fullmatch=True), min_size=5, max_size=10,
                   unique=True),
    program=st.sampled_from(["safe_image.php?url=", "image?id=", "a/resize?src=", "t.jpg?q="]),
    signs=st.tuples(*[st.lists(PARAMETERS, max_size=3, unique=True)] * 4),
)  # fmt: skip
def test_an_image_made_of_a_query_is_known_by_it(
    spark: SparkSession, shown: list[str], program: str, signs: tuple[list[str], ...]
) -> None:
    """Another choice is another image; another host or signature, before or after, is not."""
    path, _, name = program.partition("?")

    def url(host: str, one: str, before: list[str], after: list[str]) -> str:
        return f"https://{host}.fbcdn.net/{path}?{'&'.join([*before, name + one, *after])}"

    urls = [url("a", one, signs[0], signs[1]) for one in shown]
    urls += [url("b", one, signs[2], signs[3]) for one in shown]
    rows = [row.image_key for row in described(spark, list(urls))]
    assert rows[: len(shown)] == rows[len(shown) :] == [f"/{program}{one}" for one in shown]


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


def posts_of(spark: SparkSession, shown: list[tuple[str | None, datetime]]) -> DataFrame:
    return spark.createDataFrame(shown, "image_url string, created_at timestamp")


def test_of_addresses_equally_valid_that_of_the_latest_post_is_asked(spark: SparkSession) -> None:
    later = NOON + timedelta(seconds=1)
    posts = posts_of(spark, [(f"{CDN}?a", NOON), (f"{CDN}?c", later), (f"{CDN}?b", later)])
    (row,) = keys.distinct_images(posts, mirrors=MIRRORS).collect()
    assert row.url == f"{CDN}?b"


@pytest.mark.parametrize("partitions", [1, 5])
def test_the_address_that_is_valid_longest_is_asked(spark: SparkSession, partitions: int) -> None:
    urls = [
        f"{CDN}?oe=5F0E1A2B", f"{CDN}?oe=6F0E1A2B&b", f"{CDN}?oe=6F0E1A2B&a", None,
        "http://one.example/1.jpg", "https://one.example/1.jpg",
    ]  # fmt: skip
    posts = posts_of(spark, [(url, NOON) for url in urls])
    rows = keys.distinct_images(posts.repartition(partitions), mirrors=MIRRORS).collect()
    found = {row.image_key: row.url for row in rows}
    assert found == {
        "/v/t51/1_n.jpg": f"{CDN}?oe=6F0E1A2B&a",
        "one.example/1.jpg": "http://one.example/1.jpg",
    }


def test_an_address_without_expiry_is_valid_for_ever(spark: SparkSession) -> None:
    posts = posts_of(spark, [(CDN, NOON), (f"{CDN}?oe=FFFFFFFF", NOON)])
    (row,) = keys.distinct_images(posts, mirrors=MIRRORS).collect()
    assert (row.url, row.host, row.expires_at) == (CDN, "scontent-a.cdninstagram.com:443", None)
