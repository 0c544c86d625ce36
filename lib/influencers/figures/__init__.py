"""Figures: what one is, whoever draws it.

- `figure`: the declaration of a figure: its name, its title, and the section of the report that
  shows it.
- `stored`: the files of figures, read from an output.

Every package that draws declares its figures once, in its `figures`: `explore.figures`,
`communities.figures`, `models.figures.declarations`. Jobs draw what is declared there, and
`report.figures` puts it into the sections of the report.
"""
