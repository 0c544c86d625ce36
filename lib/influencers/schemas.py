"""The columns of every table, declared once; `tables.write` holds frames against them.

Unknown is null, times are timestamps in UTC, shares and rates are fractions in 0..1.
"""

from __future__ import annotations

from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

STRING, BIGINT, INT, DOUBLE = StringType(), LongType(), IntegerType(), DoubleType()
BOOLEAN, TIMESTAMP, STRINGS = BooleanType(), TimestampType(), ArrayType(StringType())


def _table(**columns: DataType) -> StructType:
    return StructType([StructField(name, kind) for name, kind in columns.items()])


# What moved a prediction most: a feature, and by how much of the votes.
_REASONS = ArrayType(_table(feature=STRING, effect=DOUBLE))

_QUARTILES: dict[str, DataType] = {
    "posts": BIGINT,
    "accounts": BIGINT,
    "likes_only": BIGINT,
    "rate_p25": DOUBLE,
    "rate_median": DOUBLE,
    "rate_p75": DOUBLE,
    "relative_posts": BIGINT,
    "relative_p25": DOUBLE,
    "relative_median": DOUBLE,
    "relative_p75": DOUBLE,
}

SCHEMAS: dict[str, StructType] = {
    # A post, cleaned and typed; key shortcode.
    "posts": _table(
        shortcode=STRING,
        owner_id=BIGINT,
        owner_username=STRING,
        username=STRING,
        is_video=BOOLEAN,
        multiple_images=BOOLEAN,
        caption=STRING,
        likes=BIGINT,
        comments=BIGINT,
        created_at=TIMESTAMP,
        location=STRING,
        image_url=STRING,
        followers=BIGINT,
        following=BIGINT,
        hashtags=STRINGS,
        hashtags_as_written=STRINGS,
        mentions=STRINGS,
        crawled_at=TIMESTAMP,
        source_file=STRING,
    ),
    # An input record that could not be used; key source_file, record.
    "quarantine": _table(source_file=STRING, record=BIGINT, raw=STRING, reasons=STRINGS),
    # A picture, and what became of the last attempt to fetch it; key image_key. What is measured
    # is null unless the status is ok.
    "images": _table(
        image_key=STRING,
        url=STRING,
        host=STRING,
        status=STRING,
        http_status=INT,
        attempts=INT,
        next_attempt_at=TIMESTAMP,
        fetched_at=TIMESTAMP,
        bytes=BIGINT,
        sha256=STRING,
        format=STRING,
        width=INT,
        height=INT,
        frames=INT,
        colors=ArrayType(_table(hex=STRING, share=DOUBLE)),
        brightness=DOUBLE,
        contrast=DOUBLE,
        saturation=DOUBLE,
        colorfulness=DOUBLE,
        edge_density=DOUBLE,
        glcm_contrast=DOUBLE,
        glcm_homogeneity=DOUBLE,
        glcm_energy=DOUBLE,
        glcm_correlation=DOUBLE,
        glcm_entropy=DOUBLE,
        sharpness=DOUBLE,
        phash=BIGINT,
        quality=INT,
        degenerate=BOOLEAN,
        thumbnail=BinaryType(),
    ),
    # A link between two pictures that are copies of each other, a < b. Many equal ones are linked
    # to the first of them alone.
    "duplicate_pairs": _table(a=STRING, b=STRING, distance=INT, link=STRING),
    # A picture that has a copy; key image_key.
    "duplicate_groups": _table(
        group_id=BIGINT,
        image_key=STRING,
        representative=STRING,
        distance_to_representative=INT,
        linked_through_others=BOOLEAN,
        pictures=BIGINT,
        diameter=INT,
    ),
    # A post, described; key shortcode.
    "post_features": _table(
        shortcode=STRING,
        owner_id=BIGINT,
        created_at=TIMESTAMP,
        is_video=BOOLEAN,
        multiple_images=BOOLEAN,
        content_type=STRING,
        has_location=BOOLEAN,
        likes=BIGINT,
        comments=BIGINT,
        followers=BIGINT,
        following=BIGINT,
        tier=STRING,
        post_age_days=DOUBLE,
        hour=INT,
        day_of_week=INT,
        engagement=BIGINT,
        engagement_rate=DOUBLE,
        caption_length=INT,
        word_count=INT,
        line_count=INT,
        hashtag_count=INT,
        mention_count=INT,
        emoji_count=INT,
        question=BOOLEAN,
        history_posts=BIGINT,
        days_since_last_post=DOUBLE,
        history_median_engagement_rate=DOUBLE,
        history_last_engagement_rate=DOUBLE,
        history_max_engagement_rate=DOUBLE,
        history_median_likes=DOUBLE,
        history_last_likes=DOUBLE,
        history_max_likes=DOUBLE,
    ),
    # An account; key owner_id.
    "accounts": _table(
        owner_id=BIGINT,
        owner_username=STRING,
        username=STRING,
        followers=BIGINT,
        following=BIGINT,
        tier=STRING,
        posts=BIGINT,
        first_post_at=TIMESTAMP,
        last_post_at=TIMESTAMP,
        posts_per_week=DOUBLE,
        median_gap_days=DOUBLE,
        mean_likes=DOUBLE,
        median_likes=DOUBLE,
        mean_comments=DOUBLE,
        median_comments=DOUBLE,
        mean_engagement_rate=DOUBLE,
        median_engagement_rate=DOUBLE,
        video_share=DOUBLE,
        carousel_share=DOUBLE,
        location_share=DOUBLE,
        mean_caption_length=DOUBLE,
        mean_hashtag_count=DOUBLE,
        mean_mention_count=DOUBLE,
        mean_emoji_count=DOUBLE,
        follower_following_ratio=DOUBLE,
    ),
    # An edge of the hashtag graph, src < dst; weight is NPMI on account counts × 10^6.
    "hashtag_edges": _table(src=STRING, dst=STRING, posts=BIGINT, accounts=BIGINT, weight=BIGINT),
    # A hashtag under one algorithm; communities are numbered by size, ties by smallest tag.
    "communities": _table(algorithm=STRING, hashtag=STRING, community=BIGINT),
    # An account under one algorithm; share is that of its tags that lie in the community.
    "account_communities": _table(
        algorithm=STRING, owner_id=BIGINT, community=BIGINT, share=DOUBLE
    ),
    # A community of the chosen algorithm; what posts say is null where an edge list was given.
    "community_profiles": _table(
        algorithm=STRING,
        community=BIGINT,
        hashtags=BIGINT,
        share=DOUBLE,
        conductance=DOUBLE,
        accounts=BIGINT,
        posts=BIGINT,
        marking=ArrayType(_table(hashtag=STRING, lift=DOUBLE, accounts=BIGINT)),
        representatives=ArrayType(_table(owner_id=BIGINT, owner_username=STRING, share=DOUBLE)),
        engagement_rate_p25=DOUBLE,
        engagement_rate_median=DOUBLE,
        engagement_rate_p75=DOUBLE,
        growth=DOUBLE,
    ),
    # A month of a community of the chosen algorithm; share is of that month's posts in communities.
    "community_growth": _table(
        algorithm=STRING,
        community=BIGINT,
        month=TIMESTAMP,
        posts=BIGINT,
        accounts=BIGINT,
        share=DOUBLE,
    ),
    # An account, and a post, with the model's word on it; or a record that was to be scored and has
    # none (split scored, no probability): status says why, source_file and record which it is.
    "predictions_influence": _table(
        owner_id=BIGINT,
        label=DOUBLE,
        probability=DOUBLE,
        split=STRING,
        reasons=_REASONS,
        status=STRING,
        source_file=STRING,
        record=BIGINT,
    ),
    "predictions_virality": _table(
        shortcode=STRING,
        owner_id=BIGINT,
        label=DOUBLE,
        probability=DOUBLE,
        split=STRING,
        reasons=_REASONS,
        status=STRING,
        source_file=STRING,
        record=BIGINT,
    ),
    # Figures: a row a bin, cell or group that is drawn (part 'shown'), or a reason to leave out.
    "figure_follower_distribution": _table(
        part=STRING,
        followers_from=BIGINT,
        followers_to=BIGINT,
        accounts=BIGINT,
        median=DOUBLE,
        p90=DOUBLE,
    ),
    "figure_likes_distribution": _table(
        part=STRING, likes_from=BIGINT, likes_to=BIGINT, posts=BIGINT, median=DOUBLE, p90=DOUBLE
    ),
    "figure_engagement_vs_followers": _table(
        part=STRING,
        followers_from=BIGINT,
        followers_to=BIGINT,
        rate_from=DOUBLE,
        rate_to=DOUBLE,
        posts=BIGINT,
        likes_only=BIGINT,
        column_posts=BIGINT,
        column_p25=DOUBLE,
        column_median=DOUBLE,
        column_p75=DOUBLE,
    ),
    "figure_likes_vs_comments": _table(
        part=STRING,
        likes_from=BIGINT,
        likes_to=BIGINT,
        comments_from=BIGINT,
        comments_to=BIGINT,
        posts=BIGINT,
        column_posts=BIGINT,
        column_p25=DOUBLE,
        column_median=DOUBLE,
        column_p75=DOUBLE,
    ),
    "figure_engagement_by_hashtags": _table(part=STRING, hashtags=STRING, **_QUARTILES),
    "figure_engagement_by_content_type": _table(part=STRING, content_type=STRING, **_QUARTILES),
    # A leading account of its follower tier; key tier, rank.
    "analysis_influence": _table(
        tier=STRING,
        rank=INT,
        owner_id=BIGINT,
        owner_username=STRING,
        followers=BIGINT,
        posts=BIGINT,
        median_engagement_rate=DOUBLE,
        median_low=DOUBLE,
        median_high=DOUBLE,
        percentile=DOUBLE,
        engagement_rate_p25=DOUBLE,
        engagement_rate_p75=DOUBLE,
        median_likes=DOUBLE,
    ),
    # A follower tier; null for accounts with unknown followers.
    "analysis_tiers": _table(
        tier=STRING,
        accounts=BIGINT,
        ranked_accounts=BIGINT,
        posts=BIGINT,
        median_followers=DOUBLE,
        engagement_rate_p25=DOUBLE,
        engagement_rate_median=DOUBLE,
        engagement_rate_p75=DOUBLE,
    ),
    # A feature, viral posts against the others; effect is Cliff's delta or, for a yes or no, the
    # odds ratio, as `measure` says; low..high its interval, as wide as all comparisons ask for.
    "analysis_virality": _table(
        label=STRING,
        feature=STRING,
        viral_posts=BIGINT,
        other_posts=BIGINT,
        typical_viral=DOUBLE,
        typical_other=DOUBLE,
        measure=STRING,
        effect=DOUBLE,
        low=DOUBLE,
        high=DOUBLE,
        verdict=STRING,
    ),
    # A trait of posts, against the same authors' posts without it; key outcome, feature, level.
    "analysis_content": _table(
        outcome=STRING,
        feature=STRING,
        level=STRING,
        position=INT,
        posts=BIGINT,
        accounts=BIGINT,
        compared_accounts=BIGINT,
        median_relative_rate=DOUBLE,
        effect=DOUBLE,
        low=DOUBLE,
        high=DOUBLE,
        verdict=STRING,
    ),
}

# Outcomes of the last portion of pictures, on their way into `images`.
SCHEMAS["images_fetched"] = SCHEMAS["images"]
