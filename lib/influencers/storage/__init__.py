"""An output's tables and files: one writer at a time, atomic steps, and what is removed when.

Start at `store`: read, write and merge Delta tables, checked against their declarations (`table`).

- `files`: text, bytes and listings through Hadoop's file system, local or an object store.
- `claim`: one run at a time writes an output.
- `retention`: old versions go after some days; `replacing`, `forgotten`: accounts that are removed.
- `checkpoints`: where long plans are cut.
"""
