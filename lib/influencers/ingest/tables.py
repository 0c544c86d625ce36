"""What is read of the input: the posts, and the records that could not be used."""

from __future__ import annotations

from influencers.ingest import captions, rounded
from influencers.storage.table import Table, bigint, boolean, string, strings, timestamp

POSTS = Table(
    "posts",
    grain="an Instagram post as its latest crawl has it, cleaned and typed",
    key=("shortcode",),
    job="ingest",
    columns=(
        string("shortcode", "id of the post, as in its address `instagram.com/p/SHORTCODE`"),
        bigint("owner_id", "id of the account that posted it"),
        string("owner_username", "handle of the account, without `@`", null="not given"),
        string("username", "display name of the account", null="not given"),
        boolean("is_video", "whether the post is a video", null="unknown"),
        boolean(
            "multiple_images", "whether the post is a carousel of several images", null="unknown"
        ),
        string("caption", "text of the post as written", null="none"),
        bigint("likes", "likes at the crawl", null="unknown or hidden"),
        bigint("comments", "comments at the crawl", null="unknown or hidden"),
        timestamp("created_at", "when it was posted"),
        string("location", "place that the post is tagged with", null="none"),
        string("image_url", "address of its image", null="none"),
        bigint("followers", "followers of the account at the crawl", null="unknown"),
        bigint("following", "accounts that the account follows, at the crawl", null="unknown"),
        *(
            bigint(
                f"{name}_resolution",
                f"step to which `{name}` is rounded in the input: 100 for `1.2K`",
                null="all digits known",
            )
            for name in rounded.COUNTS
        ),
        *captions.TAGS,
        timestamp("crawled_at", "when the post was read from Instagram", null="not given"),
        string("source_file", "URI of the input file whose record stands here"),
        *(count.column for count in captions.COUNTS),
    ),
)

_MONTH = string("month", "month of `observed_at` in UTC, such as `2026-11`")

POST_OBSERVATIONS = Table(
    "post_observations",
    grain="a post as one crawl saw it; of crawls whose time is not known, there is none",
    key=("shortcode", "observed_at"),
    job="ingest",
    columns=(
        string("shortcode", "id of the post"),
        timestamp("observed_at", "when the post was read from Instagram"),
        bigint("owner_id", "id of the account that posted it"),
        bigint("likes", "likes then", null="unknown or hidden"),
        bigint("comments", "comments then", null="unknown or hidden"),
        string("source_file", "URI of the input file whose record stands here"),
        _MONTH,
    ),
    partition=("month",),
)

ACCOUNT_OBSERVATIONS = Table(
    "account_observations",
    grain="an account as one crawl saw it; of crawls whose time is not known, there is none",
    key=("owner_id", "observed_at"),
    job="ingest",
    columns=(
        bigint("owner_id", "id of the account"),
        timestamp("observed_at", "when a post or the profile of it was read from Instagram"),
        bigint("followers", "followers then", null="unknown"),
        bigint("following", "accounts that it followed then", null="unknown"),
        *(
            bigint(
                f"{name}_resolution",
                f"step to which `{name}` is rounded in the input: 100 for `1.2K`",
                null="all digits known",
            )
            for name in ("followers", "following")
        ),
        string("owner_username", "handle of the account then, without `@`", null="not given"),
        string("username", "display name of the account then", null="not given"),
        string("source_file", "URI of the input file whose record stands here"),
        _MONTH,
    ),
    partition=("month",),
)

QUARANTINE = Table(
    "quarantine",
    grain="an input record that could not be used, with all reasons",
    key=("source_file", "record"),
    job="ingest",
    columns=(
        string("source_file", "URI of the input file"),
        bigint("record", "number of the record in its file, from 1; a header is none"),
        string("raw", "text of the record; of one that is too long, its start"),
        strings(
            "reasons",
            "codes of all the rules that it breaks, such as `missing:owner_id`; README.md lists "
            "them",
        ),
    ),
)
