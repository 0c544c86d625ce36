from __future__ import annotations

import numpy as np
from PIL import Image

from image_bytes import noise, saved, small_file
from image_options import LIMITS
from influencers.images.decode import formats
from influencers.images.decode.decoding import DecodedImage, decode
from influencers.images.measure.measures import COLUMNS, measure
from influencers.synthetic.image_drawing import drawn, encoded


def images() -> list[DecodedImage]:
    files = [small_file(format_) for format_ in formats.READ]
    files += [encoded(drawn(3, number, 200), "jpg") for number in range(5)]
    files.append(saved(Image.new("RGB", (9, 9), "white"), "png"))
    found = [decode(data, LIMITS) for data in files]
    return [image for image in found if isinstance(image, DecodedImage)]


def test_an_image_measures_the_same_alone_as_among_others() -> None:
    batch = images()
    together = measure(batch)
    backwards = measure(batch[::-1])
    for at, image in enumerate(batch):
        alone = measure([image])
        for name in COLUMNS:
            expected = alone[name][0]
            for found in (together[name][at], backwards[name][len(batch) - 1 - at]):
                assert found == expected or (found != found and expected != expected), name


def test_every_column_has_a_row_an_image() -> None:
    batch = images()
    columns = measure(batch)
    assert tuple(columns) == COLUMNS
    assert {len(values) for values in columns.values()} == {len(batch)}
    assert columns["phash"].dtype == np.int64
    assert columns["degenerate"].tolist() == [False] * (len(batch) - 1) + [True]


def test_all_but_one_measure_are_always_known_and_in_range() -> None:
    columns = measure(images())
    for name in ("brightness", "saturation", "edge_density", "glcm_homogeneity", "glcm_energy"):
        assert ((columns[name] >= 0) & (columns[name] <= 1)).all(), name
    assert (columns["contrast"] <= 0.5).all()
    unknown = {name for name in COLUMNS if name != "colors"
               and any(value != value for value in columns[name])}  # fmt: skip
    assert unknown == {"glcm_correlation"}


def test_no_images_give_no_rows() -> None:
    assert measure([]) == {name: [] for name in COLUMNS}


def test_an_image_in_another_format_measures_nearly_the_same() -> None:
    original = noise(700, 500)
    kinds = [("png", {}), ("jpeg", {"quality": 90}), ("webp", {"quality": 90})]
    found = [decode(saved(original, kind, **options), LIMITS) for kind, options in kinds]
    columns = measure([image for image in found if isinstance(image, DecodedImage)])
    for name in ("brightness", "contrast", "saturation", "colorfulness", "glcm_entropy"):
        values = columns[name]
        assert len(values) == 3
        assert np.ptp(values) <= 0.03 * values.max(), name
