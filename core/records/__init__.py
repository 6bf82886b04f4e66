"""What is kept: rows, runs, reports."""
