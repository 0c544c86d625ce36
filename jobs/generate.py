"""Generate: a synthetic sample of posts and images, and the truth about it."""

from __future__ import annotations

import sys

from influencers import progress, synthetic
from influencers.config import Config
from influencers.measured.metrics import Metrics
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: object, config: Config) -> Metrics:
    """Write posts.csv, images/ and truth/ below the output folder; needs no session."""
    folder = synthetic.local_folder(config.paths.output)
    expected = synthetic.generate(folder, config.generate)
    rows = expected["rows"]
    progress.say(
        f"{folder}: {rows['read']:,} records of {expected['accounts']:,} accounts "
        f"({rows['posts']:,} posts, {rows['quarantined']:,} bad records, "
        f"{rows['duplicates']:,} second crawls), {expected['images']:,} images"
    )
    return Metrics()


JOB = Job(
    name="generate",
    summary="Make a synthetic sample: the same seed gives the same posts.",
    reads="nothing",
    writes="posts.csv, images/, truth/ in a local folder",
    run=run,
    options=(
        OUTPUT,
        Option("--posts", "generate.posts", metavar="N"),
        Option("--accounts", "generate.accounts", metavar="N"),
        Option("--images", "generate.images", metavar="N"),
        Option("--seed", "generate.seed", metavar="N"),
        Option("--image-base-url", "generate.image_base_url", metavar="URL"),
    ),
    needs_spark=False,
)

if __name__ == "__main__":
    sys.exit(main(JOB))
