"""From image addresses to features and a perceptual hash: fetching, decoding, measuring."""
