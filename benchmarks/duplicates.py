"""Every near-duplicate pair among many hashes: ours, brute force, and the plain SQL join.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/duplicates.py [--hashes 1000000] [--rounds 3]
    ... --hashes 1000000 10000000 --contenders ours     growth
    ... --constants                                      what a row and a pair cost

In alternating rounds, on uniform hashes and on skewed ones (like those of real images: some bits
nearly always the same, a tenth of the hashes copies of others with up to six bits changed, one
hash a hundredth of all), or all identical:

- ours: the whole job `duplicates --hashes`: reading Parquet, searching, linking, grouping, and
  writing both tables. The session's start is left out;
- search: of that only reading and searching, the pairs counted: what the others do;
- sql: the same tables of 6 blocks as a Spark SQL join on (table, key) with bit_count and distinct,
  counted, written nowhere;
- faiss: IndexBinaryFlat.range_search on as many cores, for as many of the hashes as it gets done
  in `--faiss-seconds`; its time for all is what those took, times all by those.

Peak memory is that of the process with all that it started. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from images_machine import machine, peak_memory

RADIUS = 4
_BLOCKS = 6
Words = np.ndarray


def uniform(count: int, seed: int = 1) -> Words:
    """Hashes that are all alike likely."""
    return np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)


def skewed(count: int, seed: int = 2) -> Words:
    """Hashes with 32 bits set, some of them nearly always, and with copies."""
    random = np.random.default_rng(seed)
    # What a bit is likely to be: 8 of 64 are nearly the same in all images.
    likely = np.concatenate([np.full(8, 0.93), random.uniform(0.4, 0.6, 56)])
    words = np.zeros(count, dtype=np.uint64)
    for place in range(64):
        words |= (random.random(count) < likely[place]).astype(np.uint64) << np.uint64(place)
    copies = count // 10
    flips = np.zeros(copies, dtype=np.uint64)
    for number in range(6):
        wanted = random.integers(0, 7, copies) > number
        flips ^= wanted.astype(np.uint64) << random.integers(0, 64, copies, dtype=np.uint64)
    words[:copies] = words[random.integers(copies, count, copies)] ^ flips
    words[copies : copies + count // 100] = words[-1]
    return words


def identical(count: int) -> Words:
    """One hash, again and again."""
    return np.full(count, 0x5A5A_0F0F_3C3C_9999, dtype=np.uint64)


def write(words: Words, path: Path) -> None:
    """The file that the job reads."""
    ids = pa.array(np.char.add("p", np.arange(len(words)).astype("U9")))
    table = pa.table({"id": ids, "phash": pa.array(words.view(np.int64))})
    pq.write_table(table, path, row_group_size=len(words) // 8 + 1)


def ours(spark: Any, path: Path, folder: Path) -> int:
    """The job; the number of near pairs."""
    from influencers.config import Config, DuplicatesConfig, PathsConfig
    from jobs import duplicates

    config = Config(
        paths=PathsConfig(output=str(folder)),
        duplicates=DuplicatesConfig(radius=RADIUS, hashes=str(path)),
    )
    return duplicates.run(spark, config).duplicates.near or 0


def search(spark: Any, path: Path, folder: Path) -> int:
    """What the job does first: reading and searching; the number of near pairs."""
    from influencers.config import DuplicatesConfig
    from influencers.duplicates.images import listed_hashes
    from influencers.duplicates.plan import near_pairs

    hashes = listed_hashes(spark.read.parquet(str(path)), source=str(path))
    most, cores = DuplicatesConfig().max_candidates, spark.sparkContext.defaultParallelism
    with near_pairs(hashes, radius=RADIUS, max_candidates=most, cores=cores) as (found, _):
        return int(found.where("a <> b").count())


def sql(spark: Any, path: Path, folder: Path) -> int:
    """The join as one would write it; the number of near pairs."""
    from pyspark.sql import functions as F

    from influencers.duplicates.schemes import Scheme

    scheme = Scheme(_BLOCKS, RADIUS)
    hashes = spark.read.parquet(str(path)).select("phash").distinct()
    masks = [np.array(table.key, dtype=np.uint64).view(np.int64).item() for table in scheme.tables]
    keys = F.array(
        *(
            F.struct(F.lit(n).alias("t"), F.col("phash").bitwiseAND(F.lit(mask)).alias("k"))
            for n, mask in enumerate(masks)
        )
    )
    rows = hashes.select("phash", F.inline(keys))
    one, other = rows.alias("one"), rows.alias("other")
    apart = F.bit_count(F.col("one.phash").bitwiseXOR(F.col("other.phash")))
    # Spark takes the rows for fewer than they are, and would broadcast them.
    pairs = one.hint("merge").join(
        other,
        on=(F.col("one.t") == F.col("other.t"))
        & (F.col("one.k") == F.col("other.k"))
        & (F.col("one.phash") < F.col("other.phash"))
        & (apart <= RADIUS),
    )
    return int(pairs.select("one.phash", F.col("other.phash").alias("b")).distinct().count())


def faiss_seconds(words: Words, cores: int, seconds: float) -> tuple[float, int]:
    """Seconds that brute force needs for all hashes, and how many it was asked for."""
    import faiss

    faiss.omp_set_num_threads(cores)
    codes = words.view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryFlat(64)
    index.add(codes)
    asked, began = 0, time.perf_counter()
    while asked < len(words) and time.perf_counter() - began < seconds:
        index.range_search(codes[asked : asked + 256], RADIUS + 1)
        asked = min(asked + 256, len(words))
    return (time.perf_counter() - began) * len(words) / asked, asked


def timed(work: Callable[[], int]) -> tuple[float, float, int]:
    """Seconds, peak bytes held by this process and its children, and the result."""
    with peak_memory(os.getpid()) as peak:
        began = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - began
    return seconds, peak.bytes, result


def compare(chosen: argparse.Namespace, folder: Path) -> None:
    """Run all, and print medians and ratios."""
    from influencers.run.session import build_session

    settings = {"spark.master": f"local[{chosen.cores}]", "spark.ui.enabled": "false"}
    spark = build_session("benchmark duplicates", settings)
    kinds = {"uniform": uniform, "skewed": skewed, "identical": identical}
    medians: dict[tuple[str, int, str], float] = {}
    for count, kind in itertools.product(chosen.hashes, chosen.kinds):
        words = kinds[kind](count)
        path = folder / f"{kind}-{count}.parquet"
        write(words, path)
        seconds: dict[str, list[float]] = {name: [] for name in chosen.contenders}
        for number in range(chosen.rounds):
            for name in chosen.contenders:
                if name == "faiss":
                    took, asked = faiss_seconds(words, chosen.cores, chosen.faiss_seconds)
                    said = f"{asked:,} of the hashes asked for"
                else:
                    run = {"ours": ours, "search": search, "sql": sql}[name]
                    out = folder / f"{name}-{kind}-{count}-{number}"
                    took, peak, pairs = timed(partial(run, spark, path, out))
                    said = f"{pairs:,} near pairs, {peak / 1e9:.1f} GB"
                seconds[name].append(took)
                print(f"{count:,} {kind} {name}: {took:.1f} s ({said})", flush=True)
        for name, each in seconds.items():
            medians[kind, count, name] = statistics.median(each)
            print(f"{count:,} {kind} {name}: median {medians[kind, count, name]:.1f} s")
        for ours_, other in itertools.product(("ours", "search"), ("sql", "faiss")):
            if ours_ in seconds and other in seconds:
                ratio = medians[kind, count, other] / medians[kind, count, ours_]
                print(f"{count:,} {kind}: {ours_} is {ratio:.1f} times as fast as {other}")
    for kind in chosen.kinds:
        for small, large in itertools.pairwise(chosen.hashes):
            ratio = medians[kind, large, "ours"] / medians[kind, small, "ours"]
            print(f"{kind}: from {small:,} to {large:,} hashes {ratio:.1f} times as long")


def constants(count: int) -> None:
    """What the numpy kernel takes a row and a candidate, in one thread and without Spark."""
    from influencers.duplicates import kernel
    from influencers.duplicates.schemes import Scheme

    words = np.unique(uniform(count))
    for blocks in (5, 6, 7):
        scheme = Scheme(blocks, RADIUS)
        rows = pairs = candidates = 0.0
        for table in scheme.tables[:5]:
            began = time.perf_counter()
            arranged = np.sort(table.arranged(words))
            rows += time.perf_counter() - began
            began = time.perf_counter()
            for _ in kernel.table_pairs(arranged, table, RADIUS):
                pass
            pairs += time.perf_counter() - began
            candidates += kernel.candidates(arranged, table, RADIUS)
        each = len(words) * min(5, scheme.count)
        print(
            f"{blocks} blocks: {rows / each * 1e9:.0f} ns to arrange and sort a word, "
            f"{pairs / each * 1e9:.0f} ns a word for its {candidates / each:.2f} candidates"
        )


def main() -> None:
    """Read what to measure, measure it, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hashes", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=["uniform", "skewed", "identical"],
                        default=["uniform", "skewed"])  # fmt: skip
    names = ["ours", "search", "sql", "faiss"]
    parser.add_argument("--contenders", nargs="+", choices=names, default=names)
    parser.add_argument("--faiss-seconds", type=float, default=600.0)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--constants", action="store_true")
    chosen = parser.parse_args()
    print(machine())
    if chosen.constants:
        constants(chosen.hashes[0])
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-duplicates-") as folder:
        compare(chosen, Path(folder))


if __name__ == "__main__":
    main()
