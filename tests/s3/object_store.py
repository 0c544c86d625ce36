"""An S3 server on loopback, and what lies in it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
MOTO, JARS = ROOT / ".venv-tools" / "bin" / "moto_server", ROOT / ".jars-s3"
BUCKET = "lake"
KEY, SECRET = "AKIDCANARY0001", "canary-of-a-secret-key-0001"

_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_HEADERS = {
    # The server believes any signature, but wants to see one.
    "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request",
    "Content-Type": "application/octet-stream",
}


@dataclass(frozen=True)
class ObjectStore:
    """A bucket of a server that speaks S3."""

    port: int

    @property
    def settings(self) -> dict[str, str]:
        """Spark's settings for it, as docs/clusters.md gives them."""
        assert (JARS / "resolved.json").is_file(), "no jars for s3a://: make s3-jars"
        s3a = {
            "endpoint": f"http://127.0.0.1:{self.port}",
            "endpoint.region": "us-east-1",
            "path.style.access": "true",
            "access.key": KEY,
            "secret.key": SECRET,
        }
        classic = "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"
        return {
            "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": classic,
            "spark.jars": ",".join(map(str, sorted(JARS.glob("*.jar")))),
            **{f"spark.hadoop.fs.s3a.{key}": value for key, value in s3a.items()},
        }

    def put(self, key: str, data: bytes | None = None) -> None:
        """Put an object there; without data, make the bucket."""
        self._ask("PUT", key, data)

    def get(self, key: str) -> bytes:
        """The bytes of an object."""
        return self._ask("GET", key)

    def keys(self, prefix: str = "") -> list[str]:
        """The names of the objects, in order."""
        found: list[str] = []
        while True:
            start = f"&start-after={quote(found[-1], safe='')}" if found else ""
            page = ET.fromstring(self._ask("GET", f"?list-type=2&prefix={quote(prefix)}{start}"))
            found += [one.text or "" for one in page.iter(f"{_NAMESPACE}Key")]
            if page.findtext(f"{_NAMESPACE}IsTruncated") != "true":
                return found

    def download(self, prefix: str, folder: Path) -> None:
        """Copy the objects below a prefix into a folder."""
        for key in self.keys(prefix):
            target = folder / key.removeprefix(prefix).lstrip("/")
            if not key.endswith("/"):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self.get(key))

    def _ask(self, method: str, key: str, data: bytes | None = None) -> bytes:
        url = f"http://127.0.0.1:{self.port}/{BUCKET}"
        if key:
            url += key if key.startswith("?") else f"/{quote(key)}"
        request = Request(url, data=data, headers=_HEADERS, method=method)
        with build_opener(ProxyHandler({})).open(request, timeout=60) as answer:
            return bytes(answer.read())


@contextlib.contextmanager
def serving(log: Path) -> Iterator[ObjectStore]:
    """A server with an empty bucket, until the end of the block."""
    assert MOTO.is_file(), "no S3 server: make tools"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        store = ObjectStore(int(free.getsockname()[1]))
    with log.open("wb") as output:
        command = [str(MOTO), "-H", "127.0.0.1", "-p", str(store.port)]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:

        def answers() -> bool:
            with contextlib.suppress(HTTPError), contextlib.suppress(OSError):
                store.put("")
                return True
            return False

        wait_until(answers, 60, "the S3 server", pause=0.2)
        yield store
    finally:
        process.terminate()
        process.wait(timeout=30)
