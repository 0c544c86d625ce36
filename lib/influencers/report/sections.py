"""What the report says, section by section, out of metrics and small tables.

Everything here is plain data for the template: nothing is read, nothing is escaped (the template
does that).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from influencers.communities.excerpt import Excerpt
from influencers.report.explore_tables import content_table, leader_table, virality_table
from influencers.report.model_notes import headline_of, model_warnings
from influencers.report.model_tables import model_tables
from influencers.report.table import Table, count, decimal, percent, plain, unknown

Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the report with its own heading.

    Attributes:
        figures: names of files below figures/, without `.png`.
    """

    anchor: str
    title: str
    lead: str
    figures: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Circle:
    """A community of hashtags, and how many accounts are in it."""

    community: int
    hashtags: int
    accounts: int
    foremost: tuple[str, ...]


@dataclass(frozen=True)
class Frames:
    """The small tables behind the report; each is bounded before it is collected."""

    leaders: pd.DataFrame
    tiers: pd.DataFrame
    virality: pd.DataFrame
    content: pd.DataFrame
    circles: Sequence[Circle]
    accounts: int = 0
    copied: pd.DataFrame | None = None
    profiles: pd.DataFrame | None = None


@dataclass(frozen=True)
class Headline:
    """A number worth a large print."""

    value: str
    label: str
    note: str = ""


# What became of a picture, in words.
STATUS_TEXTS = {
    "ok": "fetched and measured",
    "not_asked": "not asked for yet",
    "expired": "the address says that it is no longer valid; not asked",
    "not_found": "gone (404, 410)",
    "forbidden": "refused (401, 403)",
    "http_error": "another refusal",
    "server_error": "the server failed (5xx)",
    "throttled": "asked too often (429)",
    "timeout": "too slow",
    "reset": "the connection broke off",
    "refused": "nobody answers there",
    "dns_error": "the name leads nowhere",
    "tls_error": "the certificate is not to be trusted",
    "blocked_address": "not on the public internet",
    "bad_url": "no address of a picture",
    "too_many_redirects": "sent from one address to another",
    "too_large": "more bytes than images.max_bytes",
    "opted_out": "the owner asks to leave it alone",
    "not_an_image": "something else than a picture",
    "unsupported_format": "a format that is not read",
    "too_many_pixels": "more pixels than images.max_pixels",
    "truncated": "cut off",
    "broken": "damaged",
    "decoder_crashed": "ended their decoder",
    "host_unavailable": "the host was down; not asked",
}

FIGURE_TEXTS = {
    "follower_distribution": "Accounts by followers",
    "engagement_vs_followers": "Engagement rate by followers",
    "likes_distribution": "Posts by likes",
    "likes_vs_comments": "Likes and comments of posts",
    "engagement_by_hashtags": "Engagement rate by number of hashtags",
    "engagement_by_content_type": "Engagement rate by type of post",
    "community_structure": "Communities of hashtags",
    "influential_users_feature_importance": "What tells influential accounts",
    "influential_users_permutation_importance": "What tells influential accounts, by shuffling",
    "influential_users_partial_dependence": "How the probability of influence goes with features",
    "influential_users_precision_recall": "Precision and recall of influential accounts",
    "influential_users_reliability": "What the probabilities of influence are worth",
    "viral_content_feature_importance": "What tells viral posts",
    "viral_content_permutation_importance": "What tells viral posts, by shuffling",
    "viral_content_partial_dependence": "How the probability of virality goes with features",
    "viral_content_precision_recall": "Precision and recall of viral posts",
    "viral_content_reliability": "What the probabilities of virality are worth",
}


# How the names of a model's figures begin.
_PREFIXES = {"influence": "influential_users", "virality": "viral_content"}


def figures_of(model: str) -> tuple[str, ...]:
    """The names of a model's figures."""
    return tuple(name for name in FIGURE_TEXTS if name.startswith(_PREFIXES[model]))


def current_figures(metrics: Numbers) -> list[str]:
    """The names of the figures that this run has drawn: none of a model that it did not train."""
    others = {name for model in _PREFIXES.keys() - metrics["models"] for name in figures_of(model)}
    return [name for name in FIGURE_TEXTS if name not in others]


def headlines(metrics: Numbers, frames: Frames) -> list[Headline]:
    """The numbers at the top."""
    found = [_posts_headline(metrics), Headline(count(frames.accounts), "accounts")]
    found.append(_quarantine_headline(metrics))
    best = best_algorithm(metrics["communities"])
    if best:
        one = metrics["communities"][best]
        found.append(
            Headline(
                count(one.get("communities")),
                "communities",
                f"modularity {decimal(one.get('modularity'))}, {plain(best)}",
            )
        )
    if metrics["images"].get("wanted"):
        images = metrics["images"]
        share = percent(images["ok"] / images["wanted"])
        found.append(Headline(count(images["ok"]), "pictures measured", f"{share} of those named"))
    for model in ("influence", "virality"):
        headline = headline_of(metrics["models"], model)
        if headline:
            value, note = headline
            found.append(Headline(value, f"average precision, {model}", note))
    return found


def warnings(metrics: Numbers) -> list[str]:
    """What a reader must know before believing the rest."""
    found = []
    rows = metrics["rows"]
    if rows["read"] and (rows["quarantined"] or 0) / rows["read"] > 0.05:
        found.append(
            f"{percent(rows['quarantined'] / rows['read'])} of the records are in quarantine: "
            "look at the reasons below before trusting any figure."
        )
    images = metrics["images"]
    if images.get("wanted") and images["ok"] < images["wanted"] / 2:
        found.append(
            f"Only {percent(images['ok'] / images['wanted'])} of the pictures were measured: the "
            "virality model knows the others by their median alone."
        )
    for name, one in metrics["communities"].items():
        if (one.get("largest_share") or 0) > 0.5:
            found.append(
                f"{plain(name).capitalize()}: one community holds "
                f"{percent(one['largest_share'])} of the hashtags; the split means little."
            )
        elif one.get("communities") and (one.get("modularity") or 0) < 0.05:
            found.append(
                f"{plain(name).capitalize()}: modularity {decimal(one.get('modularity'))} is no "
                "better than chance."
            )
    found += model_warnings(metrics["models"])
    return list(dict.fromkeys(found))


def sections(metrics: Numbers, frames: Frames, config: Mapping[str, Any]) -> list[Section]:
    """The parts of the report, in order."""
    return [
        Section(
            "engagement",
            "Audience and engagement",
            "Who is followed, what is liked, and how the one goes with the other. Engagement is "
            "likes and comments together; the rate is engagement for each follower.",
            tuple(FIGURE_TEXTS)[:6],
            (_tier_table(frames.tiers),),
        ),
        Section(
            "influence",
            "Influence",
            "Who leads in each follower tier, by the median engagement rate of their posts and how "
            "sure it is, and how well a forest that never sees a follower count tells the most "
            "followed accounts. By time, the forest learns from accounts as their posts before a "
            "cut describe them, and is tested on accounts as those after it do.",
            figures_of("influence"),
            (leader_table(frames.leaders, config), *model_tables(metrics["models"], "influence")),
        ),
        Section(
            "virality",
            "Virality",
            "What viral posts share, and how well they are told before they are posted. The effect "
            "of a number is Cliff's delta (0 is none, 1 or -1 a complete separation), that of a "
            "yes or no the odds ratio. Followers are those of the crawl, after the post: a post "
            "that took off brought some of them, so that what followers say of its success is in "
            "part a consequence of it.",
            figures_of("virality"),
            (*model_tables(metrics["models"], "virality"), virality_table(frames.virality)),
        ),
        Section(
            "content",
            "Content",
            "Posts with a trait against posts of the same accounts without it, so that large "
            "accounts do not decide the answer.",
            (),
            (content_table(frames.content),),
        ),
        Section(
            "communities",
            "Communities",
            "Hashtags that are used together form communities. A link counts accounts, not posts, "
            "so that nobody makes a community alone.",
            ("community_structure",),
            (
                _algorithm_table(metrics["communities"]),
                _circle_table(frames.circles),
                _profile_table(frames.profiles),
            ),
        ),
        Section(
            "pictures",
            "Pictures",
            "Every picture that posts name is asked for once it is due, within what its host "
            "bears; what became of it is in the table images.",
            (),
            (_picture_table(metrics["images"]),),
        ),
        Section(
            "duplicates",
            "Copies",
            "Pictures that are copies of each other: of the same bytes, or of hashes that differ "
            "in few bits, as after another compression, size or filter. Blank pictures are "
            "compared by their bytes alone.",
            (),
            (_links_table(metrics["duplicates"]), _copied_table(frames.copied)),
        ),
        Section(
            "data",
            "Data and run",
            "Every record that was read is a post, a duplicate of a post, or in quarantine.",
            (),
            (
                _rows_table(metrics),
                _reason_table(metrics),
                _seconds_table(metrics["seconds"]),
                _pairs("Engines", ("engine", "version"), metrics["engines"]),
                _pairs("Configuration", ("setting", "value"), config),
            ),
        ),
    ]


def circles(excerpt: Excerpt, accounts: Mapping[int, int]) -> list[Circle]:
    """The communities of an excerpt with their accounts, the largest first."""
    return [
        Circle(
            community,
            size,
            accounts.get(community, 0),
            tuple(tag.hashtag for tag in excerpt.tags if tag.community == community),
        )
        for community, size in enumerate(excerpt.sizes)
    ]


def best_algorithm(communities: Numbers) -> str | None:
    """The algorithm whose communities are shown: the chosen one, else that of most modularity."""
    chosen = [name for name, one in communities.items() if one.get("chosen")]
    if chosen:
        return chosen[0]
    known = [name for name, one in communities.items() if one.get("modularity") is not None]
    return max(sorted(known), key=lambda name: communities[name]["modularity"], default=None)


def _held(metrics: Numbers) -> tuple[int | None, int | None]:
    """How many posts and quarantined records the tables hold, of all that was ever read."""
    rows, tables = metrics["rows"], metrics["tables"]
    posts, quarantined = tables["posts"]["rows"], tables["quarantine"]["rows"]
    return (
        rows["posts"] if posts is None else posts,
        rows["quarantined"] if quarantined is None else quarantined,
    )


def _of_one_run(metrics: Numbers) -> bool:
    """Whether the tables hold what the last run of ingest has read, and nothing else."""
    return _held(metrics) == (metrics["rows"]["posts"], metrics["rows"]["quarantined"])


def _posts_headline(metrics: Numbers) -> Headline:
    rows, (posts, _) = metrics["rows"], _held(metrics)
    if _of_one_run(metrics):
        return Headline(count(posts), "posts", f"of {count(rows['read'])} records read")
    last = f"{count(rows['posts'])} of them of {count(rows['read'])} records in the last input"
    return Headline(count(posts), "posts", last)


def _quarantine_headline(metrics: Numbers) -> Headline:
    rows, (_, quarantined) = metrics["rows"], _held(metrics)
    if _of_one_run(metrics):
        return Headline(count(quarantined), "records in quarantine", share_of(rows))
    last = f"{count(rows['quarantined'])} of them of the last input"
    return Headline(count(quarantined), "records in quarantine", last)


def share_of(rows: Numbers) -> str:
    """The quarantined share of what was read."""
    return percent(rows["quarantined"] / rows["read"]) if rows.get("read") else ""


def _picture_table(images: Numbers) -> Table:
    total = images.get("wanted") or 0
    rows = tuple(
        (plain(status), count(number), percent(number / total), STATUS_TEXTS.get(status, ""))
        for status, number in sorted(images["by_status"].items(), key=lambda one: (-one[1], one[0]))
    )
    waiting = images.get("waiting") or 0
    return Table(
        "What became of the pictures",
        ("status", "pictures", "share", "meaning"),
        rows,
        frozenset({1, 2}),
        f"{count(waiting)} of them will be asked for again by a later run." if waiting else "",
    )


def _links_table(duplicates: Numbers) -> Table:
    texts = {
        "images": "pictures compared",
        "same_bytes": "links between pictures of the same bytes",
        "same_hash": "links between pictures of the same hash",
        "near": "pairs of near hashes",
        "groups": "groups",
        "grouped": "pictures in them",
        "linked_through_others": "of those, farther from the first one than the radius",
    }
    rows = tuple((text, count(duplicates.get(key))) for key, text in texts.items())
    radius = duplicates.get("search", {}).get("radius")
    note = "" if radius is None else f"Hashes are near within {radius} of 64 bits."
    return Table("Pictures and their copies", ("", "number"), rows, frozenset({1}), note)


def _copied_table(copied: pd.DataFrame | None) -> Table:
    shown = () if copied is None else _dicts(copied)
    rows = tuple(
        (
            str(one["representative"]), _text(one["first_account"]), count(one["pictures"]),
            count(one["posts"]), count(one["accounts"]), _day(one["first_post"]),
            _day(one["last_post"]), count(one["diameter"]),
        )
        for one in shown
    )  # fmt: skip
    thumbnails = tuple(one["thumbnail"] for one in shown)
    columns = ("earliest picture", "first shown by", "files", "posts", "accounts", "first post",
               "last post", "bits apart")  # fmt: skip
    numeric = frozenset({2, 3, 4, 7})
    return Table("The most copied pictures", columns, rows, numeric, thumbnails=thumbnails)


def _text(value: object) -> str:
    return "–" if unknown(value) else str(value)


def _day(moment: object) -> str:
    return "–" if unknown(moment) else str(moment)[:10]


def _tier_table(tiers: pd.DataFrame) -> Table:
    return Table(
        "Follower tiers",
        ("tier", "accounts", "posts", "median followers", "median engagement rate"),
        tuple(
            (
                row["tier"] or "unknown",
                count(row["accounts"]),
                count(row["posts"]),
                count(row["median_followers"]),
                percent(row["engagement_rate_median"]),
            )
            for row in _dicts(tiers)
        ),
        frozenset(range(1, 5)),
    )


def _algorithm_table(communities: Numbers) -> Table:
    return Table(
        "The algorithms",
        ("algorithm", "hashtags", "links", "communities", "largest", "modularity"),
        tuple(
            (
                plain(name),
                count(one.get("tags")),
                count(one.get("edges")),
                count(one.get("communities")),
                percent(one.get("largest_share")),
                decimal(one.get("modularity")),
            )
            for name, one in sorted(communities.items())
        ),
        frozenset(range(1, 6)),
    )


def _circle_table(found: Sequence[Circle]) -> Table:
    return Table(
        "The largest communities",
        ("community", "hashtags", "accounts", "foremost hashtags"),
        tuple(
            (
                count(one.community),
                count(one.hashtags),
                count(one.accounts),
                " ".join(f"#{tag}" for tag in one.foremost),
            )
            for one in found
        ),
        frozenset((0, 1, 2)),
    )


def _profile_table(profiles: pd.DataFrame | None) -> Table:
    return Table(
        "What marks them",
        ("community", "hashtags that mark it", "accounts that stand for it", "conductance",
         "engagement rate", "growth"),
        tuple(
            (
                count(one["community"]), one["marking"], one["representatives"],
                decimal(one["conductance"]), percent(one["engagement_rate_median"]),
                decimal(one["growth"]),
            )
            for one in (() if profiles is None else _dicts(profiles))
        ),
        frozenset((0, 3, 4, 5)),
        "Conductance: the share of its links' weight that leaves the community. Engagement rate: "
        "half of its accounts have more. Growth: its share of posts in the later half of the time, "
        "divided by that in the earlier half.",
    )  # fmt: skip


_KINDS = ("read", "posts", "quarantined", "duplicates", "forgotten")


def _rows_table(metrics: Numbers) -> Table:
    rows = metrics["rows"]
    kinds = [one for one in _KINDS if one != "forgotten" or rows.get(one)]
    if _of_one_run(metrics):
        return _pairs("Records", ("records", "number"), {one: count(rows[one]) for one in kinds})
    held = dict(zip(("posts", "quarantined"), _held(metrics), strict=True))
    return Table(
        "Records",
        ("records", "last input", "tables"),
        tuple((one, count(rows[one]), count(held[one]) if one in held else "") for one in kinds),
        frozenset({1, 2}),
        "Last input: what the last run of ingest has read; a post that the tables knew already is "
        "among its posts. Tables: of all inputs together.",
    )


def _reason_table(metrics: Numbers) -> Table:
    known = metrics["tables"]["quarantine"]
    found = (known if known["rows"] is not None else metrics["rows"]).get("by_reason", {})
    reasons = {reason: count(number) for reason, number in found.items()}
    return _pairs("Reasons for quarantine", ("reason", "records"), reasons)


def _seconds_table(seconds: Numbers) -> Table:
    return _pairs(
        "Time", ("stage", "seconds"), {name: decimal(one, 1) for name, one in seconds.items()}
    )


def _pairs(title: str, columns: tuple[str, str], pairs: Mapping[str, Any]) -> Table:
    numbers = frozenset((1,)) if title not in ("Engines", "Configuration") else frozenset[int]()
    rows = tuple((str(key), "" if value is None else str(value)) for key, value in pairs.items())
    return Table(title, columns, rows, numbers)


def _dicts(frame: pd.DataFrame) -> Sequence[Mapping[str, Any]]:
    records: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in frame.to_dict("records")
    ]
    return records
