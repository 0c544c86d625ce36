"""What became of an image: one word per outcome, the same in tables, counters and code."""

from __future__ import annotations

OK = "ok"
EXPIRED = "expired"  # the address says until when it is valid; not asked
NOT_FOUND = "not_found"  # 404, 410
FORBIDDEN = "forbidden"  # 401, 403
HTTP_ERROR = "http_error"  # any other answer that is neither success nor worth a retry
SERVER_ERROR = "server_error"  # 5xx
THROTTLED = "throttled"  # 429
TIMEOUT = "timeout"  # 408, or our own limits on connecting, reading or the whole attempt
RESET = "reset"  # the connection or the body broke off, or what came was not HTTP
REFUSED = "refused"  # nothing listens there, or there is no way to it
DNS_ERROR = "dns_error"
TLS_ERROR = "tls_error"
BLOCKED_ADDRESS = "blocked_address"  # not on the public internet, and not allowed by name
BAD_URL = "bad_url"  # no http(s) address with a host, or one that parsers read differently
TOO_MANY_REDIRECTS = "too_many_redirects"
TOO_LARGE = "too_large"  # on the wire or decompressed
OPTED_OUT = "opted_out"  # the owner's X-Robots-Tag
LOGIN_REDIRECT = "login_redirect"  # a redirect to where people log in
HTML_ANSWER = "html_answer"  # a page where an image should be, with status 200
TEXT_ANSWER = "text_answer"  # likewise JSON or plain text, such as "please wait"
EMPTY_ANSWER = "empty_answer"  # likewise nothing; 204 and 205 too
PLACEHOLDER = "placeholder"  # the bytes that the host gives for many images, see `placeholders`
NOT_AN_IMAGE = "not_an_image"  # neither text nor a format that is known: a video, a document
UNSUPPORTED_FORMAT = "unsupported_format"
TOO_MANY_PIXELS = "too_many_pixels"
TRUNCATED = "truncated"
BROKEN = "broken"
DECODER_CRASHED = "decoder_crashed"  # the end of the process that decoded it, or of its memory
HOST_UNAVAILABLE = "host_unavailable"  # its breaker is open; not asked

# How hosts turn away who asks too often, without saying so: throttling, as far as one can know.
SOFT_BLOCKS = frozenset({LOGIN_REDIRECT, HTML_ANSWER, TEXT_ANSWER, EMPTY_ANSWER, PLACEHOLDER})

# What time may heal; see `retry` for when.
RETRYABLE = SOFT_BLOCKS | {
    SERVER_ERROR, THROTTLED, TIMEOUT, RESET, REFUSED, DNS_ERROR, HOST_UNAVAILABLE,
}  # fmt: skip

# What stays as it is however often it is asked.
FINAL = frozenset({
    OK, EXPIRED, NOT_FOUND, FORBIDDEN, HTTP_ERROR, TLS_ERROR, BLOCKED_ADDRESS, BAD_URL,
    TOO_MANY_REDIRECTS, TOO_LARGE, OPTED_OUT, NOT_AN_IMAGE, UNSUPPORTED_FORMAT, TOO_MANY_PIXELS,
    TRUNCATED, BROKEN, DECODER_CRASHED,
})  # fmt: skip
