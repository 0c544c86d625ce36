"""The sections of the report: a module each, whose `section` takes data and returns it.

In the order of the page: `engagement`, `influence`, `virality`, `content`, `communities`, `images`,
`duplicates`, `data`. `report.contents` puts them together. A section shows the figures that are
declared for its anchor, so that no section names any.
"""
