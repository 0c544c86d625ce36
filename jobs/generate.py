"""Generate: a synthetic sample of posts and images, and the truth about it."""

from __future__ import annotations

import sys

from influencers import progress, synthetic
from influencers.config import Config
from influencers.measured.metrics import Metrics
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: object, config: Config) -> Metrics:
    """Write posts.csv or crawls/, images/ and truth/ below the output folder; needs no session."""
    folder = synthetic.local_folder(config.paths.output)
    expected = synthetic.generate(folder, config.generate)
    rows = expected["rows"]
    of = f"{expected['accounts']:,} accounts"
    if config.generate.crawls > 1:
        of += f" by {config.generate.crawls:,} crawls"
        again = (
            f"{rows['observations']:,} later observations, {rows['repeated']:,} repeated records"
        )
    else:
        again = f"{rows['duplicates']:,} second crawls"
    progress.say(
        f"{folder}: {rows['read']:,} records of {of} "
        f"({rows['posts']:,} posts, {rows['quarantined']:,} bad records, {again}), "
        f"{expected['images']:,} images"
    )
    return Metrics()


JOB = Job(
    name="generate",
    summary="Make a synthetic sample: the same seed gives the same posts.",
    reads="nothing",
    writes="posts.csv or crawls/, images/, truth/ in a local folder",
    run=run,
    options=(
        OUTPUT,
        Option("--posts", "generate.posts", metavar="N"),
        Option("--accounts", "generate.accounts", metavar="N"),
        Option("--images", "generate.images", metavar="N"),
        Option("--seed", "generate.seed", metavar="N"),
        Option("--crawls", "generate.crawls", metavar="N"),
        Option("--every", "generate.every_hours", metavar="HOURS"),
        Option("--image-base-url", "generate.image_base_url", metavar="URL"),
    ),
    needs_spark=False,
)

if __name__ == "__main__":
    sys.exit(main(JOB))
