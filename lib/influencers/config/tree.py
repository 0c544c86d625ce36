"""The whole configuration: a tree of frozen sections."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from influencers.config.communities import CommunitiesConfig
from influencers.config.data import (
    ExportConfig,
    FeaturesConfig,
    ForgetConfig,
    GenerateConfig,
    IngestConfig,
    PathsConfig,
    ProfileConfig,
    ReportConfig,
    StorageConfig,
)
from influencers.config.explore import ExploreConfig
from influencers.config.growth import GrowthConfig
from influencers.config.images import DuplicatesConfig, ImagesConfig
from influencers.config.models import ModelsConfig
from influencers.config.setting import Section, Setting, declarations


@dataclass(frozen=True)
class Config:
    """The whole configuration; change a copy with `dataclasses.replace`."""

    paths: PathsConfig = field(default_factory=PathsConfig)
    ingest: IngestConfig = field(default_factory=IngestConfig)
    profile: ProfileConfig = field(default_factory=ProfileConfig)
    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    growth: GrowthConfig = field(default_factory=GrowthConfig)
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


def sections() -> dict[str, type[Section]]:
    """The sections by name, in the order of the tree."""
    default = Config()
    return {each.name: type(getattr(default, each.name)) for each in dataclasses.fields(Config)}


@functools.cache
def all_settings() -> Mapping[str, Setting]:
    """Every declared setting by its key, `section.name`, in the order of declaration."""
    return {
        declared.key: declared
        for section in sections().values()
        for declared in declarations(section).values()
    }


def flatten(config: Config) -> dict[str, Any]:
    """Every setting as `section.key` → value, in declaration order."""
    return {
        f"{section.name}.{key}": value
        for section in dataclasses.fields(config)
        for key, value in dataclasses.asdict(getattr(config, section.name)).items()
    }
