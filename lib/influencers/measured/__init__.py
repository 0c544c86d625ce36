"""The run in numbers: the types of metrics.json, for those who write it and those who read it.

Start at `metrics`, the whole file. Its parts:

- `records`: what was read, and what the tables hold. `images`: images and near-duplicates.
- `communities`: the hashtag graph and its communities. `explore`: verdicts of the analyses.
- `models`: held-out performance, by model, label, split and forest or baseline.

A part is a frozen dataclass whose fields are declared by `keys.key`, with what they mean. It goes
to JSON by `keys.as_json`, and comes from it by `reading`. That module alone needs pydantic, and
nothing that executors import imports it. `make docs` makes docs/metrics.schema.json of the types.
"""
