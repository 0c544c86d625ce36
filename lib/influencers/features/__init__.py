"""What is known of a post and of an account: each feature declared once, where it is computed.

Start at `feature`: what a declaration says; then `describe`: from posts to both tables. `posts` has
the features of a post's own row and `captions` those that ingest read; `history` (what its author
did before) and `accounts` are computed in one pass over the posts of each account (`account_pass`,
`account_posts`). What is known of images (`images`) and of what was posted before (`duplicates`) is
in no table: the rows of models take it.
"""
