"""Images fetched and measured in a second: ours, two usual ways, and the limit to come close to.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/images.py [--images 2000] [--rounds 3]
    ... --steps     what each step costs
    ... --slow      hosts that take .3 s and fail one in ten, within a budget for each

The images are 1080 x 1080 JPEGs of 150 to 250 KB, 100 different ones under as many addresses as
wanted, from a server on loopback that shares the cores. In alternating rounds:

- ours: the job `images` with every measure and both writes of its tables; the session's start is
  left out, the table of posts is written before;
- img2dataset without resizing into files, as many threads in as many processes, then
  imagehash.phash over the files in as many processes. Its imports are left out, those of the
  processes that it starts for a download are not: it has no other way to run;
- requests: a session, Pillow and imagehash.phash in the threads of one process;
- limit: our decoding and measures of files in as many processes, without fetching and tables.

The processes stay for all rounds, so that the first round of each is its slowest.

Processor time and memory are those of a contender's whole family of processes; the server's
processor time is told apart. `--img2dataset` names another Python that has img2dataset and
imagehash, where this one has not. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Threads of numpy's own would be counted, and get in the way of our processes.
os.environ["OMP_NUM_THREADS"] = "1"

from images_machine import family, machine, peak_memory
from images_server import make_images
from images_steps import step_costs

_HERE = Path(__file__).parent
_SLOW_HOSTS = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")


@dataclass(frozen=True)
class Round:
    """What one round of one contender took."""

    images: int
    seconds: float
    cpu: float
    memory: int
    server: dict[str, float]


@dataclass
class Contender:
    """A process that runs rounds when told to."""

    name: str
    process: subprocess.Popen[str]
    server: str
    rounds: list[Round] = field(default_factory=list)

    def run(self, folder: Path) -> Round:
        """One round; memory is that of the most filled moment seen."""
        self._say(f"prepare {folder}")
        numbers(self.server)
        before, served = family(self.process.pid)[0], numbers(self.server)["cpu"]
        with peak_memory(self.process.pid) as peak:
            began = time.perf_counter()
            images = int(self._say(f"run {folder}"))
            seconds = time.perf_counter() - began
        cpu = family(self.process.pid)[0] - before
        after = numbers(self.server)
        after["cpu"] -= served
        self.rounds.append(Round(images, seconds, cpu, peak.bytes, after))
        return self.rounds[-1]

    def _say(self, line: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise SystemExit(f"{self.name} has ended; see its log")
        return answer


def numbers(server: str) -> dict[str, float]:
    """What a server has done since it was last asked; `cpu` since it started."""
    with urllib.request.urlopen(f"http://{server}/numbers") as answer:
        found: dict[str, float] = json.load(answer)
    return found


@contextmanager
def started(command: Sequence[str], log: Path) -> Iterator[Any]:
    """A process of ours, ended with the block by the end of its standard input."""
    with log.open("w") as errors, subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        try:
            yield process
        finally:
            process.stdin.close()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def server(chosen: argparse.Namespace, *options: str) -> Iterator[int]:
    """The server of images; its port."""
    command = [sys.executable, str(_HERE / "images_server.py"), str(chosen.folder / "images")]
    with started([*command, *options], chosen.folder / "server.log") as process:
        yield int(process.stdout.readline())


@contextmanager
def contender(
    name: str, chosen: argparse.Namespace, address: str, options: dict[str, Any]
) -> Iterator[Contender]:
    """A contender that is ready."""
    python = chosen.img2dataset if name == "img2dataset" else sys.executable
    given = chosen.folder / f"{name}.json"
    given.write_text(json.dumps(options))
    command = [python, str(_HERE / "images_contenders.py"), name, str(given)]
    with started(command, chosen.folder / f"{name}.log") as process:
        if process.stdout.readline().strip() != "ready":
            log = (chosen.folder / f"{name}.log").read_text()
            raise SystemExit(f"{name} does not start:\n{log[-2000:]}")
        yield Contender(name, process, address)


def bare_client(urls: Sequence[str], address: str, threads: int) -> tuple[float, float]:
    """Images a second that the server gives to a client that throws them away, and its ms each."""
    from http.client import HTTPConnection

    def fetch(part: Sequence[str]) -> None:
        connection, buffer = HTTPConnection(address), bytearray(1 << 18)
        for url in part:
            connection.request("GET", url.removeprefix(f"http://{address}"))
            answer = connection.getresponse()
            while answer.readinto(buffer):
                pass
        connection.close()

    before, began = numbers(address)["cpu"], time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fetch, [urls[first::threads] for first in range(threads)]))
    seconds = time.perf_counter() - began
    return len(urls) / seconds, (numbers(address)["cpu"] - before) / len(urls) * 1e3


def compare(chosen: argparse.Namespace) -> None:
    """Run and print the comparison."""
    with server(chosen) as port:
        address = f"127.0.0.1:{port}"
        urls = [f"http://{address}/p/{number}.jpg" for number in range(chosen.images)]
        alone, cost = bare_client(urls, address, chosen.threads)
        print(f"server alone: {alone:,.0f} images/s, {cost:.2f} ms of CPU each")
        options = {
            "urls": urls,
            "hosts": [address],
            "host_limits": [f"{address}=0/0"],
            "files": [str(path) for path in sorted((chosen.folder / "images").iterdir())],
            "cores": chosen.cores,
            "threads": chosen.threads,
        }
        with ExitStack() as stack:
            all_ = [
                stack.enter_context(contender(name, chosen, address, options))
                for name in chosen.contenders
            ]
            for number, one in itertools.product(range(1, chosen.rounds + 1), all_):
                took = one.run(chosen.folder / f"{one.name}-{number}")
                if took.images != chosen.images:
                    raise SystemExit(f"{one.name}: {took.images} of {chosen.images} images")
                print(f"round {number}: {one.name} {took.seconds:.1f} s", flush=True)
        report({one.name: one.rounds for one in all_}, chosen)


def report(found: dict[str, list[Round]], chosen: argparse.Namespace) -> None:
    """Print medians and ratios."""
    speeds = {}
    print(f"{'':<12} images/s  a core  range          CPU ms  peak RSS MB  server ms")
    for name, rounds in found.items():
        each = sorted(chosen.images / one.seconds for one in rounds)
        speeds[name] = statistics.median(each)
        cpu = statistics.median(one.cpu for one in rounds) / chosen.images * 1e3
        served = statistics.median(one.server["cpu"] for one in rounds) / chosen.images * 1e3
        memory = max(one.memory for one in rounds) / 1e6
        print(
            f"{name:<12} {speeds[name]:>8.1f} {speeds[name] / chosen.cores:>7.1f}"
            f"  {each[0]:5.1f} - {each[-1]:5.1f} {cpu:>7.2f} {memory:>12,.0f} {served:>10.2f}"
        )
    for name in speeds:
        if name != "ours" and "ours" in speeds:
            print(f"ours / {name}: {speeds['ours'] / speeds[name]:.2f}")


def slow(chosen: argparse.Namespace) -> None:
    """Run and print what is made of slow hosts' budgets."""
    failing = ("--delay", "0.3", "--fail", "0.1")
    with server(chosen, "--addresses", *_SLOW_HOSTS, *failing) as port:
        hosts = [f"{address}:{port}" for address in _SLOW_HOSTS]
        rate, connections = 20, 8
        options = {
            "urls": [f"http://{hosts[n % len(hosts)]}/p/{n}.jpg" for n in range(chosen.images)],
            "hosts": hosts,
            "host_limits": [f"{host}={rate}/{connections}" for host in hosts],
            "cores": chosen.cores, "threads": chosen.threads,
        }  # fmt: skip
        allowed = rate * len(hosts)
        with contender("ours", chosen, hosts[0], options) as one:
            for number in range(chosen.rounds):
                took = one.run(chosen.folder / f"slow-{number}")
                asked = took.server["requests"]
                fetching = took.server["last"] - took.server["first"]
                print(
                    f"{took.images} of {chosen.images} images, {asked:.0f} requests in "
                    f"{took.seconds:.1f} s: {asked / took.seconds / allowed:.0%} of the "
                    f"{allowed}/s allowed; {asked / fetching / allowed:.0%} between first and "
                    f"last request ({fetching:.1f} s)",
                    flush=True,
                )


def main() -> None:
    """Read what to measure, measure it, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--distinct", type=int, default=100, help="different images")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=16, help="of a task or process")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--img2dataset", default=sys.executable, metavar="PYTHON")
    names = ["ours", "img2dataset", "requests", "limit"]
    parser.add_argument("--contenders", nargs="+", choices=names, default=names)
    parser.add_argument("--steps", action="store_true")
    parser.add_argument("--slow", action="store_true")
    chosen = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="benchmark-images-") as folder:
        chosen.folder = Path(folder)
        size = make_images(chosen.folder / "images", chosen.distinct)
        print(f"{chosen.images:,} images, {chosen.distinct} different ones of {size / 1e3:.0f} KB")
        if chosen.steps:
            with server(chosen) as port:
                for name, cost in step_costs(f"127.0.0.1:{port}", chosen.images).items():
                    print(f"{name:<12} {cost:.2f} ms")
        elif chosen.slow:
            slow(chosen)
        else:
            compare(chosen)


if __name__ == "__main__":
    main()
