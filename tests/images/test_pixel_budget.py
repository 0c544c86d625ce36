"""Memory of decoding: bounded by pixels, fair, and without threads that wait for each other."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from image_bytes import saved
from influencers.images.decode.pixel_budget import PixelBudget, of_process

SIDE = 3000
THREADS = 8
BYTES_A_PIXEL = 16  # of a WebP, the most that any format takes

# Decodes one file in many threads at once, and says by how many bytes that raised the most that
# the process ever held.
DECODING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from influencers.images.decode.decoding import DecodeLimits, DecodedImage, decode

def most():
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024

data = open(sys.argv[1], "rb").read()
limits = DecodeLimits(max_pixels=50_000_000, max_decoding_pixels=int(sys.argv[2]), thumbnail=0)
before = most()
with ThreadPoolExecutor(int(sys.argv[3])) as threads:
    found = list(threads.map(lambda _: decode(data, limits), range(2 * int(sys.argv[3]))))
assert all(isinstance(one, DecodedImage) for one in found)
sys.stdout.write(str(most() - before))
"""


def peak(file: Path, pixels: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", DECODING, str(file), str(pixels), str(THREADS)],
        check=True, capture_output=True, text=True, timeout=120,
        env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    return int(done.stdout)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("large") / "large.webp"
    gradient = Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB")
    file.write_bytes(saved(gradient, "webp", quality=30, method=0))
    return file


def test_threads_that_decode_large_images_stay_within_the_bound(large: Path) -> None:
    one = SIDE * SIDE * BYTES_A_PIXEL
    assert peak(large, pixels=SIDE * SIDE) < 1.3 * one
    assert peak(large, pixels=2 * SIDE * SIDE) < 2.4 * one


def test_without_a_bound_they_take_as_much_as_there_are_threads(large: Path) -> None:
    """What the bound is for, and that the measure above sees it."""
    assert peak(large, pixels=10**12) > 3 * SIDE * SIDE * BYTES_A_PIXEL


def test_an_image_above_the_bound_is_decoded_alone(large: Path) -> None:
    assert peak(large, pixels=1000) < 1.3 * SIDE * SIDE * BYTES_A_PIXEL


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_no_more_is_held_than_there_is_and_all_get_their_turn(sizes: list[int]) -> None:
    budget, lock = PixelBudget(10), threading.Lock()
    held = most = 0

    def decode(size: int) -> None:
        nonlocal held, most
        with budget.hold(size):
            with lock:
                held += min(size, 10)
                most = max(most, held)
            time.sleep(0.0002)
            with lock:
                held -= min(size, 10)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(decode, sizes))
    assert held == 0 and most <= 10
    with budget.hold(10):
        pass


def test_who_asks_first_is_served_first() -> None:
    budget, order = PixelBudget(10), []

    def decode(size: int) -> None:
        with budget.hold(size):
            order.append(size)

    threads = [threading.Thread(target=decode, args=(size,)) for size in (10, 1, 2, 9)]
    with budget.hold(5):  # small ones would fit beside it, but the large one came first
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while len(budget._queue) < number:
                time.sleep(0.001)
        assert order == []
    for thread in threads:
        thread.join()
    assert order[0] == 10 and sorted(order) == [1, 2, 9, 10]


def test_patience_ends_a_wait_and_leaves_the_others_theirs() -> None:
    budget = PixelBudget(10, patience=0.1)
    with budget.hold(1):
        with pytest.raises(MemoryError), budget.hold(10):
            pass
        with budget.hold(9):
            pass


def test_what_fails_gives_its_pixels_back() -> None:
    budget = PixelBudget(10, patience=0.1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), budget.hold(10):
            raise ValueError("broken")


def test_a_process_has_one_budget() -> None:
    assert of_process(123) is of_process(123) is not of_process(124)
