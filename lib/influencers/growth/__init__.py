"""What changes between crawls: followers of accounts, likes of posts, and how posts perform."""
