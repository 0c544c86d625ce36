"""What is fitted: `normaliser`, `forest`, and the `baselines` that a forest must beat."""
