"""Synthetic samples: posts that look like the real thing, and the truth about them."""

from influencers.synthetic.generator import generate, local_folder
from influencers.synthetic.served import served_sample

__all__ = ["generate", "local_folder", "served_sample"]
