"""The figures of a data set, and what its posts say about influence, virality and content."""
