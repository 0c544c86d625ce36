from __future__ import annotations

import io
from collections import Counter, defaultdict
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from influencers.config import DuplicatesConfig, GenerateConfig
from influencers.synthetic import gallery, generate, image_drawing
from sample_reader import Sample


def test_the_files_are_those_of_the_truth_and_of_the_urls(sample: Sample) -> None:
    files = {path.name for path in (sample.folder / "images" / "p").iterdir()}
    listed = {row["image"] for row in sample.truth("images")}
    shown = Counter(post["imageUrl"].split("?")[0].rsplit("/", 1)[1] for post in sample.posts)
    assert files == listed == set(shown)
    assert len(files) == sample.options.images == sample.expected["images"]
    assert max(shown.values()) < 1.2 * min(shown.values())


def test_the_truth_about_a_file_is_what_can_be_measured(sample: Sample) -> None:
    folder = sample.folder / "images" / "p"
    kinds = Counter()
    for row in sample.truth("images"):
        data = (folder / row["image"]).read_bytes()
        image = Image.open(io.BytesIO(data))
        original = Image.open(folder / row["original"])
        assert (image.format, str(image.width), str(image.height), str(len(data))) == (
            row["format"], row["width"], row["height"], row["bytes"],
        )  # fmt: skip
        assert str(imagehash.phash(image)) == row["phash"]
        assert imagehash.phash(image) - imagehash.phash(original) == int(row["distance"])
        assert (row["kind"] == "original") == (row["image"] == row["original"])
        if row["kind"] == "exact":
            assert data == (folder / row["original"]).read_bytes()
        kinds[row["kind"]] += 1
    assert kinds["original"] == 42 and len(kinds) >= 5
    assert {row["format"] for row in sample.truth("images")} >= {"JPEG", "PNG"}


def test_groups_hold_an_original_and_all_its_copies(sample: Sample) -> None:
    rows = sample.truth("images")
    originals = defaultdict(set)
    for row in rows:
        if row["group"]:
            originals[row["group"]].add(row["original"])
        else:
            assert row["kind"] == "original"
            assert sum(other["original"] == row["image"] for other in rows) == 1
    assert all(len(names) == 1 for names in originals.values())
    assert max(Counter(row["group"] for row in rows if row["group"]).values()) >= 3


def test_copies_are_near_and_other_images_far(tmp_path: Path) -> None:
    generate(tmp_path, GenerateConfig(posts=150, images=150, seed=5, image_size=128))
    sample = Sample(tmp_path, GenerateConfig(), {})
    rows = sample.truth("images")
    copies = np.array([int(row["distance"]) for row in rows if row["kind"] != "original"])
    assert len(copies) == 45 and np.mean(copies <= 6) > 0.8 and copies.max() < 16
    hashes = np.array([int(row["phash"], 16) for row in rows if row["kind"] == "original"])
    bits = (hashes[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    apart = (bits[:, None] != bits[None]).sum(axis=-1)[np.triu_indices(len(hashes), 1)]
    assert apart.min() > 10 and 28 < apart.mean() < 36


def test_images_look_different_from_each_other() -> None:
    drawn = [image_drawing.drawn(7, number, 96) for number in range(40)]
    colours = [np.asarray(one.convert("RGB")).reshape(-1, 3).mean(axis=0) for one in drawn]
    assert np.std(colours, axis=0).min() > 15
    assert len({one.size for one in drawn}) >= 3
    assert all(np.asarray(one.convert("L")).std() > 10 for one in drawn)
    assert max(max(one.size) for one in drawn) == 96


@pytest.mark.parametrize("kind", [kind for kind in gallery.KINDS if kind != "original"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_every_kind_of_copy_stays_near(kind: str, mode: str) -> None:
    original = image_drawing.encoded(image_drawing.drawn(7, 3, 240).convert(mode), "jpg")
    copy = image_drawing.copied(7, 4, kind, "jpg", original)
    assert (copy == original) == (kind == "exact")
    assert copy == image_drawing.copied(7, 4, kind, "jpg", original)
    hashes = [imagehash.phash(image_drawing.decoded(data)) for data in (original, copy)]
    assert hashes[1] - hashes[0] <= 8


@given(st.integers(0, 500), st.integers(0, 50))
def test_own_images_are_one_post_s_each(images: int, seed: int) -> None:
    plan = gallery.plan(seed, images, own=True)
    assert sorted(plan.order.tolist()) == list(range(images))


@given(st.integers(0, 200), st.integers(0, 50))
def test_copies_follow_their_originals_within_a_chunk(images: int, seed: int) -> None:
    plan = gallery.plan(seed, images)
    assert len(plan) == images
    for number, (original, kind) in enumerate(zip(plan.original, plan.kind, strict=True)):
        assert (original == number) == (kind == 0)
        assert plan.kind[original] == 0
        assert original <= number and original // gallery.CHUNK == number // gallery.CHUNK
        same = plan.extension[original] == plan.extension[number]
        assert same or gallery.KINDS[kind] != "exact"
        assert not same or gallery.KINDS[kind] != "reformatted"


def test_posts_of_an_account_show_different_images() -> None:
    names = gallery.names_for_posts(gallery.plan(7, 50), np.arange(1_000), 7)
    assert set(Counter(names).values()) == {20}
    assert all(len(set(names[first : first + 50])) == 50 for first in range(950))


def test_without_images_every_post_has_a_url_of_its_own() -> None:
    names = gallery.names_for_posts(gallery.plan(7, 0), np.arange(1_000), 7)
    assert len(set(names)) == 1_000


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A sample in which each post has an image of its own, as by default."""
    folder = tmp_path_factory.mktemp("own")
    options = GenerateConfig(posts=1_500, accounts=100, image_size=64)
    return Sample(folder, options, generate(folder, options))


def shown_by(sample: Sample) -> dict[str, list[dict[str, str]]]:
    """The posts that show each image, by file name."""
    posts = defaultdict(list)
    for post in sample.posts:
        posts[post["imageUrl"].split("?")[0].rsplit("/", 1)[1]].append(post)
    return posts


def test_each_post_has_an_image_address_of_its_own(own: Sample) -> None:
    posts = shown_by(own)
    assert {len(showing) for showing in posts.values()} == {1}
    assert len(posts) == own.expected["rows"]["posts"]
    files = {path.name for path in (own.folder / "images" / "p").iterdir()}
    assert set(posts) <= files == {row["image"] for row in own.truth("images")}
    assert own.expected["images"] == len(files) == own.options.posts


def test_only_planted_groups_have_near_images(own: Sample) -> None:
    rows = own.truth("images")
    hashes = np.array([int(row["phash"], 16) for row in rows], dtype=np.uint64)
    groups = np.unique([row["group"] or row["image"] for row in rows], return_inverse=True)[1]
    bits = (hashes[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    signs = 1.0 - 2.0 * bits
    first, second = np.nonzero(np.triu(32 - signs @ signs.T / 2 <= DuplicatesConfig().radius, 1))
    assert len(first) >= 60
    assert (groups[first] == groups[second]).all()


def test_few_accounts_copy_and_are_copied(own: Sample) -> None:
    posts = shown_by(own)
    copies, originals = set(), set()
    for row in own.truth("images"):
        if row["group"]:
            owners = originals if row["kind"] == "original" else copies
            owners.update(post["owner_id"] for post in posts[row["image"]])
    assert 3 <= len(copies) <= 0.15 * own.options.accounts
    assert len(copies | originals) <= 0.4 * own.options.accounts
