"""Tables and files of an output: declared, read, written."""
