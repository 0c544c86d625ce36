"""The report: one HTML file that a browser opens without a network.

Data flows from `metrics.json` and Spark's tables to the page:

- `frames`: of each table, the few rows that the page has room for (Spark → pandas).
- `headlines`, `warnings`: the numbers at the top, and what makes them doubtful.
- `sections`: a module for each section of the page; `section` has what they return, `contents`
  their order.
- `figures`: every figure that another package declares, by section.
- `table`: a table as texts, and numbers as people read them; `effects`, `records`, `model_tables`
  and `model_notes` are words and tables that more than one of the above needs.
- `page`: all of it as HTML, by `template.html.j2`.

Only `frames` computes with Spark; nothing here reads or writes: `jobs.report` does. All text is
escaped by the template alone. A figure gets into the report by its declaration (see
`influencers.figures`): no module here names one.
"""
