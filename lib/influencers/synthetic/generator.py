"""Making a synthetic sample: `posts.csv` or `crawls/`, `images/` and `truth/` in a local folder.

A sample is written with plain file I/O and without Spark: it is for one machine, its blocks come
and go one at a time, and sending its bytes through Spark's gateway would be the slowest part.
Memory does not grow with posts: some tens of bytes an account (two hundred with several crawls) and
ten an image are kept.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from influencers.config import GenerateConfig
from influencers.errors import UserError
from influencers.synthetic import (
    accounts,
    crawl_truth,
    crawls_file,
    effects,
    gallery,
    hashtags,
    image_files,
    posts_file,
    truth,
)
from influencers.synthetic.gallery import Gallery
from influencers.synthetic.streams import Integers
from influencers.synthetic.topics import TOPICS

_OF_SEVERAL_CRAWLS = ("crawls", "every_hours")


def local_folder(uri: str) -> Path:
    """The folder that a path or a `file:` URI names.

    Raises:
        UserError: the URI is of another scheme; samples are written to local folders only.
    """
    parts = urlsplit(uri)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(unquote(parts.path))
    if "://" in uri:
        raise UserError(
            f"cannot generate into {uri}: a sample is written to a local folder; "
            "generate into one and copy it"
        )
    return Path(uri)


def generate(target_dir: Path, options: GenerateConfig) -> dict[str, Any]:
    """Make a sample in `target_dir`, and return what reading it must give.

    The same options give the same bytes in posts.csv, crawls/ and truth/, save for what is measured
    on images: their bytes are those of the installed Pillow. There are never more accounts or
    images than posts. An earlier sample in the folder is replaced.

    Returns:
        The content of truth/expected.json: `rows.{read,posts,quarantined,duplicates}`, `reasons`
        (counts by reason code), `accounts` (with at least one good post), `images`, `options`.
        Of several crawls also `rows.{repeated,observations}`, of which `rows.duplicates` is the
        sum, and `{post,account}_observations`: distinct posts and accounts by time of crawl.

    Raises:
        UserError: the folder cannot be written to, or a disk is full.
    """
    try:
        (target_dir / "truth").mkdir(parents=True, exist_ok=True)
        _remove(target_dir)
        count = min(options.images, options.posts)
        images = gallery.plan(options.seed, count, own=count == options.posts)
        image_files.write(target_dir, images, options)
        if options.crawls > 1:
            return _write_crawls(target_dir, images, options)
        return _write_posts(target_dir, images, options)
    except OSError as error:
        raise UserError(
            f"cannot write the sample to {target_dir}: {error.strerror or error}; "
            "choose a folder that can be written to, with room for it"
        ) from error


def _remove(target_dir: Path) -> None:
    """Remove the posts and images of an earlier sample, and the truth that this one may lack."""
    (target_dir / posts_file.NAME).unlink(missing_ok=True)
    crawls_file.remove(target_dir)
    for name in crawl_truth.NAMES:
        (target_dir / "truth" / f"{name}.csv").unlink(missing_ok=True)
    image_files.remove(target_dir)


def _write_posts(target_dir: Path, images: Gallery, options: GenerateConfig) -> dict[str, Any]:
    folder = target_dir / "truth"
    tally = posts_file.write(target_dir, images, options)
    _write_world(folder, options, tally.good_posts, {})
    truth.readme(folder)
    quarantined = sum(tally.reasons.values())
    rows = {
        "read": options.posts,
        "posts": options.posts - quarantined - tally.duplicates,
        "quarantined": quarantined,
        "duplicates": tally.duplicates,
    }
    # A sample of one crawl is told as it was before there were several.
    options_shown = {k: v for k, v in asdict(options).items() if k not in _OF_SEVERAL_CRAWLS}
    return _expected(folder, {"rows": rows}, tally, len(images), options_shown)


def _write_crawls(target_dir: Path, images: Gallery, options: GenerateConfig) -> dict[str, Any]:
    folder = target_dir / "truth"
    tally = crawls_file.write(target_dir, images, options)
    _write_world(folder, options, tally.good_posts, crawl_truth.described())
    crawl_truth.write(folder, options, tally)
    truth.readme(folder, head=crawl_truth.HEAD, records=crawl_truth.RECORDS)
    return _expected(folder, crawl_truth.counts(tally), tally, len(images), asdict(options))


def _write_world(
    folder: Path, options: GenerateConfig, good_posts: Integers, more_drivers: dict[str, object]
) -> None:
    """Write accounts.csv, hashtags.csv and drivers.json."""
    _write_accounts(folder, options.seed, good_posts)
    with truth.table(folder, "hashtags", hashtags.VOCABULARY_COLUMNS) as rows:
        for row in hashtags.vocabulary():
            rows.writerow(row)
    drivers = {"virality": effects.described(), "influence": accounts.described(), **more_drivers}
    truth.document(folder, "drivers", drivers)


def _expected(
    folder: Path,
    counts: dict[str, Any],
    tally: posts_file.Tally | crawls_file.Tally,
    images: int,
    options: dict[str, Any],
) -> dict[str, Any]:
    expected = {
        **counts,
        "reasons": dict(sorted(tally.reasons.items())),
        "accounts": int((tally.good_posts > 0).sum()),
        "images": images,
        "options": options,
    }
    truth.document(folder, "expected", expected)
    return expected


def _write_accounts(folder: Path, seed: int, good_posts: Integers) -> None:
    columns = (
        "owner_id", "owner_username", "community", "community_name", "language", "followers",
        "following", "skill", "posts",
    )  # fmt: skip
    with truth.table(folder, "accounts", columns) as rows:
        for part in accounts.spans(seed, len(good_posts)):
            for place, number in enumerate(part.number.tolist()):
                topic = TOPICS[part.topic[place]]
                rows.writerow((
                    part.owner_id[place], part.handle[place], part.topic[place], topic.name,
                    topic.language, part.followers[place], part.following[place],
                    f"{part.skill[place]:.4f}", good_posts[number],
                ))  # fmt: skip
