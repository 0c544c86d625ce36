"""The figures of the models.

- `declarations`: every figure of a model, with what draws it.
"""
