"""How often the whole cluster may ask each host. Start at `book`.

- `book`: limits, leases and whose turn it is, without clock or network.
- `breaker`: when a host is left alone.
- `server`, `client`, `protocol`: the book in the driver, asked by worker processes.
- `leases`, `request_leases`, `outbox`: a process's share, and what it has to report.
"""
