"""What was planted in a sample is found in it, and what was not is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig
from influencers.explore.standing import OUTCOMES
from influencers.explore.tables import ANALYSIS_CONTENT
from influencers.explore.verdicts import DIFFERENT
from influencers.storage.store import Store
from influencers.synthetic import effects, topics
from influencers.synthetic.generator import generate
from jobs import explore, features, ingest

POSITIVE, NEGATIVE = DIFFERENT[:2], DIFFERENT[2:]


@pytest.mark.long
def test_planted_effects_are_found_among_sixty_thousand_posts(
    spark: SparkSession, tmp_path: Path
) -> None:
    sample = replace(Config().generate, posts=60_000, accounts=4_000, images=0)
    generate(tmp_path / "sample", sample)
    paths = PathsConfig(
        input=(str(tmp_path / "sample" / "posts.csv"),), output=str(tmp_path / "out")
    )
    config = replace(Config(), paths=paths)
    for job in (ingest, features, explore):
        job.run(spark, config)
    rows = Store(spark, config).read(ANALYSIS_CONTENT).collect()
    found = {(row["outcome"], row["feature"], row["level"]): row["verdict"] for row in rows}

    # Location: likes times 1.13. Carousels: times 1.42. The driver: times 1.8.
    assert effects.EFFECTS["location"].likes == 0.12
    assert found["engagement_rate", "has_location", "yes"] in POSITIVE
    assert found["engagement_rate", "content_type", "carousel"] == "higher"
    assert found["engagement_rate", "hashtag", f"#{topics.DRIVER}"] == "higher"
    # A question: comments +.40 beyond what likes bring. Video: likes -.10, comments +.25 beyond.
    assert found["comments", "question", "yes"] == "higher"
    assert found["comments_per_like", "question", "yes"] == "higher"
    assert found["comments_per_like", "content_type", "video"] == "higher"
    assert found["engagement_rate", "content_type", "video"] in NEGATIVE
    # Nothing else was planted.
    for outcome in OUTCOMES:
        assert found[outcome, "hashtag", f"#{topics.DECOY}"] not in DIFFERENT
        for feature in ("hour", "weekday"):
            words = {word for key, word in found.items() if key[:2] == (outcome, feature)}
            assert not words & {*DIFFERENT}, (outcome, feature)
