"""What is known of a post and of an account, computed from the posts alone."""
