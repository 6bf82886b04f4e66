"""What a person's session says: the change, its colours, films that carry them."""
