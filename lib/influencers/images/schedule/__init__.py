"""What one task fetches next. Start at `fetching`.

- `scheduler`: the threads of a task; `host_queues`: rows by host; `concurrency`: how many at once.
- `outcomes`: what an outcome says about its host; `retry`: at once, later, or never again.
"""
