"""From the bytes of an image file to pixels. Start at `decoding`.

- `formats`, `containers`: what the bytes are, and whether they end too soon.
- `png_chunks`, `jpeg_segments`: the parts of a file that its pixels depend on.
- `orientation`, `grey_depth`: what cameras and 16-bit files need.
- `pixel_budget`: a bound on memory; `decoder_process`: a process that may crash.
"""
