"""The drawing that answers the pointer: all is in it, and a hashtag is never markup."""

from __future__ import annotations

from xml.etree import ElementTree

from influencers.communities.excerpt import Excerpt, Tag
from influencers.communities.view import interactive

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</style><script>alert("x")</script>'
EXCERPT = Excerpt(
    tags=(Tag("alps", 0, 9), Tag(HOSTILE, 0, 5), Tag("\x00bread", 1, 4), Tag("alone", 1, 0)),
    links=((0, 1, 9), (0, 2, 3)),
    sizes=(1_200, 2),
)


def tags_of(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return [one for one in svg.iter(f"{SVG}g") if "tag" in one.get("class", "").split()]


def test_hashtags_and_links_are_there_and_stay_text() -> None:
    svg = ElementTree.fromstring(interactive(EXCERPT))
    assert not [one for one in svg.iter() if one.tag.endswith("script")]
    said = [one.find(f"{SVG}title").text for one in tags_of(svg)]  # type: ignore[union-attr]
    assert said == [
        "#alps: community 0, linked to 2 of the hashtags shown",
        f"#{HOSTILE}: community 0, linked to 1 of the hashtags shown",
        "#\ufffdbread: community 1, linked to 1 of the hashtags shown",
        "#alone: community 1, linked to 0 of the hashtags shown",
    ]
    assert len(list(svg.iter(f"{SVG}line"))) == 2
    regions = [one.find(f"{SVG}title").text for one in svg.iter(f"{SVG}rect")]  # type: ignore[union-attr]
    assert regions == ["Community 0: 1,200 hashtags", "Community 1: 2 hashtags"]


def test_a_hashtag_its_links_and_its_neighbours_are_told_apart() -> None:
    svg = ElementTree.fromstring(interactive(EXCERPT))
    near = [set(one.get("class", "").split()) - {"tag"} for one in tags_of(svg)]
    assert near == [{"t0", "n1", "n2"}, {"t1", "n0"}, {"t2", "n0"}, {"t3"}]
    links = [set(one.get("class", "").split()) for one in svg.iter(f"{SVG}line")]
    assert links == [{"link", "l0", "l1"}, {"link", "l0", "l2"}]
    (rules,) = [one.text or "" for one in svg.iter(f"{SVG}style")]
    assert ".hashtags:has(.t2:is(:hover,:focus)) :is(.t2,.n2,.l2){opacity:1}" in rules


def test_everything_stands_inside() -> None:
    svg = ElementTree.fromstring(interactive(EXCERPT))
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    for one in svg.iter(f"{SVG}circle"):
        assert 0 < float(one.get("cx", "")) < width
        assert 0 < float(one.get("cy", "")) < height


def test_the_same_excerpt_gives_the_same_text_and_none_nothing() -> None:
    assert interactive(EXCERPT) == interactive(EXCERPT)


def test_without_communities_it_says_so() -> None:
    svg = ElementTree.fromstring(interactive(Excerpt((), (), ())))
    assert svg.tag == f"{SVG}svg"
    (text,) = svg.iter(f"{SVG}text")
    said = " ".join((text.text or "").split())
    assert said == "No two hashtags are linked: there are no communities to draw."
