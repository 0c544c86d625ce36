from __future__ import annotations

import itertools
import re
from collections import Counter

import numpy as np
import pytest

from influencers.config import GenerateConfig
from influencers.synthetic import accounts, flaws, gallery, posts, records
from influencers.synthetic.flaws import FIELDS
from sample_reader import Sample, read_strictly, reasons


def test_the_bad_records_are_those_that_the_truth_names_for_its_reasons(sample: Sample) -> None:
    header, *written = sample.records
    assert header.cells == list(FIELDS)
    found = {
        str(number): why
        for number, one in enumerate(written, start=1)
        if (why := reasons(one, FIELDS))
    }
    planted = {row["record"]: [row["reason"]] for row in sample.truth("bad_records")}
    assert found == planted
    assert {flaw.reason for flaw in flaws.FLAWS} == {why for (why,) in planted.values()}


def test_a_bad_record_is_one_line_with_no_quotes_but_its_own(sample: Sample) -> None:
    _, *written = sample.records
    for row in sample.truth("bad_records"):
        text = written[int(row["record"]) - 1].text
        assert "\n" not in text
        assert text.count('"') in ((1, 5) if row["reason"] == "unclosed_quote" else (0,))


def test_the_counts_are_those_expected(sample: Sample) -> None:
    _, *written = sample.records
    rows = sample.expected["rows"]
    assert rows["read"] == len(written) == sample.options.posts
    assert rows["quarantined"] == sample.options.posts * sample.options.bad_share
    assert rows["duplicates"] == sample.options.posts * sample.options.duplicate_share
    assert rows["read"] == rows["posts"] + rows["quarantined"] + rows["duplicates"]
    good = [one.cells for one in written if one.cells is not None and not reasons(one, FIELDS)]
    assert len({cells[2] for cells in good}) == rows["posts"]
    assert len({cells[0] for cells in good}) == sample.expected["accounts"]
    assert Counter(r["reason"] for r in sample.truth("bad_records")) == sample.expected["reasons"]


def test_a_second_crawl_never_knows_less_and_the_winner_knows_most(sample: Sample) -> None:
    _, *written = sample.records
    kinds = Counter()
    for row in sample.truth("duplicates"):
        first, copy, winner = (
            dict(zip(FIELDS, written[int(row[name]) - 1].cells or [], strict=True))
            for name in ("record", "copy_record", "winner_record")
        )
        kinds[row["kind"]] += 1
        assert first["shortcode"] == copy["shortcode"] == row["shortcode"]
        if row["kind"] == "exact":
            assert first == copy
        else:
            pairs = [
                (int(copy[n]), int(first[n]))
                for n in ("likes", "comments")
                if first[n] not in ("", "-1")
            ]
            assert pairs and all(later > earlier for later, earlier in pairs)
            assert winner == copy
            changed = {name for name in FIELDS if first[name] != copy[name]}
            assert changed <= {"likes", "comments", "imageUrl"}
            assert copy["imageUrl"].split("?")[0] == first["imageUrl"].split("?")[0]
            assert expiry(copy) == expiry(first) + 30 * 86_400
        assert (winner["likes"], winner["comments"]) == (row["likes"], row["comments"])
    assert min(kinds.values()) > 40
    before = [int(r["copy_record"]) < int(r["record"]) for r in sample.truth("duplicates")]
    assert 0.2 < np.mean(before) < 0.8


def expiry(post: dict[str, str]) -> int:
    return int(post["imageUrl"].split("oe=")[1].split("&")[0], 16)


def test_accounts_stand_together_newest_first(sample: Sample) -> None:
    made = sample.posts
    owners = [post["owner_id"] for post in made]
    assert len(set(owners)) == 1 + sum(a != b for a, b in itertools.pairwise(owners))
    days = [int(post["created_at"]) // 86_400 for post in made]
    for place in range(1, len(made)):
        assert owners[place] != owners[place - 1] or days[place] <= days[place - 1]


def test_values_are_missing_and_spelt_as_in_real_files(sample: Sample) -> None:
    made = sample.posts
    for name in ("is_video", "multiple_images"):
        assert {post[name] for post in made} >= {"True", "true", "TRUE", "1", "False", "0"}
    assert 0.01 < np.mean([post["likes"] == "-1" for post in made]) < 0.03
    assert 0.03 < np.mean([post["comments"] == "" for post in made]) < 0.07
    assert 0.6 < np.mean([post["location"] == "" for post in made]) < 0.8
    assert any(post["following"] == "0" for post in made)
    assert any(post["username"] == "" for post in made)
    years = {1970 + int(post["created_at"]) // 31_556_952 for post in made}
    assert years == set(range(2016, 2025))


def test_most_urls_are_good_for_years_and_a_share_has_expired(sample: Sample) -> None:
    expiries = []
    for post in sample.posts:
        found = re.fullmatch(
            r"https://images\.example/p/[0-9a-f]{16}\.(?:jpg|png|webp)"
            r"\?oe=([0-9A-F]{8})&_nc_ht=images\.example&_nc_cat=\d{3}&oh=[0-9a-f]{16}",
            post["imageUrl"],
        )
        assert found, post["imageUrl"]
        expiries.append(int(found[1], 16))
    assert 0.03 < np.mean(np.array(expiries) < 1_767_225_600) < 0.07
    assert max(expiries) > 2_000_000_000


def test_any_block_can_be_made_alone(sample: Sample) -> None:
    options = sample.options
    edges = accounts.post_edges(options.seed, options.accounts, options.posts)
    last = posts.block(options, edges, 1)
    roles = posts.roles(options, posts.BLOCK, len(last.number))
    images = gallery.plan(options.seed, options.images)
    lines = records.write(options, images, last, roles).lines
    data = "\n".join([*lines, ""]).encode("utf-8", "surrogateescape")
    assert (sample.folder / "posts.csv").read_bytes().endswith(b"\n" + data)


@pytest.mark.parametrize("share", [0.0, 0.003, 0.29, 0.5])
def test_shares_hold_over_any_number_of_blocks(share: float) -> None:
    options = GenerateConfig(bad_share=share, duplicate_share=0.1)
    made = [posts.roles(options, first, 10_000) for first in range(0, 60_000, 10_000)]
    assert sum(len(part.bad) for part in made) == round(60_000 * share)
    for part in made:
        taken = np.concatenate([part.bad, part.copy, part.source])
        assert len(np.unique(taken)) == len(taken) == len(part.bad) + 2 * len(part.copy)


def test_the_reader_of_these_tests_is_strict() -> None:
    data = b'a,"x ""y"" \n,z",c\n1,"open,2\n3,"d\ne",4\n5,"f"g,6\n'
    assert [one.cells for one in read_strictly(data)] == [
        ["a", 'x "y" \n,z', "c"], None, ["3", "d\ne", "4"], None,
    ]  # fmt: skip
