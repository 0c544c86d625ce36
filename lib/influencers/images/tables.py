"""The images that posts name: what became of each, and what was measured of it."""

from __future__ import annotations

from dataclasses import replace

from influencers.storage.table import (
    FRACTION,
    Table,
    bigint,
    binary,
    boolean,
    double,
    integer,
    string,
    structs,
    timestamp,
)

_NOT_OK = "`status` is not `ok`"

IMAGES = Table(
    "images",
    grain="an image that posts name, with the outcome of the last attempt to download it",
    key=("image_key",),
    job="images",
    columns=(
        string(
            "image_key",
            "identifies the image: its address without scheme; on the hosts of `images.mirrors` "
            "the path alone, or path and query without what signs, caches or scales. A key of more "
            "than 512 characters is cut and ends with a SHA-256 digest",
        ),
        string("url", "address that the last attempt asked"),
        string("host", "`host:port` of that address", null="it is no http(s) address"),
        string(
            "status",
            "outcome: `ok`, or why there is no image, such as `not_found`, `expired`, `throttled`, "
            "`placeholder`, `opted_out`, `broken`; docs/images.md lists them",
        ),
        integer("http_status", "status code of the last answer", null="no HTTP answer"),
        integer("attempts", "requests for the image at this address so far, over all runs"),
        timestamp(
            "next_attempt_at",
            "from when a later run asks again",
            null="the status is final: not asked again at this address",
        ),
        timestamp("fetched_at", "when this outcome was entered"),
        bigint(
            "bytes",
            "size of the last response body, as far as it was read",
            unit="bytes",
            null="no body",
        ),
        string(
            "sha256",
            "SHA-256 of the file, in hexadecimal digits",
            null="no complete file was downloaded",
        ),
        string(
            "format",
            "file format by its first bytes: `jpeg`, `png`, `gif`, `webp`, `avif`, `bmp`, `tiff`",
            null=_NOT_OK,
        ),
        integer("width", "width of the upright image", unit="pixels", null=_NOT_OK),
        integer("height", "height of the upright image", unit="pixels", null=_NOT_OK),
        integer(
            "frames",
            "frames of an animation, of which the first is measured; 1 for a still image",
            null=_NOT_OK,
        ),
        structs(
            "colors",
            "up to five main colours by clusters in OKLab, by falling share",
            string("hex", "mean sRGB of the cluster, as `#rrggbb`"),
            double("share", "pixels in the cluster, among all of the image", unit=FRACTION),
            null=_NOT_OK,
        ),
        double(
            "brightness",
            "mean lightness (CIE L*): 0 black, 1 white",
            unit=FRACTION,
            null=_NOT_OK,
        ),
        double(
            "contrast",
            "RMS contrast (Peli 1990): standard deviation of grey, black 0 and white 1",
            unit="0..0.5",
            null=_NOT_OK,
        ),
        double("saturation", "mean saturation (HSV) of the pixels", unit=FRACTION, null=_NOT_OK),
        double(
            "colorfulness",
            "colourfulness after Hasler and Süsstrunk (2003): 0 grey, 15 slightly, 45 quite, above "
            "82 highly colourful",
            null=_NOT_OK,
        ),
        double(
            "edge_density",
            "pixels whose Sobel gradient is longer than 128, on greys of 0 to 255 at 192 × 192",
            unit=FRACTION,
            null=_NOT_OK,
        ),
        double(
            "glcm_contrast",
            "contrast of the grey-level co-occurrence matrix (Haralick 1973): 16 levels, distance "
            "1, mean of four angles, at 192 × 192",
            unit="0..225",
            null=_NOT_OK,
        ),
        double(
            "glcm_homogeneity",
            "homogeneity (inverse difference moment) of the same matrix",
            unit=FRACTION,
            null=_NOT_OK,
        ),
        double(
            "glcm_energy",
            "energy of the same matrix: root of its angular second moment",
            unit=FRACTION,
            null=_NOT_OK,
        ),
        double(
            "glcm_correlation",
            "correlation of neighbouring grey levels in the same matrix",
            unit="-1..1",
            null=f"{_NOT_OK}, or the image has one grey level",
        ),
        double("glcm_entropy", "entropy of the same matrix", unit="bits, 0..8", null=_NOT_OK),
        double(
            "sharpness",
            "variance of the Laplacian (Pech-Pacheco 2000) of greys of 0 to 255 at 192 × 192",
            null=_NOT_OK,
        ),
        bigint(
            "phash",
            "perceptual hash: the 64 bits of `imagehash.phash` as a signed integer",
            unit="64 bits",
            null=_NOT_OK,
        ),
        integer(
            "quality",
            "gradient quality of PDQ: how much of the image there is for a hash to see",
            unit="0..100",
            null=_NOT_OK,
        ),
        boolean(
            "degenerate",
            "whether the hash says nothing of the image, as of a blank one or a plain gradient",
            null=_NOT_OK,
        ),
        binary(
            "thumbnail",
            "JPEG with a longer side of at most `images.thumbnail` pixels",
            null=f"{_NOT_OK}, or `images.thumbnail` is 0",
        ),
    ),
)

# Which image a post shows. Made anew by each run of the job, with the mirrors of that run.
POST_IMAGES = Table(
    "post_images",
    grain="a post that had an image address when `images` ran last",
    key=("shortcode",),
    job="images",
    columns=(
        string("shortcode", "id of the post"),
        string(
            "image_key",
            "the image it shows, see `images`; one that is not there has not been asked for yet. "
            "The column's metadata has the `mirrors` that keys were made with",
        ),
    ),
)

# Rows on their way into `images`: what a run that died had not entered yet is here.
IMAGES_FETCHED = replace(
    IMAGES,
    name="images_fetched",
    grain="an image as in `images`, of the last portion on its way there; empty between runs",
)
