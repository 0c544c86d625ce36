"""From image URLs to features and a perceptual hash. Start at `fetch_task`: what one task does.

Rooms, each of which knows nothing of the ones after it:

- `decode/`: bytes to pixels, bounded in memory and in a process of its own where that is asked for.
- `measure/`: colours, texture and the perceptual hash of decoded images.
- `http/`: one request, bounded in time, bytes and redirects, and never to a private address.
- `budget/`: rate limits that hold for the whole cluster: a book on the driver, leases to workers.
- `schedule/`: which row a task fetches next, how many at once, and what is tried again when.

Beside them: `mended_urls` (addresses without the escapes around them), `keys` (what identifies an
image), `ledger` (the table images: what is due, what came of it), `placeholders` (what only all
answers of a host together tell), `statuses` and `failures` (the words for outcomes), `settings`
(the configuration, as the rooms want it).
"""
