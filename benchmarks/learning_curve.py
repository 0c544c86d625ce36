"""What a forest gains by more rows: the models of virality, fitted to more and more of them.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/learning_curve.py [--posts 300000]
    ... --input posts.csv              posts that nobody drew
    ... --rows 10000 30000 100000 0    `models.fit_rows`; 0: all, which the others are held against

Posts go through `ingest` and `features`; then, for each number of rows, every label and variant is
trained on both splits as `train` does it, without further folds. Average precision is of all
held-out rows, which are the same for every number of rows. Differences are to all rows, with their
95 % intervals over accounts; the same accounts are drawn for both.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from images_machine import machine
from ingest import make_posts, ran

from influencers.config import Config, ModelsConfig, load
from influencers.models import known_tables, training
from influencers.models.declaration import LABELS, VIRALITY, labels_of
from influencers.models.evaluate.model_metrics import who_of
from influencers.models.evaluate.performance import Fold
from influencers.models.results import SplitResult
from influencers.run import persisted
from influencers.run.session import build_session
from influencers.storage.store import Store

_ROOT = Path(__file__).resolve().parent.parent

# By label, split and variant: the rows fitted to, and what came of it on the held-out ones.
_Found = Mapping[tuple[str, str, str], tuple[int, Fold]]


def described(source: Path, output: Path, log: Path) -> None:
    """The tables posts, post_features and accounts of a file, below `output`."""
    start = str(_ROOT / "spark-submit.sh")
    # This process was started with a path to our packages.
    ran([start, "ingest", "--input", str(source), "--output", str(output)], log, {"PYTHONPATH": ""})
    ran([start, "features", "--output", str(output)], log, {"PYTHONPATH": ""})


def found_in(trained: Sequence[Sequence[SplitResult]]) -> _Found:
    """What each forest reached."""
    return {
        (one.label.name, one.split, who): (one.train["rows"], one.fold)
        for results in trained
        for one in results
        if one.fold is not None
        for who in map(who_of, one.fitted)
    }


def curve(
    store: Store, config: Config, labels: Sequence[str], rows: Sequence[int]
) -> dict[int, _Found]:
    """What is found by the most rows that forests are fitted to."""
    known = known_tables.read_known(store, config)
    frame, cut = known_tables.read_frame(store, config, VIRALITY, known)
    by_rows: dict[int, _Found] = {}
    with persisted.flat_frames() as keep:
        kept = keep(frame)
        print(f"{kept.count():,} rows", flush=True)
        for most in rows:
            models = replace(config.models, fit_rows=most, evaluation_folds=1)
            begun = time.monotonic()
            trained = training.train_labels(
                kept, [LABELS[name] for name in labels], models, cut=cut
            )
            by_rows[most] = found_in(trained)
            print(f"fit_rows={most}: {time.monotonic() - begun:.0f} s", flush=True)
    return by_rows


def show(by_rows: Mapping[int, _Found], config: ModelsConfig) -> None:
    """A line for each forest and number of rows."""
    for who in by_rows[0]:
        all_rows, best = by_rows[0][who]
        for most, found in by_rows.items():
            if who not in found:
                print(f"{' '.join(who):<58} {most or 'all':>9} not trained")
                continue
            fitted, fold = found[who]
            both = replace(
                fold,
                average_precision={
                    "some": fold.average_precision[who[2]],
                    "all": best.average_precision[who[2]],
                },
                draws={"some": fold.draws[who[2]], "all": best.draws[who[2]]},
            )
            gain = both.gain("some", "all", config.min_groups)
            low, high = gain.interval or (float("nan"), float("nan"))
            print(
                f"{' '.join(who):<58} {fitted:>9,} of {all_rows:>9,}  "
                f"{fold.average_precision[who[2]]:.4f}  {gain.average_precision:+.4f} "
                f"({low:+.4f} to {high:+.4f})"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what to measure, and measure it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=300_000)
    parser.add_argument("--input", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 30_000, 100_000, 0])
    parser.add_argument("--labels", nargs="+", choices=labels_of(VIRALITY),
                        default=list(labels_of(VIRALITY)))  # fmt: skip
    parser.add_argument("--trees", type=int, default=ModelsConfig().trees)
    parser.add_argument("--memory", default="6g", help="of the session")
    chosen = parser.parse_args(arguments)
    if 0 not in chosen.rows:
        parser.error("--rows needs 0: all rows are what the others are held against")
    print(machine())
    with tempfile.TemporaryDirectory(prefix="benchmark-learning-curve-") as name:
        folder = Path(name)
        source = chosen.input or make_posts(chosen.posts, folder / "sample")
        described(source, folder / "out", folder / "log")
        config = load(None, [f"paths.output={folder / 'out'}", f"models.trees={chosen.trees}"])
        settings = {"spark.master": "local[2]", "spark.driver.memory": chosen.memory}
        store = Store(build_session("benchmark learning curve", settings), config)
        show(curve(store, config, chosen.labels, chosen.rows), config.models)


if __name__ == "__main__":
    main()
