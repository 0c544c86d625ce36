"""The declaration of a figure: what the report must know to place it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure by its declaration; packages that draw add the functions that make it.

    Attributes:
        name: unique among all figures; that of its files, without a suffix.
        title: what it shows, in the report.
        section: the anchor of the report's section that shows it.
        caption: how to use its SVG; the report writes it after the title, below the drawing.
        model: the model that it is of: without that model, the figure is of an earlier run. None
            where no model is needed.
        has_svg: whether it is drawn as an SVG too, which the report shows in the PNG's place.
    """

    name: str
    title: str
    section: str
    caption: str = ""
    model: str | None = None
    has_svg: bool = False

    @property
    def png(self) -> str:
        """Where the PNG lies, below the output.

        >>> Figure(name="likes", title="Posts by likes", section="engagement").png
        'figures/likes.png'
        """
        return f"figures/{self.name}.png"

    @property
    def svg(self) -> str:
        """Where the SVG lies, below the output; there is one only if the figure has it."""
        return f"figures/{self.name}.svg"
