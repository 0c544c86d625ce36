"""One run as a whole: its session, its numbers, and what it takes to run it again.

- `session`: the only place that builds a Spark session.
- `metrics`: metrics.json, the run in numbers, on storage; its types are in `influencers.measured`.
- `manifest`: manifest.json, versions and inputs.
- `stages`: whether the tables of a stage are of this run.
- `side_by_side`: independent Spark jobs at the same time.
- `persisted`, `lineage`: frames that are kept, and plans that stay short.
"""
