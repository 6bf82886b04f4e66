"""Tables against peers or limits, one module a table."""
