from __future__ import annotations

import unicodedata

import numpy as np
import regex

from influencers.synthetic import captions, hashtags, lexicon, topics
from sample_reader import TAG, Sample

SCRIPTS = ("Latin", "Cyrillic", "Arabic", "Devanagari", "Hiragana", "Katakana", "Hangul", "Han")


def texts(sample: Sample) -> list[str]:
    return [post["caption"] for post in sample.posts]


def test_captions_are_written_in_many_scripts_with_hashtags_in_them_too(sample: Sample) -> None:
    written = texts(sample)
    tags = [tag for text in written for tag in TAG.findall(text)]
    for script in SCRIPTS:
        own = regex.compile(rf"\p{{Script={script}}}")
        assert sum(bool(own.search(text)) for text in written) > 50, script
        assert sum(bool(own.search(tag)) for tag in tags) > 50, script
    assert sum("é" in text or "ü" in text or "ã" in text for text in written) > 100


def test_captions_hold_every_awkward_character(sample: Sample) -> None:
    together = "\x00".join(texts(sample))
    for awkward in (
        "\n", "\r\n", "\u2028", "\u2029", "\u0085", '"', ",", "\\", "'", "\u200d", "🏽", "\ufe0f",
        "🇯🇵", "1️⃣", "👨‍👩‍👧‍👦", "<script>", "&#39;", "=1+1", "@", "＃", "\x00?", '"\x00', "\\\x00",
    ):  # fmt: skip
        assert awkward in together, ascii(awkward)
    # A lone carriage return, not one of a pair.
    assert regex.search("\r(?!\n)", together)


def test_shares_are_those_of_real_posts(sample: Sample) -> None:
    written = texts(sample)
    lengths = np.array([len(text) for text in written])
    assert 60 < np.median(lengths) < 160 and lengths.max() <= 2_200
    assert np.percentile(lengths, 95) > 3 * np.median(lengths)
    tags = np.array([len(TAG.findall(text)) for text in written])
    assert 0.45 < (tags > 0).mean() < 0.65 and 1.5 < tags.mean() < 3.5 and tags.max() <= 30
    emoji = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}")
    assert 0.5 < np.mean([bool(emoji.search(text)) for text in written]) < 0.75
    assert 0.3 < np.mean(["\n" in text for text in written]) < 0.5
    assert 0.005 < np.mean([text == "" for text in written]) < 0.03


def test_no_caption_starts_like_the_end_of_a_cell(sample: Sample) -> None:
    # What would make the truth about records with an unclosed quote ambiguous.
    for text in texts(sample):
        assert not regex.match('"*[,\r\n]', text), ascii(text)
        assert text == text.strip()


def test_a_question_ends_with_the_mark_of_its_language() -> None:
    rng = np.random.default_rng(1)
    languages = np.arange(len(lexicon.LANGUAGES)).repeat(20)
    outline = captions.Outline(
        languages, np.full(len(languages), captions.TEXT), np.arange(len(languages)) % 2 == 0
    )
    handles = np.array(["someone"] * len(languages), dtype=object)
    written = captions.write(rng, outline, [[] for _ in languages], handles)
    for language, asks, text in zip(languages, outline.question, written, strict=True):
        assert (lexicon.LANGUAGES[language].pauses[3] in text) == asks


def test_the_planted_tags_are_distinct_and_single() -> None:
    rows = hashtags.vocabulary()
    names = [row[0] for row in rows]
    assert len(set(names)) == len(names)
    for name in names:
        assert TAG.findall(f"#{name}") == [name]
        assert unicodedata.normalize("NFKC", name).casefold() == name
    assert len({len(topic.tags) for topic in topics.TOPICS}) == 1


def test_accounts_use_the_tags_of_their_community(sample: Sample) -> None:
    community_of = {row["hashtag"]: row["community"] for row in sample.truth("hashtags")}
    planted = {row["owner_id"]: row["community"] for row in sample.truth("accounts")}
    votes: dict[str, list[str]] = {}
    for post in sample.posts:
        for tag in TAG.findall(post["caption"]):
            community = community_of.get(topics.normalised(tag))
            if community:
                votes.setdefault(post["owner_id"], []).append(community)
    many = {owner: cast for owner, cast in votes.items() if len(cast) >= 5}
    right = [max(set(cast), key=cast.count) == planted[owner] for owner, cast in many.items()]
    assert len(many) > 400 and np.mean(right) > 0.98
    own = [one == planted[owner] for owner, cast in votes.items() for one in cast]
    assert 0.88 < np.mean(own) < 0.97


def test_everybody_uses_the_ubiquitous_tags(sample: Sample) -> None:
    planted = {row["owner_id"]: row["community"] for row in sample.truth("accounts")}
    users = {
        planted[post["owner_id"]]
        for post in sample.posts
        if "love" in map(topics.normalised, TAG.findall(post["caption"]))
    }
    assert users == set(planted.values())
