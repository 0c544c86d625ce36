"""What makes a synthetic post succeed: the true effects, as they are planted and as they are told.

The logarithm of a post's likes is a sum: of the account's size (less than proportionally, so that
engagement rates fall as accounts grow), its skill, its slow ups and downs, what the post is, its
age, and luck. Everything that is not named here has no effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from influencers.synthetic import topics
from influencers.synthetic.streams import Flags, Floats

INTERCEPT = -1.4  # gives the median account about 2 % engagement, as public posts have
FOLLOWERS_EXPONENT = 0.80
SKILL_DEVIATION = 0.60
WAVE_AMPLITUDE = 0.25
LOSS_PER_YEAR = 0.10  # followers are as of the crawl: older posts had fewer to like them
NOISE_DEVIATION = 0.40
BURST_CHANCE = 0.02
BURST_MEAN = 1.2

COMMENTS_INTERCEPT = -3.1
COMMENTS_EXPONENT = 0.90
COMMENTS_DEVIATION = 0.55


@dataclass(frozen=True)
class Effect:
    """What a property of a post adds to the logarithms of its likes and comments."""

    likes: float = 0.0
    comments: float = 0.0


# Comments also follow likes, at COMMENTS_EXPONENT: the second number comes on top of that.
EFFECTS = {
    "carousel": Effect(likes=0.35),
    "video": Effect(likes=-0.10, comments=0.25),
    "location": Effect(likes=0.12),
    "question": Effect(comments=0.40),
    f"#{topics.DRIVER}": Effect(likes=0.60, comments=0.50),
    f"#{topics.DECOY}": Effect(),
    "each hashtag": Effect(likes=-0.02),
    "each mention": Effect(),
    "emoji": Effect(),
    "caption length": Effect(),
    "hour of day": Effect(),
    "day of week": Effect(),
    "community": Effect(),
    "language": Effect(),
    "image": Effect(),
}


@dataclass(frozen=True)
class PostTraits:
    """The properties of posts that have an effect; one element to a post.

    Attributes:
        baseline: what the author and the moment add to the logarithm of likes.
    """

    baseline: Floats
    carousel: Flags
    video: Flags
    location: Flags
    question: Flags
    driver: Flags
    hashtags: Floats


def log_likes(rng: np.random.Generator, traits: PostTraits) -> Floats:
    """The logarithm of likes, luck included."""
    size = len(traits.baseline)
    noise = NOISE_DEVIATION * rng.standard_normal(size)
    burst = -BURST_MEAN * np.log1p(-rng.random(size)) * (rng.random(size) < BURST_CHANCE)
    return traits.baseline + _content(traits, "likes") + noise + burst


def log_comments(rng: np.random.Generator, traits: PostTraits, likes: Floats) -> Floats:
    """The logarithm of comments, given that of likes."""
    noise = COMMENTS_DEVIATION * rng.standard_normal(len(likes))
    content = _content(traits, "comments")
    return COMMENTS_INTERCEPT + COMMENTS_EXPONENT * likes + content + noise


def _content(traits: PostTraits, measure: str) -> Floats:
    def size(name: str) -> float:
        return float(getattr(EFFECTS[name], measure))

    total: Floats = (
        size("carousel") * traits.carousel
        + size("video") * traits.video
        + size("location") * traits.location
        + size("question") * traits.question
        + size(f"#{topics.DRIVER}") * traits.driver
        + size("each hashtag") * traits.hashtags
    )
    return total


def described() -> dict[str, object]:
    """The truth about success, for `truth/drivers.json`; effects are on natural logarithms."""
    return {
        "model": "log(likes) = intercept + exponent * log(followers) + skill + wave "
        "- loss_per_year * years before the crawl + the post's effects + noise + burst; "
        "log(comments) = comments_intercept + comments_exponent * log(likes) "
        "+ the post's effects on comments + noise; both rounded to whole numbers",
        "intercept": INTERCEPT,
        "followers_exponent": FOLLOWERS_EXPONENT,
        "skill_deviation": SKILL_DEVIATION,
        "wave_amplitude": WAVE_AMPLITUDE,
        "loss_per_year": LOSS_PER_YEAR,
        "noise_deviation": NOISE_DEVIATION,
        "burst": {"chance": BURST_CHANCE, "mean_of_exponential": BURST_MEAN},
        "comments_intercept": COMMENTS_INTERCEPT,
        "comments_exponent": COMMENTS_EXPONENT,
        "comments_deviation": COMMENTS_DEVIATION,
        "effects": {
            name: {
                "log_likes": effect.likes,
                "log_comments_beyond_likes": effect.comments,
                "likes_multiplier": round(float(np.exp(effect.likes)), 4),
                "verdict": "no effect" if effect == Effect() else "effect",
            }
            for name, effect in EFFECTS.items()
        },
    }
