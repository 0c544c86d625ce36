"""What is trusted of certificates."""

from __future__ import annotations

import functools
import ssl

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from influencers.errors import UserError


@functools.lru_cache(maxsize=8)
def tls_context(verify: bool, ca_bundle: str) -> ssl.SSLContext:
    """The one TLS context of this process for these settings: building one takes 40 ms.

    It trusts the system's authorities, those that come with requests (slim systems have none),
    and the ones in the file `ca_bundle`.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if ca_bundle:
        context.load_verify_locations(ca_bundle)
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def check_authorities(path: str) -> None:
    """Refuse a file that holds no certificates to trust.

    Raises:
        UserError: it is such a one.
    """
    if not path:
        return
    try:
        tls_context(True, path)
    except OSError as error:  # ssl's own errors are OSErrors too
        raise UserError(f"cannot use {path!r} as certificates to trust: {error}") from None
