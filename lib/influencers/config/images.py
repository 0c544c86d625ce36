"""Settings of image downloads and of the search for near-duplicates."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.config.checks import above, at_least, within
from influencers.config.setting import Section, setting


@dataclass(frozen=True)
class ImagesConfig(Section, section="images"):
    """How images are downloaded, and what they may cost."""

    enabled: bool = setting(
        True,
        "Whether the pipeline downloads images; without, results of earlier downloads are not "
        "read either.",
    )
    requests_per_second: float = setting(
        20.0,
        "Maximum rate of requests to one host, over the whole cluster. 0: no limit.",
        at_least(0),
    )
    connections_per_host: int = setting(
        8,
        "Maximum number of simultaneous requests to one host, over the whole cluster. 0: no limit.",
        at_least(0),
    )
    host_limits: tuple[str, ...] = setting(
        (),
        'Rate limits of single hosts: "host=PER_SECOND/CONNECTIONS" or '
        '"host:port=PER_SECOND/CONNECTIONS".',
    )
    budget_port: int = setting(
        0,
        "TCP port on which the driver hands out requests under the rate limits. 0: any free port.",
        within(0, 65_535),
    )
    threads: int = setting(16, "Simultaneous requests of one task.", within(1, 256))
    deadline_seconds: float = setting(
        30.0, "Timeout in seconds of one attempt at one image, including redirects.", above(0)
    )
    connect_seconds: float = setting(
        5.0,
        "Timeout in seconds for DNS lookup, connection and TLS handshake, for each redirect anew.",
        above(0),
    )
    read_seconds: float = setting(
        10.0, "Timeout in seconds between two bytes of a response.", above(0)
    )
    max_bytes: int = setting(
        20_000_000, "Maximum size of an image file in bytes; larger ones are not downloaded.",
        at_least(1),
    )  # fmt: skip
    max_pixels: int = setting(
        25_000_000,
        "Maximum width times height of an image in pixels; larger ones are not decoded.",
        at_least(1),
    )
    max_decoding_pixels: int = setting(
        25_000_000,
        "Maximum number of pixels of all images that one worker process decodes at the same "
        "time; each takes up to 16 bytes of memory.",
        at_least(1),
    )
    thumbnail: int = setting(
        64,
        "Longer side in pixels of the thumbnail that is kept of each image, about 1 KB. 0: none.",
        within(0, 256),
    )
    attempts_per_run: int = setting(
        3,
        "Maximum number of attempts at one image in one run, for errors that may pass "
        "(408, 429, 5xx, broken connections).",
        at_least(1),
    )
    max_attempts_total: int = setting(
        8,
        "Maximum number of attempts at one image URL over all runs; then the error is final until "
        "a post has another URL.",
        at_least(1),
        was="attempts_in_all",
    )
    placeholder_posts: int = setting(
        20,
        "Number of accounts, or of posts with different captions, for whose images one host gives "
        "the same bytes, from which on these are a placeholder and no repost (docs/images.md). "
        "0: never.",
        at_least(0),
    )
    retry_after_seconds: float = setting(
        900.0,
        "Seconds after a failed run until another run tries again; doubles with every attempt, "
        "up to one day.",
        above(0),
        was="later_seconds",
    )
    breaker_failures: int = setting(
        20,
        "Number of consecutive failures after which no requests are sent to a host for a while. "
        "0: never.",
        at_least(0),
    )
    respect_opt_out: bool = setting(
        True,
        "Whether images are left out whose X-Robots-Tag header asks for it "
        "(noai, noimageai, noindex).",
    )
    user_agent: str = setting(
        "influencers/0.1 (research; image features)",
        "User-Agent header: say who you are and how to reach you.",
    )
    mirrors: tuple[str, ...] = setting(
        ("cdninstagram.com", "fbcdn.net"),
        "Domains of which all hosts serve the same paths: one image under several of their hosts "
        "is downloaded once.",
    )
    allow_hosts: tuple[str, ...] = setting(
        (), 'Hosts whose addresses need not be public: "host" or "host:port".'
    )
    connect_to: tuple[str, ...] = setting(
        (),
        'Hosts to connect to at a stated address, without a DNS lookup: "host:port=address:port".',
    )
    ca_bundle: str = setting(
        "",
        "PEM file, on every node, of CA certificates to trust in addition to the usual ones.",
        was="authorities",
    )
    commit_images: int = setting(
        20_000,
        "Images per core between two commits: what a run that is killed loses at most.",
        at_least(1),
    )


@dataclass(frozen=True)
class DuplicatesConfig(Section, section="duplicates"):
    """How near-duplicate images are found."""

    radius: int = setting(
        4,
        "Maximum Hamming distance, in bits of 64, between the hashes of near-duplicates.",
        within(0, 10),
    )
    hashes: str = setting(
        "", "Parquet file with columns id and phash to search instead of the downloaded images."
    )
    max_candidates: int = setting(
        10_000_000_000_000,
        "Maximum number of pairs to compare; a search that needs more is refused.",
        at_least(1),
        was="most_candidates",
    )
    driver_pairs: int = setting(
        1_000_000,
        "Number of near-duplicate pairs up to which duplicate groups are found in the driver's "
        "memory.",
        at_least(0),
    )
