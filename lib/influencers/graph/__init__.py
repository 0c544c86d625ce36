"""Graphs of any kind, as DataFrames: connected components, and plans that stay short.

- `components`: connected components, with GraphFrames. `lineage`: cuts the plans of many rounds.
"""
