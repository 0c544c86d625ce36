"""Analyse Instagram posts and influencers with Spark, from a laptop to a cluster."""

__version__ = "0.1.0"
