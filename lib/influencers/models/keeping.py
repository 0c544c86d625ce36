"""Keep the models of a label: saved, explained, described, and logged where that is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import SparkSession

from influencers import files, progress
from influencers.config import Config
from influencers.models import explaining, saved, tracking, training
from influencers.models.declaration import BEFORE_POSTING
from influencers.models.results import SplitResult
from influencers.models.tuning import Tried


def keep(
    spark: SparkSession, config: Config, results: list[SplitResult], tried: Sequence[Tried]
) -> list[SplitResult]:
    """Save the models of a label below models/; returns its results with what explains them.

    Args:
        spark: the session.
        config: the run's.
        results: what came of the label on every split.
        tried: settings that were tried before, the best first.
    """
    kept = training.kept(results)
    if kept is None:
        return results
    # Pipelines first: explanations need the trees, and the card is written last.
    uris, folders = {}, {}
    for variant, fitted in kept.fitted.items():
        name = saved.model_name(kept.label.model, kept.label.name, variant)
        pipeline = fitted.pipeline()
        uris[variant] = files.join(config.paths.output, "models", name)
        folders[variant] = saved.save(spark, pipeline, uris[variant])
        if variant == BEFORE_POSTING:
            forest = saved.trees(spark, pipeline, files.join(uris[variant], folders[variant]))
            explanation = explaining.explain(kept, fitted, forest, config.models)
            kept = explaining.with_explanation(kept, explanation)
    results = [kept if one.split == kept.split else one for one in results]
    tuning = [one.numbers() for one in tried]
    for variant, fitted in kept.fitted.items():
        card = saved.make_card(kept, fitted, results, config, tuning)
        saved.publish(spark, card, uris[variant], folders[variant])
        if config.models.mlflow_uri:
            progress.say(tracking.log(card, uris[variant], config.models))
    return results
