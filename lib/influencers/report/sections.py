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
from influencers.features.tiers import TIERS
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


def headlines(metrics: Numbers, frames: Frames) -> list[Headline]:
    """The numbers at the top."""
    rows = metrics["rows"]
    found = [
        Headline(count(rows["posts"]), "posts", f"of {count(rows['read'])} records read"),
        Headline(count(frames.accounts), "accounts"),
        Headline(count(rows["quarantined"]), "records in quarantine", share_of(rows)),
    ]
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
        forest = headline_model(metrics["models"], model)
        if forest:
            found.append(
                Headline(
                    decimal(forest["average_precision"]),
                    f"average precision, {model}",
                    f"unseen accounts; chance gives {decimal(forest.get('prevalence'))}",
                )
            )
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
    for model, label, split, who, one in _model_rows(metrics["models"]):
        if isinstance(one, Mapping) and one.get("skipped"):
            found.append(
                f"{model}, {plain(label)}, {plain(split)}, {plain(who)}: {one['skipped']}."
            )
        for line in one.get("warnings", ()) if isinstance(one, Mapping) else ():
            found.append(f"{model}, {plain(label)}: {line}")
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
            "Who leads in each follower tier, by the median engagement rate of their posts, and "
            "how well a forest that never sees a follower count tells the most followed accounts. "
            "On a later time, the forest learns from accounts as their posts before a cut describe "
            "them, and is tested on accounts as those after it do.",
            tuple(name for name in FIGURE_TEXTS if name.startswith("influential_users")),
            (_leader_table(frames.leaders), *model_tables(metrics["models"], "influence")),
        ),
        Section(
            "virality",
            "Virality",
            "What viral posts share, and how well they are told before they are posted. An effect "
            "is Cliff's delta: 0 is none, 1 or -1 is a complete separation. Followers are those of "
            "the crawl, after the post: a post that took off brought some of them, so that what "
            "followers say of its success is in part a consequence of it.",
            tuple(name for name in FIGURE_TEXTS if name.startswith("viral_content")),
            (*model_tables(metrics["models"], "virality"), _virality_table(frames.virality)),
        ),
        Section(
            "content",
            "Content",
            "Posts with a trait against posts of the same accounts without it, so that large "
            "accounts do not decide the answer.",
            (),
            (_content_table(frames.content),),
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
                _rows_table(metrics["rows"]),
                _reason_table(metrics["rows"]),
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


def headline_model(models: Numbers, model: str) -> Numbers | None:
    """The forest of a model's first label on unseen accounts, if it could be measured."""
    for splits in models.get(model, {}).values():
        forest = splits.get("by_account", {}).get("forest", {})
        if forest.get("average_precision") is not None:
            return dict(forest)
    return None


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


def _model_rows(models: Numbers) -> list[tuple[str, str, str, str, Any]]:
    return [
        (model, label, split, who, one)
        for model, labels in models.items()
        for label, splits in labels.items()
        for split, whos in splits.items()
        for who, one in (whos.items() if isinstance(whos, Mapping) else ())
    ]


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


def _leader_table(leaders: pd.DataFrame) -> Table:
    return Table(
        "Leaders of each tier",
        ("tier", "rank", "account", "followers", "posts", "median engagement rate"),
        tuple(
            (
                row["tier"] or "unknown",
                count(row["rank"]),
                str(row["owner_username"] or row["owner_id"]),
                count(row["followers"]),
                count(row["posts"]),
                percent(row["median_engagement_rate"]),
            )
            for row in sorted(_dicts(leaders), key=lambda row: _tier_place(row["tier"]))
        ),
        frozenset((1, 3, 4, 5)),
    )


def _tier_place(tier: str | None) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS)


def _virality_table(virality: pd.DataFrame) -> Table:
    return Table(
        "What viral posts share",
        ("viral is", "feature", "viral", "others", "effect", "95 % interval", "verdict"),
        tuple(
            (
                plain(str(row["label"])),
                plain(str(row["feature"])),
                _short(row["typical_viral"]),
                _short(row["typical_other"]),
                decimal(row["effect"], 2),
                _interval(row),
                str(row["verdict"]),
            )
            for row in _dicts(virality)
        ),
        frozenset(range(2, 6)),
        "Viral and others: the median, or the share where the feature is a yes or no.",
    )


def _content_table(content: pd.DataFrame) -> Table:
    return Table(
        "What goes with engagement, within accounts",
        ("trait", "value", "posts", "accounts", "effect", "95 % interval", "verdict"),
        tuple(
            (
                plain(str(row["feature"])),
                str(row["level"] or ""),
                count(row["posts"]),
                count(row["compared_accounts"]),
                decimal(row["effect"], 2),
                _interval(row),
                str(row["verdict"]),
            )
            for row in _dicts(content)
        ),
        frozenset(range(2, 6)),
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


def _rows_table(rows: Numbers) -> Table:
    kinds = ("read", "posts", "quarantined", "duplicates")
    return _pairs("Records", ("records", "number"), {kind: count(rows[kind]) for kind in kinds})


def _reason_table(rows: Numbers) -> Table:
    reasons = {reason: count(number) for reason, number in rows.get("by_reason", {}).items()}
    return _pairs("Reasons for quarantine", ("reason", "records"), reasons)


def _seconds_table(seconds: Numbers) -> Table:
    return _pairs(
        "Time", ("stage", "seconds"), {name: decimal(one, 1) for name, one in seconds.items()}
    )


def _pairs(title: str, columns: tuple[str, str], pairs: Mapping[str, Any]) -> Table:
    numbers = frozenset((1,)) if title not in ("Engines", "Configuration") else frozenset[int]()
    rows = tuple((str(key), "" if value is None else str(value)) for key, value in pairs.items())
    return Table(title, columns, rows, numbers)


def _interval(row: Mapping[str, Any]) -> str:
    if unknown(row["low"]) or unknown(row["high"]):
        return "–"
    return f"{decimal(row['low'], 2)} to {decimal(row['high'], 2)}"


def _short(value: object) -> str:
    if unknown(value):
        return "–"
    number = float(str(value))
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _dicts(frame: pd.DataFrame) -> Sequence[Mapping[str, Any]]:
    records: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in frame.to_dict("records")
    ]
    return records
