"""The rows that models see. Start at `known`: a model's table with all features joined.

- `frames`: columns and partitions as Spark ML wants them. `new_posts`: features of posts to score.
- `periods`, `split`: what lies before a time; training and test rows. `split_counts`: their sizes.
- `row_sample`: a bounded number of rows in the driver's memory.
"""
