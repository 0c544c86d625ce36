"""What the models predict of rows that they were not trained on."""

from __future__ import annotations

from influencers.storage.table import (
    FRACTION,
    Column,
    Table,
    bigint,
    double,
    string,
    structs,
)

_REASONS = "the codes of the rules that it breaks, as in `quarantine`, joined by commas"
_RECORD = ("split", "source_file", "record")


def _predicted(*, of: str, no_prediction: str, origin_null: str) -> tuple[Column, ...]:
    """What both tables have.

    Args:
        of: what has a prediction.
        no_prediction: what the status of a record without one may be.
        origin_null: why a row may not say which record it is of.
    """
    return (
        double(
            "label",
            "what is true: 1 positive, 0 negative by the threshold that training data gave",
            null="unknown; always where `split` is `scored`",
        ),
        double(
            "probability",
            "calibrated probability that the label is 1",
            unit=FRACTION,
            null=f"the record is no {of} that can be scored: `status` says why",
        ),
        string(
            "split",
            "which held-out data the row is of: `by_account` unseen accounts, `by_time` later "
            "posts; or `scored`: given to the job `score`",
        ),
        structs(
            "reasons",
            "features that moved the raw score most, up or down, the strongest first; at most "
            "`models.reasons`",
            string("feature", "name of the feature"),
            double(
                "effect",
                "its contribution to the raw score (mean of the leaves' shares), before "
                "calibration",
                unit="fraction -1..1",
            ),
            null="not asked for: held-out rows, records without a prediction, `models.reasons` 0",
        ),
        string(
            "status",
            f"`ok` with a prediction; else why the record has none: {no_prediction}",
        ),
        string("source_file", "URI of the file that was scored", null=origin_null),
        bigint("record", "number of the record in its file, from 1", null=origin_null),
    )


_OWNER_ID = bigint("owner_id", "id of the account", null="the record to score has none")

PREDICTIONS_INFLUENCE = Table(
    "predictions_influence",
    grain="an account of the held-out data of a split, or given to `score`; or a record that could "
    "not be scored",
    key=("owner_id", *_RECORD),
    job="train",
    columns=(
        _OWNER_ID,
        *_predicted(
            of="account",
            no_prediction=_REASONS,
            origin_null="an account with a prediction: several records describe it",
        ),
    ),
)

PREDICTIONS_VIRALITY = Table(
    "predictions_virality",
    grain="a post of the held-out data of a split, or given to `score`; or a record that could not "
    "be scored",
    key=("shortcode", *_RECORD),
    job="train",
    columns=(
        string("shortcode", "id of the post", null="the record to score has none"),
        _OWNER_ID,
        *_predicted(
            of="post",
            no_prediction=f"{_REASONS}, or `duplicate`: another record of the post has it",
            origin_null="the row was not read from a record of a file",
        ),
    ),
)

# By model.
PREDICTIONS = {"influence": PREDICTIONS_INFLUENCE, "virality": PREDICTIONS_VIRALITY}
