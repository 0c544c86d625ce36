"""What set-up runs to learn which classes a run loads: two jobs on a few posts.

class_archive_jobs.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from influencers.config import Config, GenerateConfig, PathsConfig
from influencers.run.session import build_session
from influencers.synthetic import generate
from jobs import features, ingest

_POSTS, _ACCOUNTS = 200, 20


def main(folder: Path) -> None:
    """Ingest a small sample and describe it, into the folder."""
    sample, output = folder / "sample", folder / "out"
    generate(sample, GenerateConfig(posts=_POSTS, accounts=_ACCOUNTS, images=0))
    config = Config(paths=PathsConfig(input=(str(sample / "posts.csv"),), output=str(output)))
    spark = build_session("class archive")
    ingest.run(spark, config)
    features.run(spark, config)
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
