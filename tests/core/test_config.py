"""The configuration: what is shipped, what is read, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from influencers.config import Config, FeaturesConfig, flatten, load, with_option, with_setting
from influencers.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _own_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFLUENCERS_CONF", raising=False)


def test_the_shipped_file_shows_every_key_with_its_default() -> None:
    shipped = ROOT / "conf" / "default.toml"
    written = {
        f"{section}.{key}"
        for section, keys in tomllib.loads(shipped.read_text(encoding="utf-8")).items()
        for key in keys
    }
    assert written == set(flatten(Config()))
    assert load(str(shipped)) == Config()


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = tmp_path / "conf"
    conf.mkdir()
    (conf / "default.toml").write_text("[generate]\nposts = 1\naccounts = 1\nseed = 1\n")
    own = tmp_path / "own.toml"
    own.write_text("[generate]\nposts = 2\naccounts = 2\n")
    monkeypatch.setenv("INFLUENCERS_CONF", str(conf))
    found = load(str(own), ["generate.posts=3"]).generate
    assert (found.posts, found.accounts, found.seed) == (3, 2, 1)


@pytest.mark.parametrize(
    ("setting", "key", "value"),
    [
        ("paths.output=s3a://b/x", "paths.output", "s3a://b/x"),
        ("paths.output=2024", "paths.output", "2024"),
        ('paths.input=["a", "b"]', "paths.input", ("a", "b")),
        ("paths.input=a.csv", "paths.input", ("a.csv",)),
        ("images.enabled=true", "images.enabled", True),
        ("features.history_posts=3", "features.history_posts", 3),
        ("features.tier_edges=[1, 2, 3, 4]", "features.tier_edges", (1, 2, 3, 4)),
    ],
)
def test_settings_are_read(setting: str, key: str, value: object) -> None:
    assert flatten(load(None, [setting]))[key] == value


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("models.tres=1", "unknown key models.tres"),
        ("model.trees=1", "unknown section 'model'"),
        ("trees=1", "section.key=value"),
        ("models.trees", "sets nothing"),
        ("models.trees=many", "models.trees must be a whole number"),
        ("models.trees=true", "models.trees must be a whole number"),
        ("images.enabled=1", "images.enabled must be true or false"),
        ("features.history_posts=0", "features.history_posts must be at least 1"),
        ("features.tier_edges=[4, 3, 2, 1]", "features.tier_edges must be four rising"),
        ("ingest.format=xml", "ingest.format must be one of"),
        ("paths.output=", "paths.output"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(setting: str, told: str) -> None:
    with pytest.raises(UserError) as error:
        load(None, [setting])
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[models\n")
    with pytest.raises(UserError, match=r"broken\.toml is not valid TOML"):
        load(str(broken))
    with pytest.raises(UserError, match=r"cannot read the configuration .*none\.toml"):
        load(str(tmp_path / "none.toml"))


def test_options_are_read_by_the_type_of_their_key() -> None:
    config = with_option(Config(), "generate.posts", "12")
    assert config.generate.posts == 12
    assert with_option(config, "paths.output", "7").paths.output == "7"
    assert with_option(config, "paths.input", ["a", "b"]).paths.input == ("a", "b")
    with pytest.raises(UserError, match=r"generate\.posts must be a whole number"):
        with_option(config, "generate.posts", "many")


def test_a_copy_is_changed_and_the_original_is_not() -> None:
    config = Config()
    assert with_setting(config, "features.history_posts", 5).features == FeaturesConfig(5)
    assert config.features == FeaturesConfig()
