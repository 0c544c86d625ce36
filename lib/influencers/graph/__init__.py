"""Graphs of any kind, as DataFrames.

- `components`: connected components, with GraphFrames. `hashing`: Spark's hash of ids in numpy.
"""
