"""metrics.json as a whole, which is what a job returns of it, too."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from influencers.measured.communities import Hashtags, Quality
from influencers.measured.explore import Explore
from influencers.measured.growth import Growth
from influencers.measured.images import Duplicates, Images
from influencers.measured.keys import key, key_if_known
from influencers.measured.models import Labels
from influencers.measured.records import Rows, Standing, Tables


@dataclass(frozen=True)
class Engines:
    """What ran: versions, empty where an engine is not loaded."""

    spark: str | None = key("Version of Spark; null where nothing has run.", None)
    delta: str | None = key("Version of Delta Lake; null where nothing has run.", None)
    graphframes: str | None = key(
        "Version of GraphFrames, or the package that carries it; null where nothing has run.", None
    )


@dataclass(frozen=True)
class Metrics:
    """A run in numbers.

    Every key is there from the first job on, null where nothing was measured; it is missing only
    where its description says so. Numbers are rounded to six places.
    """

    rows: Rows = key("Records that the last run of ingest has read.", factory=Rows)
    tables: Tables = key("What the tables hold, of all inputs together.", factory=Tables)
    standing: tuple[Standing, ...] | None = key(
        "Of the posts that are told in several ways: whose word stands, the file of most posts "
        "first; null before ingest.",
        None,
    )
    images: Images = key("Images, and what became of them.", factory=Images)
    duplicates: Duplicates = key("Near-duplicate images.", factory=Duplicates)
    hashtags: Hashtags = key("The graph of hashtags.", factory=Hashtags)
    communities: Mapping[str, Quality] = key(
        "The communities of hashtags, by algorithm.", factory=dict
    )
    models: Mapping[str, Labels] = key(
        "Held-out performance, by model (influence, virality) and label.", factory=dict
    )
    seconds: Mapping[str, float] = key("How long each stage took, in seconds.", factory=dict)
    engines: Engines = key("What ran.", factory=Engines)
    explore: Explore | None = key_if_known("Verdicts of the analyses. Missing before explore.")
    growth: Growth | None = key_if_known(
        "What changes between crawls, and how posts perform. Missing before growth."
    )

    def with_measured(self, new: Metrics) -> Metrics:
        """The numbers, and what a job has measured now.

        A part that it has measured is replaced as a whole, and so is a model; seconds are added.

        >>> from influencers.measured.images import Images
        >>> known = Metrics(images=Images(ok=1, due=2), seconds={"images": 3.0})
        >>> both = known.with_measured(Metrics(images=Images(ok=5), seconds={"report": 1.0}))
        >>> both.images.ok, both.images.due, both.seconds
        (5, None, {'images': 3.0, 'report': 1.0})
        """
        unmeasured = Metrics()
        names = [field.name for field in dataclasses.fields(self)]
        measured = {name: getattr(new, name) for name in names
                    if getattr(new, name) != getattr(unmeasured, name)}  # fmt: skip
        together = {
            "models": {**self.models, **new.models},
            "seconds": {**self.seconds, **new.seconds},
        }
        return dataclasses.replace(self, **{**measured, **together})
