"""The files of figures, below an output."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import SparkSession

from influencers.figures.figure import Figure
from influencers.storage import files


def read(
    spark: SparkSession, output: str, figures: Iterable[Figure]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """PNG and SVG files of figures, by the figures' names; those that are not there are left out.

    Args:
        output: the folder with `figures/` in it.
    """
    pngs, svgs = {}, {}
    for figure in figures:
        png, svg = (files.join(output, path) for path in (figure.png, figure.svg))
        if files.exists(spark, png):
            pngs[figure.name] = files.read_bytes(spark, png)
        if figure.has_svg and files.exists(spark, svg):
            svgs[figure.name] = files.read_text(spark, svg)
    return pngs, svgs
