"""Films with the colours of their posters, and the command that builds the list."""
