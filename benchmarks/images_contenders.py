"""What the images benchmark compares, each in a process of its own.

    python benchmarks/images_contenders.py NAME OPTIONS_AS_JSON

Says `ready` when it has started; runs a round for each folder named on standard input, and says
how many images it has done. Imports only what its contender needs: that of img2dataset may be
run by a Python that has nothing of ours.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Round = Callable[[Path], int]
_MEASURED_TOGETHER = 128


def ours(options: dict[str, Any]) -> Round:
    """The job `images` in a local session; the table of posts is there before the round."""
    from pyspark.sql import functions as F

    from influencers.config import Config, ImagesConfig, PathsConfig
    from influencers.ingest.tables import POSTS
    from influencers.run.session import build_session
    from influencers.storage.store import Store
    from jobs import images

    master = f"local[{options['cores']}]"
    settings = {"spark.master": master, "spark.ui.enabled": "false"}
    spark = build_session("benchmark images", settings)
    urls = spark.createDataFrame([(url,) for url in options["urls"]], "url string")
    given = {
        "shortcode": F.sha1("url"),
        "owner_id": F.lit(1),
        "image_url": F.col("url"),
    }
    posts = urls.select(
        *(
            given.get(field.name, F.lit(None)).cast(field.dataType).alias(field.name)
            for field in POSTS.schema
        )
    )

    def config(folder: Path) -> Config:
        return Config(
            paths=PathsConfig(output=str(folder)),
            images=ImagesConfig(
                threads=options["threads"],
                host_limits=tuple(options["host_limits"]),
                allow_hosts=tuple(options["hosts"]),
            ),
        )

    def prepare(folder: Path) -> None:
        Store(spark, config(folder)).write(posts, POSTS)

    def run(folder: Path) -> int:
        return images.run(spark, config(folder)).images.ok or 0

    run.prepare = prepare  # type: ignore[attr-defined]
    return run


def img2dataset(options: dict[str, Any]) -> Round:
    """img2dataset without resizing, then imagehash over its files in as many processes."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask a server for its latest version
    import imagehash  # noqa: F401
    from img2dataset import download

    def run(folder: Path) -> int:
        folder.mkdir()
        listed, files = folder / "urls.txt", folder / "files"
        listed.write_text("\n".join(options["urls"]))
        cores = options["cores"]
        download(
            url_list=str(listed), output_folder=str(files), output_format="files",
            processes_count=cores, thread_count=options["threads"], resize_mode="no",
            number_sample_per_shard=-(-len(options["urls"]) // (2 * cores)),
        )  # fmt: skip
        names = [str(path) for path in files.rglob("*.jpg")]
        with multiprocessing.get_context("fork").Pool(cores) as pool:
            return sum(1 for _ in pool.imap_unordered(_phash_of_file, names, chunksize=16))

    return run


def requests(options: dict[str, Any]) -> Round:
    """A session of requests, Pillow and imagehash in threads of one process."""
    import io

    import imagehash
    from PIL import Image
    from requests import Session
    from requests.adapters import HTTPAdapter

    session = Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=options["threads"]))

    def one(url: str) -> bool:
        answer = session.get(url, timeout=30)
        answer.raise_for_status()
        return bool(imagehash.phash(Image.open(io.BytesIO(answer.content))).hash.size)

    def run(folder: Path) -> int:
        with ThreadPoolExecutor(options["threads"]) as threads:
            return sum(threads.map(one, options["urls"]))

    return run


def limit(options: dict[str, Any]) -> Round:
    """Our own decoding and measures of files, without fetching, Spark or a table."""
    from influencers.images.measure.measures import measure  # noqa: F401

    names = [
        options["files"][place % len(options["files"])] for place in range(len(options["urls"]))
    ]
    portions = [
        names[start : start + _MEASURED_TOGETHER]
        for start in range(0, len(names), _MEASURED_TOGETHER)
    ]

    def run(folder: Path) -> int:
        with multiprocessing.get_context("fork").Pool(options["cores"]) as pool:
            return sum(pool.imap_unordered(_measured, portions))

    return run


def _phash_of_file(name: str) -> str:
    import imagehash
    from PIL import Image

    with Image.open(name) as image:
        return str(imagehash.phash(image))


def _measured(names: list[str]) -> int:
    from influencers.config import ImagesConfig
    from influencers.images.decode.decoding import DecodedImage, decode
    from influencers.images.measure.measures import measure
    from influencers.images.settings import decode_limits

    bodies = [Path(name).read_bytes() for name in names]
    assert all(hashlib.sha256(body).digest() for body in bodies)
    limits = decode_limits(ImagesConfig())
    found = [decode(body, limits) for body in bodies]
    return len(measure([one for one in found if isinstance(one, DecodedImage)])["phash"])


CONTENDERS: dict[str, Callable[[dict[str, Any]], Round]] = {
    "ours": ours,
    "img2dataset": img2dataset,
    "requests": requests,
    "limit": limit,
}


def main() -> None:
    """Start, and run rounds until standard input ends."""
    # What the libraries print must not get between our lines.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    name, options = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
    run = CONTENDERS[name](options)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        command, folder = line.split()
        if command == "prepare":
            getattr(run, "prepare", lambda folder: None)(Path(folder))
            print("prepared", file=answers, flush=True)
        else:
            print(run(Path(folder)), file=answers, flush=True)


if __name__ == "__main__":
    main()
