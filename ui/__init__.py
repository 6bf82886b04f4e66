"""The page: a module a tab, thin callbacks over the core."""
