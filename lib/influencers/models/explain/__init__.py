"""Why a model predicts what it does.

- `trees`: a forest as arrays. `permutation`: importance and partial dependence on held-out rows.
- `contributions`: which features moved one row's score.
"""
