"""From the bytes of an image file to pixels. Start at `decoding`.

- `formats`, `containers`: what the bytes are, and whether they end too soon.
- `orientation`, `grey_depth`: what cameras and 16-bit files need.
- `pixel_budget`: a bound on memory; `decoder_process`: a process that may crash.
"""
