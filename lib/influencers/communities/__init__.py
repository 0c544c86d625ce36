"""The hashtag graph: which hashtags go together, the communities they form, who moves in which."""
