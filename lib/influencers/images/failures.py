"""Why one attempt to fetch an image ended without one."""

from __future__ import annotations

import ssl

from urllib3 import exceptions as urllib3_errors

from influencers.images import statuses


class FetchFailure(Exception):
    """An attempt ended with `status`.

    Attributes:
        status: one of `statuses`.
        detail: what happened, for a log.
        transient: whether the same request may do better within seconds; only of interest for
            a retryable status.
    """

    def __init__(self, status: str, detail: str = "", *, transient: bool = True) -> None:
        super().__init__(f"{status}: {detail}" if detail else status)
        self.status = status
        self.detail = detail
        self.transient = transient


class HostUnavailable(FetchFailure):
    """Raised by a `before_request` hook: this host is not to be asked now."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(statuses.HOST_UNAVAILABLE, detail, transient=False)


# A connection that ended without TLS's goodbye was cut, which has nothing to do with trust.
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
_TIMEOUTS = (TimeoutError, urllib3_errors.TimeoutError)
_TLS = (ssl.SSLError, ssl.CertificateError, urllib3_errors.SSLError)


def as_failure(error: Exception) -> FetchFailure:
    """What an error of the socket, TLS or HTTP layers means.

    Whatever is not a timeout or a matter of trust counts as a broken connection: malformed
    answers come from overloaded proxies as often as from broken servers.
    """
    if isinstance(error, FetchFailure):
        return error
    detail = f"{type(error).__name__}: {error}"[:200]
    if isinstance(error, _TIMEOUTS):
        return FetchFailure(statuses.TIMEOUT, detail)
    if isinstance(error, _CUT) or isinstance(error.__cause__, _CUT):
        return FetchFailure(statuses.RESET, detail)
    if isinstance(error, _TLS):
        return FetchFailure(statuses.TLS_ERROR, detail)
    return FetchFailure(statuses.RESET, detail)
