"""What is measured of decoded images. Start at `measures`: all columns, batch by batch.

- `colors`, `texture`, `perceptual_hash`: the measures themselves.
"""
