"""The image, built by buildah without a Docker engine, and what runs of it.

Set in the environment:
  CONTAINER_BASE     the base: an image's name, or a folder with a root file system; without it
                     debootstrap makes a Debian 12 with Python
  CONTAINER_STORAGE  a folder that keeps base and image for the next time; without it both go
  CONTAINER_IMAGE    an image that is in the storage already, instead of a new one
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from processes import kill_session, running, wait_until

ROOT = Path(__file__).resolve().parents[2]
ENTRYPOINT = ("/usr/bin/tini", "-g", "--", "python", "/opt/influencers/launch/container.py")
HEALTH = ("python", "/opt/influencers/launch/health.py")
# What the user of the image is there.
USER = 185

_IMAGE, _BASE = "localhost/influencers:test", "localhost/influencers-base:test"
_DEBIAN, _PACKAGES = "bookworm", "ca-certificates,python3,python3-venv"
# Certificates that this machine's owner has added, and where Debian's tools find all of them.
_CERTIFICATES = (Path("/usr/local/share/ca-certificates"), Path("/etc/ssl/certs"))
# A mirror that this machine uses is the build's too.
_MIRRORS = ("PIP_INDEX_URL", "DEFAULT_ARTIFACT_REPOSITORY")

Env = Mapping[str, str]
# Where a folder of this machine is seen in a container, `:ro` behind it where only to be read.
Volumes = Mapping[Path, str]


@dataclass(frozen=True)
class Builder:
    """Buildah with storage of its own; chroot isolation needs no daemon and no kernel feature."""

    storage: Path

    def command(self, *words: str) -> list[str]:
        folders = ["--root", str(self.storage / "root"), "--runroot", str(self.storage / "run")]
        return ["buildah", *folders, "--storage-driver", "vfs", *words]

    def __call__(self, *words: str, seconds: float = 1500) -> str:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=seconds)
        told = f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
        assert done.returncode == 0, f"buildah {words[0]}:\n{told}"
        return done.stdout.strip()

    def image(self) -> str:
        """The name of the image of this source tree."""
        if given := os.environ.get("CONTAINER_IMAGE"):
            return given
        # HEALTHCHECK is Docker's own: the OCI format has no place for it. Without --layers, as each
        # layer would be a whole copy of the file system in this kind of storage.
        arguments = [f"BASE_IMAGE={self._base()}"]
        arguments += [f"{name}={os.environ[name]}" for name in _MIRRORS if os.environ.get(name)]
        built = [word for argument in arguments for word in ("--build-arg", argument)]
        how = ("--isolation", "chroot", "--format", "docker")
        self("build", *how, *built, "--tag", _IMAGE, str(ROOT))
        return _IMAGE

    def _base(self) -> str:
        given = os.environ.get("CONTAINER_BASE", "")
        if given and not Path(given).is_dir():
            return given
        if not given and _BASE in self("images", "--format", "{{.Name}}:{{.Tag}}").splitlines():
            return _BASE
        made = self("from", "scratch")
        with self._root_file_system(given) as folder:
            self("copy", "--quiet", made, str(folder), "/")
        for folder in filter(Path.is_dir, _CERTIFICATES):
            self("copy", "--quiet", made, str(folder), str(folder))
        self("commit", "--quiet", "--rm", made, _BASE)
        return _BASE

    @contextlib.contextmanager
    def _root_file_system(self, given: str) -> Iterator[Path]:
        if given:
            yield Path(given)
            return
        assert shutil.which("debootstrap"), (
            "no base for the image: install debootstrap, or name one in CONTAINER_BASE"
        )
        with tempfile.TemporaryDirectory(dir=self.storage) as folder:
            subprocess.run(
                ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _DEBIAN, folder],
                check=True, timeout=1200, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            yield Path(folder)


@contextlib.contextmanager
def building() -> Iterator[Builder]:
    """A builder and its storage; fails, saying so, where no builder is to be had."""
    assert shutil.which("buildah"), "no builder for the image: install buildah"
    with contextlib.ExitStack() as stack:
        kept = os.environ.get("CONTAINER_STORAGE")
        if not kept:
            (ROOT / ".build").mkdir(exist_ok=True)
            made = tempfile.TemporaryDirectory(prefix="containers-", dir=ROOT / ".build")
            kept = stack.enter_context(made)
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Builder(Path(kept))


@dataclass(frozen=True)
class Container:
    """A container of an image, with a file system of its own; the network is this machine's."""

    builder: Builder
    name: str
    env: Env = field(default_factory=dict)
    volumes: Volumes = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        """What runs these words in the container as the image's user."""
        # Docker's process 1 takes care of orphans; here it has to ask for them.
        env = {"TINI_SUBREAPER": "1", **self.env}
        return self.builder.command(
            "run", "--isolation", "chroot", "--user", f"{USER}:0",
            *(word for pair in env.items() for word in ("--env", "=".join(pair))),
            *(word for place, at in self.volumes.items() for word in ("--volume", f"{place}:{at}")),
            self.name, "--", *words,
        )  # fmt: skip

    def run(
        self, *arguments: str, network: bool = True, seconds: float = 800
    ) -> subprocess.CompletedProcess[str]:
        """What the image does with the arguments, to its end; without a network, on loopback."""
        command = self.command(*ENTRYPOINT, *arguments)
        if not network:
            command = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
                       *command]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds)

    @contextlib.contextmanager
    def daemon(self, *arguments: str, log: Path) -> Iterator[None]:
        """What the image does with the arguments, well from the start of the block to its end."""
        health = self.command(*HEALTH)
        with (
            log.open("wb") as output,
            subprocess.Popen(
                self.command(*ENTRYPOINT, *arguments),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):  # fmt: skip
            try:
                wait_until(
                    lambda: (
                        process.poll() is not None
                        or subprocess.run(health, capture_output=True, timeout=60).returncode == 0
                    ),
                    120, f"the health of {arguments[0]}", pause=0.5,
                )  # fmt: skip
                assert process.poll() is None, log.read_text()[-3000:]
                yield
                _stop(process)
            finally:
                kill_session(process.pid)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """As `docker stop` does: SIGTERM for process 1, and ten seconds to end."""
    first = [
        one.pid
        for one in running().values()
        if one.session == process.pid and one.command.startswith(ENTRYPOINT[0])
    ]
    assert len(first) == 1, first
    os.kill(first[0], signal.SIGTERM)
    process.wait(timeout=10)


@contextlib.contextmanager
def container(
    builder: Builder, image: str, env: Env | None = None, volumes: Volumes | None = None
) -> Iterator[Container]:
    """A container of the image, removed at the end."""
    name = builder("from", "--pull-never", image)
    try:
        yield Container(builder, name, env or {}, volumes or {})
    finally:
        builder("rm", name)
