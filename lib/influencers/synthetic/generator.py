"""Making a synthetic sample: `posts.csv`, `images/` and `truth/` in a local folder.

A sample is written with plain file I/O and without Spark: it is for one machine, its blocks come
and go one at a time, and sending its bytes through Spark's gateway would be the slowest part.
Memory does not grow with posts: some tens of bytes an account and ten an image are kept.
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
    effects,
    gallery,
    hashtags,
    image_files,
    posts_file,
    truth,
)
from influencers.synthetic.posts_file import Tally
from influencers.synthetic.streams import Integers
from influencers.synthetic.topics import TOPICS


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

    The same options give the same bytes in posts.csv and truth/, save for what is measured on
    images: their bytes are those of the installed Pillow. There are never more accounts or
    images than posts. An earlier sample in the folder is replaced.

    Returns:
        The content of truth/expected.json: `rows.{read,posts,quarantined,duplicates}`, `reasons`
        (counts by reason code), `accounts` (with at least one good post), `images`, `options`.

    Raises:
        UserError: the folder cannot be written to, or a disk is full.
    """
    try:
        (target_dir / "truth").mkdir(parents=True, exist_ok=True)
        (target_dir / posts_file.NAME).unlink(missing_ok=True)
        image_files.remove(target_dir)
        count = min(options.images, options.posts)
        images = gallery.plan(options.seed, count, own=count == options.posts)
        image_files.write(target_dir, images, options)
        tally = posts_file.write(target_dir, images, options)
        return _write_truth(target_dir / "truth", options, tally, images=len(images))
    except OSError as error:
        raise UserError(
            f"cannot write the sample to {target_dir}: {error.strerror or error}; "
            "choose a folder that can be written to, with room for it"
        ) from error


def _write_truth(
    folder: Path, options: GenerateConfig, tally: Tally, *, images: int
) -> dict[str, Any]:
    _write_accounts(folder, options.seed, tally.good_posts)
    with truth.table(folder, "hashtags", hashtags.VOCABULARY_COLUMNS) as rows:
        for row in hashtags.vocabulary():
            rows.writerow(row)
    truth.document(
        folder, "drivers", {"virality": effects.described(), "influence": accounts.described()}
    )
    truth.readme(folder)
    quarantined = sum(tally.reasons.values())
    expected = {
        "rows": {
            "read": options.posts,
            "posts": options.posts - quarantined - tally.duplicates,
            "quarantined": quarantined,
            "duplicates": tally.duplicates,
        },
        "reasons": dict(sorted(tally.reasons.items())),
        "accounts": int((tally.good_posts > 0).sum()),
        "images": images,
        "options": asdict(options),
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
