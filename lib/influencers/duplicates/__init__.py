"""Near-duplicate images: every pair of hashes within a radius, groups, and what they tell."""
