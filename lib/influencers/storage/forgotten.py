"""Accounts that an output has forgotten, and does not take in again: OUTPUT/forgotten.json.

The file has no ids: a random salt, and the SHA-256 of salt and id. Ids are short numbers, so who
has the file can still try all of them: it is to be kept as the tables are.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import Config
from influencers.storage import files

# What an id may stand between in a record that could not be read.
_NO_WORD = r"[^A-Za-z0-9]+"


@dataclass(frozen=True)
class Forgotten:
    """The hashes of forgotten accounts' ids, with the salt that they were made with."""

    salt: str
    hashes: frozenset[str] = frozenset()

    def with_owners(self, owners: Iterable[int]) -> Forgotten:
        """These and more.

        >>> len(Forgotten("s").with_owners([7]).with_owners([7, 8]).hashes)
        2
        """
        added = {hashlib.sha256(f"{self.salt}{owner}".encode()).hexdigest() for owner in owners}
        return Forgotten(self.salt, self.hashes | added)

    def is_of(self, owner_id: Column, raw: Column) -> Column:
        """Whether a record is of one of them: by its id, or by a word of its raw text."""
        words = F.split(F.coalesce(raw, F.lit("")), _NO_WORD)
        ids = F.array_append(words, owner_id.cast("string"))
        return F.exists(ids, lambda word: F.coalesce(self._knows(word), F.lit(False)))

    def split(self, records: DataFrame) -> tuple[DataFrame, int]:
        """The records of other accounts, and how many are of forgotten ones.

        Args:
            records: with `owner_id` and `raw`.
        """
        if not self.hashes:
            return records, 0
        is_of = self.is_of(F.col("owner_id"), F.col("raw"))
        return records.where(~is_of), records.where(is_of).count()

    def _knows(self, text: Column) -> Column:
        return F.sha2(F.concat(F.lit(self.salt), text), 256).isin(*sorted(self.hashes))


def location(config: Config) -> str:
    """Where the file lies."""
    return files.join(config.paths.output, "forgotten.json")


def read(spark: SparkSession, config: Config) -> Forgotten:
    """The accounts that the output has forgotten; none, and a new salt, before the first."""
    if not files.exists(spark, location(config)):
        return Forgotten(secrets.token_hex(16))
    stored = json.loads(files.read_text(spark, location(config)))
    return Forgotten(stored["salt"], frozenset(stored["accounts"]))


def write(spark: SparkSession, config: Config, forgotten: Forgotten) -> None:
    """Keep them."""
    stored = {"salt": forgotten.salt, "accounts": sorted(forgotten.hashes)}
    files.write_text(spark, location(config), json.dumps(stored, indent=2) + "\n")
