"""How good a ranking is, from counts of scores. Start at `metrics`.

- `score_counts`, `rank_bins`: rows by score and group of accounts, few enough for the driver.
- `bootstrap`: intervals over accounts. `calibration`: from raw scores to probabilities.
- `model_metrics`, `performance`: what is reported of a split, and of repeated folds.
"""
