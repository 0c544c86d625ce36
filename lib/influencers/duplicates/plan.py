"""Which scheme is the cheapest for these hashes, and the number of candidates that says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.duplicates import search
from influencers.duplicates.schemes import Scheme, schemes
from influencers.errors import UserError
from influencers.measured.images import SearchPlan

# Nanoseconds of one core. Ten million hashes in 15 tables took two cores 24 s from their histogram
# to their pairs; a candidate, by `benchmarks/duplicates.py --constants`.
ROW_NANOSECONDS = 300.0  # to arrange, move, sort and count a word, in each table
PAIR_NANOSECONDS = 3.0  # to compare two words

# Hashes that one task searches sooner than Spark would cut them into several.
_ONE_TASK = 200_000
_FEWEST_WORDS, _MOST_WORDS = 1 << 18, 1 << 21  # of a task: 2 to 16 MB


@dataclass
class Search:
    """What was searched and how.

    Attributes:
        hashes: how many, the equal ones among them counted each time.
        radius: the most bits in which two of a pair differ.
        blocks: of the scheme; 0 for all in one task.
        tables: of the scheme.
        candidates: pairs that are compared; for all in one task, if they are random.
        considered: the candidates of each scheme by its number of blocks; of those not counted,
            as they could not have been the cheapest, what random hashes would make.
    """

    hashes: int
    radius: int
    blocks: int
    tables: int
    candidates: int
    considered: dict[int, int] = field(default_factory=dict)

    def numbers(self) -> SearchPlan:
        """As metrics.json has it."""
        return SearchPlan(
            radius=self.radius,
            blocks=self.blocks,
            tables=self.tables,
            candidates=self.candidates,
            considered={str(blocks): count for blocks, count in self.considered.items()},
        )

    def remark(self) -> str:
        """The choice in a line."""
        if not self.blocks:
            return f"{self.hashes:,} hashes, radius {self.radius}: compared in one task"
        others = "; ".join(
            f"{blocks} blocks {count:,}" for blocks, count in sorted(self.considered.items())
        )
        return (
            f"{self.hashes:,} hashes, radius {self.radius}: {self.blocks} blocks make "
            f"{self.tables} tables and {self.candidates:,} candidates, the least work of: {others}"
        )


@contextmanager
def near_pairs(
    hashes: DataFrame, *, radius: int, max_candidates: int, cores: int
) -> Iterator[tuple[DataFrame, Search]]:
    """Every pair of hashes within a radius, by the cheapest scheme.

    Gives `a`, `b` (the hashes, a < b) and `distance`, each pair once, and how it was found. A hash
    that is there more than once gives one row with itself. The frame lasts as long as the block.

    Args:
        hashes: `phash` (bigint), never null.
        radius: 0 to 10.
        max_candidates: above which it is not begun.
        cores: that work at once.

    Raises:
        UserError: every scheme has too many candidates; says how many.
    """
    blocks = search.packed(hashes).persist(StorageLevel.DISK_ONLY)
    try:
        count, size = blocks.agg(F.sum("hashes"), F.sum(F.octet_length("words"))).head() or (0, 0)
        count, words = int(count or 0), int(size or 0) // 8
        if words <= _ONE_TASK:
            usual = round(Scheme(radius + 1, radius).even_candidates(words))
            yield search.in_one_task(blocks, radius), Search(count, radius, 0, 0, usual)
            return
        chosen = _cheapest(blocks, words, radius, max_candidates, cores)
        chosen.record.hashes = count
        try:
            yield search.compared(chosen.slices, chosen.scheme, chosen.slots), chosen.record
        finally:
            chosen.slices.unpersist()
    finally:
        blocks.unpersist()


@dataclass
class _Measured:
    scheme: Scheme
    slots: list[search.Slot]
    slices: DataFrame
    record: Search


def _cheapest(
    blocks: DataFrame, hashes: int, radius: int, max_candidates: int, cores: int
) -> _Measured:
    """The scheme of least work: counted until no other can be cheaper, however its keys lie."""
    options = sorted(
        (_seconds(scheme, hashes, scheme.fewest_candidates(hashes)), scheme.blocks, scheme)
        for scheme in schemes(radius)
    )
    considered = {scheme.blocks: round(scheme.even_candidates(hashes)) for _, _, scheme in options}
    best: _Measured | None = None
    seconds = 0.0
    for least, _, scheme in options:
        if best is not None and least >= seconds:
            break
        words = min(_MOST_WORDS, max(_FEWEST_WORDS, scheme.count * hashes // (4 * cores)))
        slots = search.slots(search.prefix_counts(blocks, scheme), words=words)
        slices = search.sliced(blocks, scheme, slots).persist(StorageLevel.DISK_ONLY)
        candidates = search.count_candidates(slices, scheme, slots)
        considered[scheme.blocks] = candidates
        took = _seconds(scheme, hashes, candidates)
        if best is None or took < seconds:
            if best is not None:
                best.slices.unpersist()
            record = Search(hashes, radius, scheme.blocks, scheme.count, candidates)
            best, seconds = _Measured(scheme, slots, slices, record), took
        else:
            slices.unpersist()
    assert best is not None
    best.record.considered = {
        count: considered[count] for count in sorted(considered) if count <= radius + 6
    }
    if best.record.candidates > max_candidates:
        best.slices.unpersist()
        raise _too_many(hashes, radius, best.record.candidates, max_candidates)
    return best


def _seconds(scheme: Scheme, hashes: int, candidates: float) -> float:
    """Seconds of one core."""
    return (scheme.count * hashes * ROW_NANOSECONDS + candidates * PAIR_NANOSECONDS) / 1e9


def _too_many(hashes: int, radius: int, candidates: int, most: int) -> UserError:
    return UserError(
        f"{hashes:,} hashes within radius {radius} need {candidates:,} comparisons, more than "
        f"duplicates.max_candidates ({most:,}): choose a smaller --radius, or raise it"
    )
