"""One request for one image. Start at `client`.

- `urls`, `addresses`, `resolver`: what a URL names, and which addresses may be asked.
- `connections`, `tls`: kept connections to checked addresses.
- `watchdog`: the end of those that are too slow.
- `response_body`: limits on bytes. `opt_out`, `retry_after`: what response headers ask for.
"""
