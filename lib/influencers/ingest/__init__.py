"""From files to posts: raw records, the rules they are held against, and the clean rows."""
