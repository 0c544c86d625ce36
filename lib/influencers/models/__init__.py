"""Random forests for influence and virality. Start at `training`: labels to results.

Rooms, each of which knows nothing of the ones after it:

- `rows/`: the rows of a model out of tables; splits by account and by time; samples.
- `evaluate/`: metrics from counts of scores, bootstrap intervals, calibration.
- `estimators/`: the normaliser, the forest, and the baselines it must beat.
- `explain/`: permutation importance, partial dependence, what moved one prediction.
- `figures/`: performance and explanations, drawn.

Beside them: `declaration` (every feature, its group, and the groups a label may use), `labels` and
`label_rules` (how rows are labelled), `leakage` (what stops a training run), `fitting` and `folds`
(one split, repeated splits), `tuning`, `results` (what training returns), `known_tables` (what
models read), `saved` (models on storage), `scoring` (their use).
"""
