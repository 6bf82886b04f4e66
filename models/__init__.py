"""What was learned: weights, their manifest, and how they were made."""
