"""The jobs: each parses, reads tables, calls the library and writes tables."""
