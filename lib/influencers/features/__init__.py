"""What is known of a post and of an account: each feature declared once, where it is computed.

Start at `feature`: what a declaration says. `posts` and `accounts` make the tables; `captions` and
`history` have the features of posts that are of their kind. What is known of images (`images`) and
of what was posted before (`duplicates`) is in no table: the rows of models take it.
"""
