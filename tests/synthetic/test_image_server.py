"""The server of a sample's images: files, and nothing else."""

from __future__ import annotations

from pathlib import Path

import requests

from influencers.synthetic import image_server


def test_files_are_given_out_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "images" / "p").mkdir(parents=True)
    (tmp_path / "images" / "p" / "a.jpg").write_bytes(b"bytes")
    (tmp_path / "secret").write_text("no")
    with image_server.serving(tmp_path / "images") as (address, port), requests.Session() as asking:
        start = f"http://{address}:{port}"
        assert address == "127.0.0.1"
        assert asking.get(f"{start}/p/a.jpg?oe=1", timeout=5).content == b"bytes"
        for path in ("/p/", "/", "/p/b.jpg", "/../secret", "/%2e%2e/secret"):
            assert asking.get(f"{start}{path}", timeout=5).status_code == 404
