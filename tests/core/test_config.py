"""The configuration: what is shipped, what is read, what is refused."""

from __future__ import annotations

import sys
import typing
from pathlib import Path

import pytest

from influencers.communities.backbone import BACKBONES
from influencers.config import (
    Config,
    FeaturesConfig,
    Setting,
    all_settings,
    flatten,
    load,
    with_option,
    with_setting,
)
from influencers.config.values import as_toml, converted
from influencers.errors import UserError
from influencers.models.declaration import LABELS, VARIANTS

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


@pytest.mark.parametrize("setting", all_settings().values(), ids=lambda setting: setting.key)
def test_every_setting_is_declared_in_full(setting: Setting) -> None:
    assert setting.help[0].isupper()
    assert setting.help.endswith(".")
    assert not setting.help.count("\n")
    assert setting.check is None or setting.check.holds(setting.default)
    assert typing.get_origin(setting.type) is tuple or setting.type in (int, float, bool, str)


def test_declarations_are_of_the_settings_in_their_order() -> None:
    assert {key: setting.default for key, setting in all_settings().items()} == flatten(Config())
    assert list(all_settings()) == list(flatten(Config()))


def test_choices_are_what_the_code_knows() -> None:
    found = {key: setting.choices for key, setting in all_settings().items() if setting.choices}
    of_virality = {name for name, label in LABELS.items() if label.model == "virality"}
    assert set(found["models.labels"]) == set(found["models.label"]) == of_virality
    assert set(found["models.variant"]) == set(VARIANTS)
    assert set(found["communities.backbone"]) == set(BACKBONES)


@pytest.mark.parametrize("setting", all_settings().values(), ids=lambda setting: setting.key)
def test_a_default_written_as_toml_is_read_as_it_was(setting: Setting) -> None:
    read = tomllib.loads(f"value = {as_toml(setting.default)}")["value"]
    assert converted(read, setting.type, setting.key) == setting.default


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
        ("models.trees=0", "models.trees must be at least 1, not 0: correct it in the config"),
        ("images.threads=257", "images.threads must be 1 to 256, not 257"),
        ("images.deadline_seconds=0", "images.deadline_seconds must be above 0"),
        ("images.budget_port=70000", "images.budget_port must be 0 to 65,535"),
        ("models.viral_share=0.6", "models.viral_share must be above 0 and at most 0.5"),
        ("communities.tolerance=1", "communities.tolerance must be 0 or more and below 1"),
        ("communities.algorithms=[]", "communities.algorithms must be some of"),
        ('communities.algorithms=["louvain", "louvain"]', "each once, not ['louvain', 'louvain']"),
        ('communities.algorithms=["louvain", "x"]', "communities.algorithms must be some of"),
        ("communities.chosen=x", "communities.chosen must be empty or one of label_propagation"),
        ('models.labels=["top_likes", "x"]', "models.labels must be among top_likes"),
        ("models.label=x", "models.label must be one of top_likes"),
        ("explore.leader_min_posts=5", "explore.leader_min_posts must be from 6"),
        ("generate.image_base_url=ftp://x", "generate.image_base_url must be an http or https URL"),
        ("generate.image_base_url=http://x/?q", "must be an http or https URL without query"),
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


RENAMED = {
    "images.authorities": "images.ca_bundle",
    "images.attempts_in_all": "images.max_attempts_total",
    "images.later_seconds": "images.retry_after_seconds",
    "duplicates.most_candidates": "duplicates.max_candidates",
    "communities.most_rounds": "communities.max_iterations",
    "communities.settled_share": "communities.tolerance",
}


def warning(old: str, source: str) -> str:
    return f"{old} is now {RENAMED[old]}: write the new name ({source})\n"


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_name_works_with_one_line_that_says_the_new_one(
    old: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = RENAMED[old]
    value = "x.pem" if new == "images.ca_bundle" else 0.5 if new == "communities.tolerance" else 7
    assert flatten(load(None, [f"{old}={value}"]))[new] == value
    assert capsys.readouterr().err == warning(old, "--set")
    own = tmp_path / "own.toml"
    section, _, name = old.partition(".")
    own.write_text(f"[{section}]\n{name} = {as_toml(value)}\n")
    assert flatten(load(str(own)))[new] == value
    assert capsys.readouterr().err == warning(old, str(own))


def test_a_value_by_an_old_name_is_checked() -> None:
    with pytest.raises(UserError, match=r"images\.max_attempts_total must be at least 1, not 0"):
        load(None, ["images.attempts_in_all=0"])


def test_a_new_name_has_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    load(None, ["communities.tolerance=0.5", "communities.max_iterations=7"])
    assert capsys.readouterr().err == ""


def test_old_and_new_name_in_one_source_are_refused(tmp_path: Path) -> None:
    told = r"^images\.authorities is now images\.ca_bundle: give only images\.ca_bundle \(.*\)$"
    own = tmp_path / "own.toml"
    own.write_text('[images]\nca_bundle = "a"\nauthorities = "b"\n')
    with pytest.raises(UserError, match=told):
        load(str(own))
    with pytest.raises(UserError, match=told):
        load(None, ["images.authorities=b", "images.ca_bundle=a"])


def test_a_later_source_wins_by_either_name(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[images]\nauthorities = "old"\n')
    assert load(str(own), ["images.ca_bundle=new"]).images.ca_bundle == "new"
    own.write_text('[images]\nca_bundle = "new"\n')
    assert load(str(own), ["images.authorities=old"]).images.ca_bundle == "old"
