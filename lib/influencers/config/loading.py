"""Reading the configuration from TOML files and `section.key=value` texts."""

from __future__ import annotations

import dataclasses
import functools
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from influencers.config.setting import declarations
from influencers.config.tree import Config, all_settings, sections
from influencers.config.values import converted
from influencers.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


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
        UserError: an unreadable file, an unknown key, a value of the wrong type or range, or one
            setting by its old and its new name.
    """
    config = base if base is not None else _shipped()
    if config_file is not None:
        config = _apply(config, _parse_file(Path(config_file)), source=config_file)
    given = [_split_setting(setting) for setting in settings]
    _refuse_two_names([key for key, _ in given], source="--set")
    for key, value in given:
        config = with_setting(config, key, value)
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
    if isinstance(value, str) and all_settings()[key].type in (int, float, bool):
        _, parsed = _split_setting(f"{key}={value}")
        return with_setting(config, key, parsed)
    return with_setting(config, key, value)


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
    """A copy with the values of one source, by section and name."""
    known = sections()
    changed = {}
    for name, given in values.items():
        if name not in known:
            raise UserError(
                f"unknown section {name!r} ({source}): there are {', '.join(sorted(known))}"
            )
        if not isinstance(given, Mapping):
            raise UserError(f"{name} ({source}) is a section: write [{name}] and keys below it")
        changed[name] = _section(getattr(config, name), name, given, source=source)
    return dataclasses.replace(config, **changed)


def _section(section: Any, name: str, values: Mapping[str, Any], *, source: str) -> Any:
    """A copy of a section with other values."""
    known = declarations(type(section))
    values = _by_present_names(name, values, source=source)
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UserError(
            f"unknown key {name}.{unknown[0]} ({source}): "
            f"the keys are {', '.join(declared.key for declared in known.values())}"
        )
    read = {key: converted(value, known[key].type, known[key].key) for key, value in values.items()}
    return dataclasses.replace(section, **read)


@functools.cache
def _old_keys() -> Mapping[str, str]:
    """The keys of earlier versions, and what they are now."""
    return {
        f"{key.partition('.')[0]}.{declared.was}": key
        for key, declared in all_settings().items()
        if declared.was
    }


def _by_present_names(section: str, values: Mapping[str, Any], *, source: str) -> dict[str, Any]:
    """The values of a section with old names replaced; one line on stderr for each of these."""
    old = _old_keys()
    _refuse_two_names([f"{section}.{name}" for name in values], source=source)
    renamed = {}
    for name, value in values.items():
        key = f"{section}.{name}"
        if key in old:
            sys.stderr.write(f"{key} is now {old[key]}: write the new name ({source})\n")
        renamed[old.get(key, key).partition(".")[2]] = value
    return renamed


def _refuse_two_names(keys: Collection[str], *, source: str) -> None:
    """Raises a UserError if one source has a setting by its old and by its new name."""
    for old, new in _old_keys().items():
        if old in keys and new in keys:
            raise UserError(f"{old} is now {new}: give only {new} ({source})")
