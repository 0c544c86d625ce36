"""Every setting of the application: one frozen tree, read from TOML and the command line.

Each setting is declared once, with its default, its help text and what a value has to fulfil; `make
docs` writes `conf/default.toml` and `docs/settings.md` from that. Later sources win: the defaults,
`$INFLUENCERS_CONF/default.toml`, `--config`, `--set`.
"""

from influencers.config.communities import ALGORITHMS, CommunitiesConfig
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
from influencers.config.images import DuplicatesConfig, ImagesConfig
from influencers.config.loading import load, with_option, with_setting
from influencers.config.models import ModelsConfig
from influencers.config.setting import Section, Setting, declarations
from influencers.config.tree import Config, all_settings, flatten, sections

__all__ = [
    "ALGORITHMS",
    "CommunitiesConfig",
    "Config",
    "DuplicatesConfig",
    "ExploreConfig",
    "ExportConfig",
    "FeaturesConfig",
    "ForgetConfig",
    "GenerateConfig",
    "ImagesConfig",
    "IngestConfig",
    "ModelsConfig",
    "PathsConfig",
    "ProfileConfig",
    "ReportConfig",
    "Section",
    "Setting",
    "StorageConfig",
    "all_settings",
    "declarations",
    "flatten",
    "load",
    "sections",
    "with_option",
    "with_setting",
]
