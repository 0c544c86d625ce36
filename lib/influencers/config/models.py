"""Settings of the random forests."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.config.checks import above, among, at_least, at_most, empty_or, one_of, within
from influencers.config.communities import ALGORITHMS
from influencers.config.setting import Section, setting

_LABELS = ("top_likes", "top_engagement_in_tier", "beats_own_history")
_SHARE = above(0) & at_most(0.5)


@dataclass(frozen=True)
class ModelsConfig(Section, section="models"):
    """What the random forests learn, and how they are evaluated."""

    model: str = setting(
        "both", "Which models `train` trains.", one_of("influence", "virality", "both")
    )
    label: str = setting(
        "top_likes", "Label of virality that is shown, and that `score` predicts.", one_of(*_LABELS)
    )
    labels: tuple[str, ...] = setting(
        _LABELS, "Labels of virality that are trained and evaluated.", among(*_LABELS)
    )
    variant: str = setting(
        "before_posting",
        "Model that `score` uses. before_posting: with the author's history; without_history: for "
        "new accounts.",
        one_of("before_posting", "without_history"),
    )
    influence_features: tuple[str, ...] = setting(
        (), "Features of the influence model. Empty: all that the label allows."
    )
    virality_features: tuple[str, ...] = setting(
        (), "Features of the virality models. Empty: all that the label allows."
    )
    community_algorithm: str = setting(
        "",
        "Algorithm whose communities are features. Empty: the first in alphabetical order.",
        empty_or(*ALGORITHMS),
    )
    influential_share: float = setting(
        0.25, "Share of accounts, by followers, that are labelled influential.", _SHARE
    )
    viral_share: float = setting(
        0.1, "Share of posts, by likes or by engagement rate, that are labelled viral.", _SHARE
    )
    beats_factor: float = setting(
        2.0,
        "Multiple of the author's median that a post needs to beat the author's own history.",
        above(0),
    )
    account_share: float = setting(
        0.25, "Share of accounts that are held out: the split by unseen accounts.", _SHARE
    )
    time_share: float = setting(
        0.2, "Share of rows, the newest, that are held out: the split by later posts.", _SHARE
    )
    calibration_share: float = setting(
        0.15, "Share of training rows that are put aside to calibrate probabilities.", _SHARE
    )
    min_positives: int = setting(
        20,
        "Minimum number of training rows of either class; with fewer no model is trained.",
        at_least(1),
    )
    min_calibration: int = setting(
        10,
        "Minimum number of calibration rows of either class; with fewer the raw scores are not "
        "calibrated.",
        at_least(1),
    )
    min_groups: int = setting(
        20,
        "Minimum number of held-out groups of accounts; with fewer there are no confidence "
        "intervals and no verdicts.",
        at_least(1),
    )
    evaluation_folds: int = setting(
        5,
        "Folds of accounts over which the shown label's metrics are averaged. 1: only the one "
        "split.",
        within(1, 20),
    )
    suspicious_auc: float = setting(
        0.99,
        "Area under the ROC curve above which a single feature is reported as possible leakage.",
        above(0.5) & at_most(1),
    )
    estimator: str = setting(
        "forest",
        "Kind of model. forest: random forests; boosted: gradient-boosted trees by LightGBM, which "
        "has to be installed; see docs/models.md.",
        one_of("forest", "boosted"),
    )
    trees: int = setting(
        64,
        "Trees of each forest; more than 64 to 128 gain little (Oshiro et al., 2012).",
        at_least(1),
    )
    depth: int = setting(10, "Maximum depth of each tree.", within(1, 30))
    max_bins: int = setting(
        128,
        "Maximum number of thresholds tried per feature; Spark's default of 32 lowers average "
        "precision.",
        at_least(2),
    )
    min_leaf: int = setting(10, "Minimum number of training rows in a leaf.", at_least(1))
    feature_subset: str = setting(
        "onethird",
        "Features that are tried at each split.",
        one_of("sqrt", "log2", "onethird", "all"),
    )
    boosting_rounds: int = setting(200, "Boosted trees of each model.", at_least(1))
    boosting_learning_rate: float = setting(
        0.05, "Share of its fit that each boosted tree adds.", above(0) & at_most(1)
    )
    boosting_leaves: int = setting(
        31, "Maximum number of leaves of each boosted tree.", at_least(2)
    )
    class_weights: bool = setting(
        False, "Whether both classes get the same total weight; see docs/models.md."
    )
    memory_mb: int = setting(
        512, "Memory in MB for the statistics of the nodes that are split at once.", at_least(1)
    )
    fit_rows: int = setting(
        1_000_000,
        "Rows that a forest is fitted to, about: of more, a hash sample of accounts with all their "
        "rows. Evaluation and `score` use all. 0: all rows. See docs/models.md.",
        at_least(0),
    )
    partition_rows: int = setting(
        250_000,
        "Rows per partition while training; another number gives another forest.",
        at_least(1),
    )
    explained_rows: int = setting(
        2_000,
        "Held-out rows from which permutation importance and partial dependence are computed.",
        at_least(1),
    )
    permutations: int = setting(
        3, "Number of times each feature, and each group of them, is permuted.", at_least(1)
    )
    reasons: int = setting(
        3, "Number of features that `score` gives as reasons for each row. 0: none.", at_least(0)
    )
    force: bool = setting(
        False, "Whether `score` uses a model that is not shown to be better than random."
    )
    tune: bool = setting(
        False,
        "Whether depth, leaf size and feature subset are tuned by cross-validation before "
        "training.",
    )
    folds: int = setting(4, "Folds of accounts in that cross-validation.", within(2, 20))
    mlflow_uri: str = setting(
        "", "MLflow server or folder to log models to, if MLflow is installed. Empty: none."
    )
    mlflow_experiment: str = setting("influencers", "Name of the MLflow experiment.")
    seed: int = setting(
        20_170_401, "Random seed of the forests, and salt of the split by unseen accounts."
    )
