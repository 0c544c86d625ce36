"""metrics.json and its types: what is written is of the schema, and reads as what it was."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import metrics_schema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.errors import UserError
from influencers.measured.communities import Hashtags, Quality, Stability
from influencers.measured.explore import Explore
from influencers.measured.images import Duplicates, Images, SearchPlan
from influencers.measured.keys import ABSENT, Written, as_json
from influencers.measured.metrics import Engines, Metrics
from influencers.measured.models import (
    Baseline,
    Bin,
    Drop,
    Gain,
    Importance,
    LabelMetrics,
    ModelMetrics,
    Performance,
    Skipped,
    TierMetrics,
)
from influencers.measured.reading import read_metrics
from influencers.measured.records import PostsTable, QuarantineTable, Rows, Standing, Tables
from influencers.run.metrics import as_text

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / metrics_schema.PATH).read_text(encoding="utf-8"))

GAIN = Gain(0.25, (0.125, 0.5))
FOREST = ModelMetrics(
    rows=40, positives=10, prevalence=0.25, random_average_precision=0.28, average_precision=0.5,
    auc=0.75, precision_at_top_decile=0.5, lift_at_top_decile=2.0, recall_at_precision_80=0.1,
    brier=0.1, brier_of_votes=0.2, intervals={"auc": (0.6, 0.8), "brier": None},
    tiers={"nano": TierMetrics(20, 0.25, 0.5, 0.75)}, reliability=(Bin(40, 0.2, 0.25),),
    over={"likes_only": GAIN},
    importance=Importance(40, 0.5, {"hour": Drop(0.1, None)}, {"timing": Drop(0.1, (0.0, 0.2))}),
)  # fmt: skip
WORTH = Performance(
    split="by_account", folds=2, rows=80, account_groups=30, average_precision=0.5, deviation=0.1,
    values=(0.4, 0.6), interval=(0.3, 0.7), prevalence=0.25, random=0.28, over_random=GAIN,
    best_baseline=Baseline("likes_only", 0.25, None), over_best=GAIN, verdict="better",
)  # fmt: skip
# Every key that there is.
FULL = Metrics(
    rows=Rows(9, 4, 3, 2, {"field_count": 3}, 1),
    tables=Tables(PostsTable(4), QuarantineTable(3, {"field_count": 3})),
    standing=(Standing("file:///a.csv", 2),),
    images=Images(wanted=3, due=2, asked=2, ok=1, by_status={"ok": 1, "timeout": 2}, waiting=2),
    duplicates=Duplicates(3, 2, 1, 3, 1, 1, 0, 4, 2, 0, SearchPlan(3, 4, 4, 10, {"4": 10})),
    hashtags=Hashtags(3, 2, 1, 0, 0, 0.5, 1.0, 0.75, 0),
    communities={
        "louvain": Quality(0.5, 0.4, 2, 0.5, 3, 2, True, 7, Stability(2, 0.9, 0.8)),
        "label_propagation": Quality(),
        "weighted_label_propagation": Quality(stability=None),
    },
    models={
        "virality": {
            "top_likes": LabelMetrics(
                by_account={"forest": FOREST, "likes_only": ModelMetrics(rows=40)},
                by_time=Skipped("no held-out row has a label"),
                folds={"forest": WORTH},
            )
        }
    },
    seconds={"ingest": 1.5},
    engines=Engines("4.2.1", "4.4.0", ""),
    explore=Explore({"hour": "no effect"}, {"comments": {"hour": "no effect"}}, {"top_likes": {}}),
)


def read(text: str) -> Metrics:
    return read_metrics(text, source="metrics.json")


def check(metrics: Metrics) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(as_text(metrics)))


def parts(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "Metrics", schema
    yield from schema["$defs"].items()


@pytest.mark.parametrize("metrics", [Metrics(), FULL], ids=["before the first job", "full"])
def test_what_is_written_is_of_the_schema_and_reads_as_it_was(metrics: Metrics) -> None:
    check(metrics)
    assert read(as_text(metrics)) == metrics


counts = st.none() | st.integers(0, 10**9)
shares = st.none() | st.integers(-(10**6), 10**6).map(lambda millionths: millionths / 10**6)
names = st.text(st.characters(codec="utf-8", exclude_characters="=@/"), max_size=5)


@given(
    rows=st.builds(Rows, *[counts] * 4, st.dictionaries(names, st.integers(0, 9)), counts),
    hashtags=st.builds(Hashtags, *[counts] * 5, *[shares] * 3, counts),
    ranked=st.builds(ModelMetrics, *[st.integers(0, 9)] * 2, *[shares] * 9),
    stability=st.sampled_from([ABSENT, None, Stability(1, 0.5, 0.25)]),
    name=names,
)
def test_any_numbers_read_as_they_were(
    rows: Rows, hashtags: Hashtags, ranked: ModelMetrics, stability: Any, name: str
) -> None:
    metrics = Metrics(
        rows=dataclasses.replace(rows, read=1),
        hashtags=dataclasses.replace(hashtags, tags=1),
        communities={name: Quality(stability=stability)},
        models={name: {name: LabelMetrics(by_time={name: ranked})}},
    )
    check(metrics)
    assert read(as_text(metrics)) == metrics


def test_keys_of_what_is_not_measured_are_null_or_missing() -> None:
    nothing = as_json(Metrics())
    assert nothing["rows"] == dict.fromkeys(
        ("read", "posts", "quarantined", "duplicates", "repeated", "observations", "undated")
    )
    assert nothing["images"] == {
        "wanted": None, "due": None, "asked": None, "ok": None, "by_status": {},
    }  # fmt: skip
    assert nothing["hashtags"] == dict.fromkeys(("tags", "edges", "isolated", "ubiquitous", "cut"))
    assert "explore" not in nothing and nothing["standing"] is None
    linkless = as_json(Hashtags(tags=0, edges=0, isolated=6, ubiquitous=0, cut=0, cut_tags=0))
    assert linkless["edges_share"] is linkless["tags_share"] is linkless["weight_share"] is None
    baseline = as_json(ModelMetrics())
    assert not {"brier", "over", "reliability", "importance"} & baseline.keys()
    assert "stability" not in as_json(Quality())
    assert as_json(Quality(stability=None))["stability"] is None


def without(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy without the key at a path."""
    first, *rest = path
    if not rest:
        return {name: one for name, one in value.items() if name != first}
    if isinstance(value, list):
        return [without(one, tuple(rest)) if n == first else one for n, one in enumerate(value)]
    return {
        name: without(one, tuple(rest)) if name == first else one for name, one in value.items()
    }


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inside:
        if isinstance(value, dict):
            yield (*here, name)
        if isinstance(one, dict | list):
            yield from paths(one, (*here, name))


def test_a_file_of_another_version_reads() -> None:
    """Without any one of its keys, but for those that say what their object is; and with more."""
    written = json.loads(as_text(FULL))
    needed = {
        ".".join(map(str, path))
        for path in paths(written)
        if not readable(json.dumps(without(written, path)))
    }
    assert {one.rpartition(".")[2] for one in needed} == {
        "source_file", "posts", "radius", "runs", "mean_ami", "least_ami", "rows", "predicted",
        "observed", "mean", "average_precision", "name",
    }  # fmt: skip
    assert not [one for one in needed if one.startswith(("rows", "tables", "images"))]
    more = {**written, "later": 1, "rows": {**written["rows"], "of_tomorrow": {"a": 1}}}
    assert read(json.dumps(more)) == FULL
    assert read("{}") == Metrics()


def readable(text: str) -> bool:
    try:
        read(text)
    except UserError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "told"), [("{", "JSON"), ('{"rows": {"read": "many"}}', r"rows\.read")]
)
def test_a_file_that_cannot_be_read_is_named_in_a_line(text: str, told: str) -> None:
    with pytest.raises(UserError, match=f"^metrics.json is not as .*{told}.*run again") as raised:
        read(text)
    assert "\n" not in str(raised.value)
    assert "many" not in str(raised.value)


def test_the_schema_is_valid_describes_every_key_and_is_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for part, schema in parts(SCHEMA):
        assert schema["description"], part
        for name, one in schema["properties"].items():
            assert one["description"].endswith("."), (part, name)
            says = "Missing" in one["description"]
            assert says == (name not in schema["required"]), (part, name)
            null = '"null"' in json.dumps(one)
            assert null == bool(re.search(r"\bnull\b", one["description"])), (part, name)
    assert metrics_schema.main(["--check"]) == 0
    (tmp_path / "docs").mkdir()
    (tmp_path / metrics_schema.PATH).write_text("{}")
    assert metrics_schema.main(["--check"], tmp_path) == 1
    assert "run it, and commit" in capsys.readouterr().err
    assert metrics_schema.main([], tmp_path) == 0
    assert metrics_schema.main(["--check"], tmp_path) == 0
    assert metrics_schema.main(["--chekc"]) == 2


def test_a_key_that_nobody_declared_is_not_of_the_schema_s_types() -> None:
    """What is written always is required: a misspelt key fails."""
    wrong = json.loads(as_text(FULL))
    wrong["images"]["wnated"] = wrong["images"].pop("wanted")
    with pytest.raises(jsonschema.ValidationError, match="'wanted' is a required property"):
        jsonschema.Draft202012Validator(SCHEMA).validate(wrong)


def test_what_a_job_measures_takes_the_place_of_what_was_known() -> None:
    again = FULL.with_measured(Metrics(images=Images(ok=5), seconds={"images": 2.0}))
    assert again.images == Images(ok=5)
    assert again.seconds == {"ingest": 1.5, "images": 2.0}
    assert dataclasses.replace(again, images=FULL.images, seconds=FULL.seconds) == FULL
    label = {"top_followers": LabelMetrics(by_time={})}
    models = FULL.with_measured(Metrics(models={"influence": label})).models
    assert models == {**FULL.models, "influence": label}
    other = {"virality": {"beats_own_history": LabelMetrics()}}
    assert FULL.with_measured(Metrics(models=other)).models == other


def test_every_key_says_when_it_is_written() -> None:
    for part in (Metrics, ModelMetrics, Performance, Quality, Rows, Duplicates):
        for one in dataclasses.fields(part):
            assert isinstance(one.metadata["written"], Written)


def test_executors_import_no_pydantic() -> None:
    """Nor does whoever imports what tasks are made of."""
    modules = (
        "influencers.duplicates.search", "influencers.duplicates.groups",
        "influencers.explore.content", "influencers.explore.virality",
        "influencers.images.fetch_task", "influencers.ingest.records",
        "influencers.measured.metrics", "influencers.models.explain.contributions",
    )  # fmt: skip
    program = f"import sys, {', '.join(modules)}; sys.exit('pydantic' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], check=False, env={"PYTHONPATH": "lib"},
                           cwd=ROOT, timeout=120)  # fmt: skip
    assert found.returncode == 0
