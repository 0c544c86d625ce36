"""From files to posts: raw records, the rules they are held against, and the clean rows.

- `sources.py` finds the files and their formats; `heads.py`, `headers.py`, `columns.py` and
  `naming.py` say which column is which field, `exports.py` declares the exports that are known.
- `text_files.py` reads CSV and JSON lines in splits: `csv_layout.py` (where records lie),
  `csv_splits.py`, `split_plans.py` (which split has which), `csv_batches.py` (Arrow's reader),
  `line_batches.py` and `csv_records.py` (Python's), `split_tasks.py` (the tasks);
  `parquet_files.py` reads Parquet. All give the columns of `records.py`.
- `values.py` and `rounded.py` read cells, `rules.py` says what is quarantined, `posts.py` makes the
  rows, and `accounts.py` gives them followers that stand in other files.
- `repeats.py` and `disputes.py` settle posts that are told more than once. `captions.py` reads
  captions, with `hashtags.py` and `emoji.py`. `tables.py` declares what is written.
"""
