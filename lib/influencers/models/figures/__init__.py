"""The figures of the models. Start at `declarations`: every figure, with what draws it.

- `curves`: precision, recall and calibration. `importance`, `explanations`: what the forests use.
"""
