"""The archive of classes that local runs start from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import class_archive
import submit
from submit_options import Options

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = ROOT / ".jars" / class_archive.NAME


def jars(folder: Path) -> Path:
    folder.mkdir()
    (folder / "delta.jar").write_bytes(b"jar")
    return folder


def test_fits_as_long_as_jars_java_and_folder_stay(tmp_path: Path) -> None:
    folder, java = jars(tmp_path / "jars"), tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_bytes(b"")
    java.chmod(0o755)
    env = {"PATH": str(java.parent)}
    made = class_archive.made_from(folder, env)
    assert class_archive.fits(made, folder, env)
    assert class_archive.fits(made, folder, {"PATH": ""})  # who needs Java says that there is none
    os.utime(java, ns=(0, 0))  # an update
    assert not class_archive.fits(made, folder, env)
    made = class_archive.made_from(folder, env)
    (folder / "another.jar").write_bytes(b"jar")
    assert not class_archive.fits(made, folder, env)


@pytest.mark.parametrize("record", [{}, {"java": ""}, {"java": 1, "jars": None, "folder": ""}])
def test_record_that_is_none(tmp_path: Path, record: dict[str, object]) -> None:
    assert not class_archive.fits(record, jars(tmp_path / "jars"), {})


def archived(folder: Path) -> Path:
    """The folder, with something that set-up has left as its archive."""
    (folder / class_archive.NAME).write_bytes(b"archive")
    (folder / class_archive.RECORD).write_text(json.dumps(class_archive.made_from(folder, {})))
    return folder


def test_archive_that_is_cut_off_or_changed_is_not_used_and_made_anew(tmp_path: Path) -> None:
    folder = archived(jars(tmp_path / "jars"))
    record = class_archive.made_from(folder, {})
    assert class_archive.java_options(folder)
    assert class_archive.fits(record, folder, {})
    for change in (b"arch", b"archivE"):
        (folder / class_archive.NAME).write_bytes(change)
        os.utime(folder / class_archive.NAME, ns=(0, 1))
        assert class_archive.java_options(folder) == ""
        assert not class_archive.fits(record, folder, {})
    (folder / class_archive.NAME).unlink()
    assert class_archive.java_options(folder) == ""


def test_options_keep_what_the_user_has_set(tmp_path: Path) -> None:
    folder = jars(tmp_path / "my jars")
    env = {"INFLUENCERS_JARS": str(folder)}
    options = Options.parse("--driver-java-options -Xshare:off")
    assert submit.from_archive(options, {}, env) == options  # there is no archive
    archived(folder)
    found = submit.from_archive(options, {}, env)
    assert found.get("spark.driver.extraClassPath") == str(folder / "delta.jar")
    java = found.get("spark.driver.extraJavaOptions")
    assert java is not None
    assert java.startswith(f'"-XX:SharedArchiveFile={folder / class_archive.NAME}" ')
    assert java.endswith(" -Xshare:off")


def test_class_path_of_the_user_is_left_alone(tmp_path: Path) -> None:
    folder = archived(jars(tmp_path / "jars"))
    env = {"INFLUENCERS_JARS": str(folder)}
    options = Options.parse("--driver-class-path /own.jar")
    assert submit.from_archive(options, {}, env) == options
    defaults = {"spark.driver.extraClassPath": "/cluster.jar"}
    assert submit.from_archive(Options(), defaults, env) == Options()


def test_session_starts_without_an_archive_that_is_cut_off(tmp_path: Path) -> None:
    folder = tmp_path / "jars"
    folder.mkdir()
    for jar in (ROOT / ".jars").glob("*.jar"):
        (folder / jar.name).symlink_to(jar.resolve())
    archived(folder)
    (folder / class_archive.NAME).write_bytes(b"arch")
    code = (
        "from influencers.run.session import build_session; build_session('cut').range(3).count()"
    )
    env = os.environ | {
        "INFLUENCERS_JARS": str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "lib"), str(ROOT)]),
    }
    subprocess.run([sys.executable, "-c", code], env=env, timeout=120, check=True)


@pytest.mark.skipif(not ARCHIVE.is_file(), reason="set-up could not make an archive here")
def test_session_takes_classes_of_spark_and_delta_from_it(tmp_path: Path) -> None:
    log = tmp_path / "classes.txt"
    code = (
        "from influencers.run.session import build_session\n"
        f"spark = build_session('archive')\n"
        f"spark.range(3).write.format('delta').save({str(tmp_path / 'table')!r})"
    )
    env = os.environ | {
        "JAVA_TOOL_OPTIONS": f"-Xlog:class+load=info:file={log}",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "lib"), str(ROOT)]),
    }
    subprocess.run([sys.executable, "-c", code], env=env, timeout=120, check=True)
    shared = [line for line in log.read_text().splitlines() if "shared objects file (top)" in line]
    for package in ("org.apache.spark.sql.", "io.delta.", "org.apache.spark.sql.delta."):
        assert any(f" {package}" in line for line in shared), package
