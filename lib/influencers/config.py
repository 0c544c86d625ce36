"""Every setting of the application: one frozen tree, read from TOML and the command line.

`conf/default.toml` shows the same keys with the same values and a comment each; a test keeps the
two equal. Later sources win: the defaults, `$INFLUENCERS_CONF/default.toml`, `--config`, `--set`.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from influencers.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def _check(condition: bool, key: str, wanted: str, value: object) -> None:
    if not condition:
        raise UserError(f"{key} must be {wanted}, not {value!r}: correct it in the configuration")


@dataclass(frozen=True)
class PathsConfig:
    """Where a run reads and writes."""

    input: tuple[str, ...] = ()
    output: str = "out"
    models: str = ""

    def __post_init__(self) -> None:
        _check(bool(self.output), "paths.output", "a folder or URI", self.output)


@dataclass(frozen=True)
class IngestConfig:
    """How files become posts."""

    format: str = "auto"
    encoding: str = "utf-8"
    max_record_chars: int = 262_144
    max_record_bytes: int = 4_194_304
    earliest_time: int = 1_286_323_200
    latest_time: int = 0
    hash_limit_mb: int = 10_240
    replace: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        formats = ("auto", "csv", "json", "parquet")
        _check(self.format in formats, "ingest.format", f"one of {', '.join(formats)}", self.format)
        _check(self.max_record_chars >= 1024, "ingest.max_record_chars", "at least 1024",
               self.max_record_chars)  # fmt: skip
        _check(self.max_record_bytes >= 1024, "ingest.max_record_bytes", "at least 1024",
               self.max_record_bytes)  # fmt: skip
        _check(self.earliest_time >= 0, "ingest.earliest_time", "Unix seconds", self.earliest_time)
        _check(self.latest_time >= 0, "ingest.latest_time", "Unix seconds or 0", self.latest_time)
        _check(self.hash_limit_mb >= 0, "ingest.hash_limit_mb", "0 or more", self.hash_limit_mb)


@dataclass(frozen=True)
class FeaturesConfig:
    """How posts and accounts are described."""

    history_posts: int = 10
    tier_edges: tuple[int, ...] = (10_000, 100_000, 500_000, 1_000_000)

    def __post_init__(self) -> None:
        _check(self.history_posts >= 1, "features.history_posts", "at least 1", self.history_posts)
        edges = self.tier_edges
        _check(
            len(edges) == 4 and all(a < b for a, b in itertools.pairwise(edges)),
            "features.tier_edges", "four rising follower counts", edges,
        )  # fmt: skip


# How communities are found: the choices of communities.algorithm.
ALGORITHMS = ("label_propagation", "weighted_label_propagation", "louvain")
BACKBONES = ("none", "disparity", "mutual")


@dataclass(frozen=True)
class CommunitiesConfig:
    """How hashtags are linked and grouped."""

    edges: str = ""
    algorithms: tuple[str, ...] = ALGORITHMS
    chosen: str = ""
    max_tags: int = 30
    max_account_share: float = 0.5
    min_accounts: int = 2
    backbone: str = "mutual"
    significance: float = 0.2
    neighbours: int = 30
    rounds: int = 10
    most_rounds: int = 60
    settled_share: float = 0.001
    driver_edges: int = 2_000_000
    seed: int = 20_170_401
    stability_runs: int = 0
    stability_dropped: float = 0.1
    graphml_edges: int = 100_000
    profile_entries: int = 10
    figure_communities: int = 8
    figure_tags: int = 12

    def __post_init__(self) -> None:
        known, given = ", ".join(ALGORITHMS), self.algorithms
        _check(bool(given) and set(given) <= set(ALGORITHMS) and len(set(given)) == len(given),
               "communities.algorithms", f"some of {known}, each once", list(given))  # fmt: skip
        _check(self.chosen in ("", *given), "communities.chosen",
               f"empty or one of {', '.join(given)}", self.chosen)  # fmt: skip
        _check(self.max_tags >= 2, "communities.max_tags", "at least 2", self.max_tags)
        _check(0 < self.max_account_share <= 1, "communities.max_account_share",
               "above 0 and at most 1", self.max_account_share)  # fmt: skip
        _check(self.min_accounts >= 1, "communities.min_accounts", "at least 1", self.min_accounts)
        _check(self.backbone in BACKBONES, "communities.backbone",
               f"one of {', '.join(BACKBONES)}", self.backbone)  # fmt: skip
        _check(0 < self.significance < 1, "communities.significance", "between 0 and 1",
               self.significance)  # fmt: skip
        _check(self.neighbours >= 1, "communities.neighbours", "at least 1", self.neighbours)
        _check(self.rounds >= 1, "communities.rounds", "at least 1", self.rounds)
        _check(self.most_rounds >= 1, "communities.most_rounds", "at least 1", self.most_rounds)
        _check(0 <= self.settled_share < 1, "communities.settled_share", "from 0 to below 1",
               self.settled_share)  # fmt: skip
        _check(0 <= self.driver_edges <= 100_000_000, "communities.driver_edges",
               "0 to 100,000,000", self.driver_edges)  # fmt: skip
        _check(self.seed >= 0, "communities.seed", "0 or more", self.seed)
        _check(0 <= self.stability_runs <= 100, "communities.stability_runs", "0 to 100",
               self.stability_runs)  # fmt: skip
        _check(0 < self.stability_dropped < 1, "communities.stability_dropped", "between 0 and 1",
               self.stability_dropped)  # fmt: skip
        _check(1 <= self.profile_entries <= 100, "communities.profile_entries", "1 to 100",
               self.profile_entries)  # fmt: skip
        _check(0 <= self.graphml_edges <= 5_000_000, "communities.graphml_edges",
               "0 to 5,000,000", self.graphml_edges)  # fmt: skip
        _check(1 <= self.figure_communities <= 8, "communities.figure_communities", "1 to 8",
               self.figure_communities)  # fmt: skip
        _check(1 <= self.figure_tags <= 15, "communities.figure_tags", "1 to 15", self.figure_tags)


@dataclass(frozen=True)
class ModelsConfig:
    """What the forests learn, and how they are tried."""

    model: str = "both"
    label: str = "top_likes"
    labels: tuple[str, ...] = ("top_likes", "top_engagement_in_tier", "beats_own_history")
    variant: str = "before_posting"
    influence_features: tuple[str, ...] = ()
    virality_features: tuple[str, ...] = ()
    community_algorithm: str = ""
    influential_share: float = 0.25
    viral_share: float = 0.1
    beats_factor: float = 2.0
    account_share: float = 0.25
    time_share: float = 0.2
    calibration_share: float = 0.15
    min_positives: int = 20
    min_calibration: int = 10
    min_groups: int = 20
    evaluation_folds: int = 5
    suspicious_auc: float = 0.99
    trees: int = 64
    depth: int = 10
    max_bins: int = 128
    min_leaf: int = 10
    feature_subset: str = "onethird"
    class_weights: bool = False
    memory_mb: int = 512
    partition_rows: int = 250_000
    explained_rows: int = 2_000
    permutations: int = 3
    reasons: int = 3
    force: bool = False
    tune: bool = False
    folds: int = 4
    mlflow_uri: str = ""
    mlflow_experiment: str = "influencers"
    seed: int = 20_170_401

    def __post_init__(self) -> None:
        models = ("influence", "virality", "both")
        _check(self.model in models, "models.model", f"one of {', '.join(models)}", self.model)
        labels = ("top_likes", "top_engagement_in_tier", "beats_own_history")
        for key, chosen in (("models.label", (self.label,)), ("models.labels", self.labels)):
            _check(set(chosen) <= set(labels), key, f"among {', '.join(labels)}", chosen)
        variants = ("before_posting", "without_history")
        _check(self.variant in variants, "models.variant", f"one of {', '.join(variants)}",
               self.variant)  # fmt: skip
        subsets = ("sqrt", "log2", "onethird", "all")
        _check(self.feature_subset in subsets, "models.feature_subset",
               f"one of {', '.join(subsets)}", self.feature_subset)  # fmt: skip
        for key in ("influential_share", "viral_share", "account_share", "time_share",
                    "calibration_share"):  # fmt: skip
            share = getattr(self, key)
            _check(0 < share <= 0.5, f"models.{key}", "above 0 and at most 0.5", share)
        for key in ("min_positives", "min_calibration", "min_groups", "trees", "min_leaf",
                    "memory_mb", "partition_rows", "explained_rows", "permutations"):  # fmt: skip
            _check(getattr(self, key) >= 1, f"models.{key}", "at least 1", getattr(self, key))
        _check(self.reasons >= 0, "models.reasons", "0 or more", self.reasons)
        _check(2 <= self.folds <= 20, "models.folds", "from 2 to 20", self.folds)
        folds = self.evaluation_folds
        _check(1 <= folds <= 20, "models.evaluation_folds", "from 1 to 20", folds)
        _check(1 <= self.depth <= 30, "models.depth", "from 1 to 30", self.depth)
        _check(self.max_bins >= 2, "models.max_bins", "at least 2", self.max_bins)
        _check(self.beats_factor > 0, "models.beats_factor", "above 0", self.beats_factor)
        auc = self.suspicious_auc
        _check(0.5 < auc <= 1, "models.suspicious_auc", "above 0.5 and at most 1", auc)


@dataclass(frozen=True)
class ExploreConfig:
    """How the exploratory figures and analyses are drawn."""

    bins_per_decade: int = 8
    top_accounts: int = 10
    min_posts: int = 5
    leader_min_posts: int = 10
    top_hashtags: int = 40
    min_hashtag_accounts: int = 20
    settled_days: float = 2.0
    negligible_effect: float = 0.1
    negligible_odds_ratio: float = 1.25
    account_buckets: int = 64

    def __post_init__(self) -> None:
        bins, buckets = self.bins_per_decade, self.account_buckets
        _check(1 <= bins <= 50, "explore.bins_per_decade", "from 1 to 50", bins)
        _check(10 <= buckets <= 1000, "explore.account_buckets", "from 10 to 1000", buckets)
        for key in ("top_accounts", "min_posts", "top_hashtags", "min_hashtag_accounts"):
            _check(1 <= getattr(self, key) <= 1000, f"explore.{key}", "from 1 to 1000",
                   getattr(self, key))  # fmt: skip
        days, band = self.settled_days, self.negligible_effect
        _check(days >= 0, "explore.settled_days", "0 or more", days)
        _check(0 < band < 1, "explore.negligible_effect", "between 0 and 1", band)
        odds, least = self.negligible_odds_ratio, self.leader_min_posts
        _check(1 < odds <= 100, "explore.negligible_odds_ratio", "above 1, at most 100", odds)
        _check(6 <= least <= 1000, "explore.leader_min_posts",
               "from 6, which it takes for an interval of the median, to 1000", least)  # fmt: skip


@dataclass(frozen=True)
class ImagesConfig:
    """How pictures are fetched and what they may cost."""

    enabled: bool = True
    requests_per_second: float = 20.0
    connections_per_host: int = 8
    host_limits: tuple[str, ...] = ()
    budget_port: int = 0
    threads: int = 16
    deadline_seconds: float = 30.0
    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    max_bytes: int = 20_000_000
    max_pixels: int = 25_000_000
    max_decoding_pixels: int = 25_000_000
    thumbnail: int = 64
    attempts_per_run: int = 3
    attempts_in_all: int = 8
    later_seconds: float = 900.0
    breaker_failures: int = 20
    respect_opt_out: bool = True
    user_agent: str = "influencers/0.1 (research; image features)"
    mirrors: tuple[str, ...] = ("cdninstagram.com", "fbcdn.net")
    allow_hosts: tuple[str, ...] = ()
    connect_to: tuple[str, ...] = ()
    authorities: str = ""
    commit_images: int = 20_000

    def __post_init__(self) -> None:
        for key in ("requests_per_second", "connections_per_host", "budget_port",
                    "breaker_failures"):  # fmt: skip
            _check(getattr(self, key) >= 0, f"images.{key}", "0 or more", getattr(self, key))
        for key in ("deadline_seconds", "connect_seconds", "read_seconds", "later_seconds"):
            _check(getattr(self, key) > 0, f"images.{key}", "above 0", getattr(self, key))
        for key in ("threads", "max_bytes", "max_pixels", "max_decoding_pixels", "attempts_per_run",
                    "attempts_in_all", "commit_images"):  # fmt: skip
            _check(getattr(self, key) >= 1, f"images.{key}", "at least 1", getattr(self, key))
        _check(self.budget_port < 65_536, "images.budget_port", "a port", self.budget_port)
        _check(0 <= self.thumbnail <= 256, "images.thumbnail", "0 to 256 pixels", self.thumbnail)
        _check(self.threads <= 256, "images.threads", "at most 256", self.threads)


@dataclass(frozen=True)
class DuplicatesConfig:
    """How near-duplicate pictures are found."""

    radius: int = 4
    hashes: str = ""
    most_candidates: int = 10_000_000_000_000
    driver_pairs: int = 1_000_000

    def __post_init__(self) -> None:
        _check(0 <= self.radius <= 10, "duplicates.radius", "from 0 to 10", self.radius)
        _check(self.most_candidates >= 1, "duplicates.most_candidates", "at least 1",
               self.most_candidates)  # fmt: skip
        _check(self.driver_pairs >= 0, "duplicates.driver_pairs", "0 or more", self.driver_pairs)


@dataclass(frozen=True)
class GenerateConfig:
    """The synthetic sample: how many records, and what share of them is awkward."""

    posts: int = 6_000
    accounts: int = 400
    images: int = 1_000_000_000
    seed: int = 7
    bad_share: float = 0.01
    duplicate_share: float = 0.01
    expired_share: float = 0.05
    image_base_url: str = "https://images.example"
    image_size: int = 160

    def __post_init__(self) -> None:
        _check(self.posts >= 1, "generate.posts", "at least 1", self.posts)
        _check(self.accounts >= 1, "generate.accounts", "at least 1", self.accounts)
        _check(self.images >= 0, "generate.images", "0 or more", self.images)
        _check(0 <= self.seed < 2**62, "generate.seed", "from 0 to 2^62 - 1", self.seed)
        for name in ("bad_share", "duplicate_share", "expired_share"):
            share = getattr(self, name)
            _check(0 <= share <= 0.5, f"generate.{name}", "from 0 to 0.5", share)
        url = self.image_base_url
        _check(
            url.startswith(("http://", "https://")) and not set(url) & set(',"?# \t\r\n'),
            "generate.image_base_url", "an http or https URL without query", url,
        )  # fmt: skip
        _check(64 <= self.image_size <= 4_096, "generate.image_size", "64 to 4096 pixels",
               self.image_size)  # fmt: skip


@dataclass(frozen=True)
class ReportConfig:
    """The report."""

    title: str = "Influencers on Instagram"
    communities: int = 20
    tags: int = 12
    copied: int = 20

    def __post_init__(self) -> None:
        _check(0 <= self.copied <= 200, "report.copied", "from 0 to 200", self.copied)
        _check(self.communities >= 0, "report.communities", "0 or more", self.communities)
        _check(self.tags >= 1, "report.tags", "at least 1", self.tags)


@dataclass(frozen=True)
class ExportConfig:
    """A table for a spreadsheet."""

    table: str = ""


@dataclass(frozen=True)
class StorageConfig:
    """How long old versions of tables stay."""

    retain_days: float = 7.0

    def __post_init__(self) -> None:
        _check(0 <= self.retain_days <= 36_500, "storage.retain_days", "from 0 to 36500",
               self.retain_days)  # fmt: skip


@dataclass(frozen=True)
class ForgetConfig:
    """Accounts that an output has to forget."""

    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """The whole configuration; change a copy with `dataclasses.replace`."""

    paths: PathsConfig = field(default_factory=PathsConfig)
    ingest: IngestConfig = field(default_factory=IngestConfig)
    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    images: ImagesConfig = field(default_factory=ImagesConfig)
    duplicates: DuplicatesConfig = field(default_factory=DuplicatesConfig)
    communities: CommunitiesConfig = field(default_factory=CommunitiesConfig)
    models: ModelsConfig = field(default_factory=ModelsConfig)
    explore: ExploreConfig = field(default_factory=ExploreConfig)
    generate: GenerateConfig = field(default_factory=GenerateConfig)
    report: ReportConfig = field(default_factory=ReportConfig)
    export: ExportConfig = field(default_factory=ExportConfig)
    storage: StorageConfig = field(default_factory=StorageConfig)
    forget: ForgetConfig = field(default_factory=ForgetConfig)


def load(
    config_file: str | None = None, settings: Sequence[str] = (), base: Config | None = None
) -> Config:
    """The configuration of a run.

    Args:
        config_file: a TOML file of the user's, or None.
        settings: `section.key=value` texts; a value is read as TOML where that works (`3`,
            `true`, `["a", "b"]`) and as plain text otherwise.
        base: what to start from instead of the shipped defaults.

    Raises:
        UserError: an unreadable file, an unknown key, or a value of the wrong type or range.
    """
    config = base if base is not None else _shipped()
    if config_file is not None:
        config = _apply(config, _parse_file(Path(config_file)), source=config_file)
    for setting in settings:
        config = with_setting(config, *_split_setting(setting))
    return config


def with_setting(config: Config, key: str, value: object) -> Config:
    """A copy with one key changed; `key` is `section.name`.

    Raises:
        UserError: the key is unknown or the value does not fit it.
    """
    section, dot, name = key.partition(".")
    if not dot:
        raise UserError(f"{key!r} is not a setting: write section.key=value, as in models.seed=1")
    return _apply(config, {section: {name: value}}, source="--set")


def with_option(config: Config, key: str, value: str | Sequence[str]) -> Config:
    """A copy with one key read from the text of a command-line option.

    Raises:
        UserError: the text does not fit the key.
    """
    section, _, name = key.partition(".")
    wanted = typing.get_type_hints(type(getattr(config, section)))[name]
    if isinstance(value, str) and wanted in (int, float, bool):
        _, parsed = _split_setting(f"{key}={value}")
        return with_setting(config, key, parsed)
    return with_setting(config, key, value)


def flatten(config: Config) -> dict[str, Any]:
    """Every setting as `section.key` → value, in declaration order."""
    return {
        f"{section.name}.{key}": value
        for section in dataclasses.fields(config)
        for key, value in dataclasses.asdict(getattr(config, section.name)).items()
    }


def _shipped() -> Config:
    folder = os.environ.get("INFLUENCERS_CONF")
    shipped = Path(folder) / "default.toml" if folder else None
    if shipped is None or not shipped.is_file():
        return Config()
    return _apply(Config(), _parse_file(shipped), source=str(shipped))


def _parse_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the configuration {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid TOML: {error}") from None


def _split_setting(setting: str) -> tuple[str, object]:
    key, equals, text = setting.partition("=")
    if not equals:
        raise UserError(f"{setting!r} sets nothing: write section.key=value")
    try:
        value: object = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    return key.strip(), value


def _apply(config: Config, values: Mapping[str, Any], *, source: str) -> Config:
    sections = {f.name for f in dataclasses.fields(config)}
    changed = {}
    for name, keys in values.items():
        if name not in sections:
            raise UserError(
                f"unknown section {name!r} ({source}): there are {', '.join(sorted(sections))}"
            )
        if not isinstance(keys, Mapping):
            raise UserError(f"{name} ({source}) is a section: write [{name}] and keys below it")
        changed[name] = _section(getattr(config, name), name, keys, source=source)
    return dataclasses.replace(config, **changed)


def _section(section: Any, name: str, values: Mapping[str, Any], *, source: str) -> Any:
    wanted = typing.get_type_hints(type(section))
    unknown = sorted(set(values) - set(wanted))
    if unknown:
        raise UserError(
            f"unknown key {name}.{unknown[0]} ({source}): "
            f"the keys are {', '.join(f'{name}.{key}' for key in wanted)}"
        )
    read = {key: _coerce(value, wanted[key], f"{name}.{key}") for key, value in values.items()}
    return dataclasses.replace(section, **read)


def _coerce(value: Any, wanted: Any, key: str) -> Any:
    """`value` as the type a field declares; whole numbers serve as floats, lists as tuples."""
    if typing.get_origin(wanted) is tuple:
        item = typing.get_args(wanted)[0]
        values = value if isinstance(value, list | tuple) else [value]
        return tuple(_coerce(one, item, key) for one in values)
    if isinstance(wanted, types.UnionType):
        raise TypeError(f"{key}: optional settings are not used; give it an empty default")
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if type(value) is not wanted:
        names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
        raise UserError(f"{key} must be {names[wanted]}, not {value!r}")
    return value
