"""The hashtag graph: which hashtags go together, the circles they form, who moves in which."""
