"""Random forests for influence and virality: declared features, honest splits, saved models."""
