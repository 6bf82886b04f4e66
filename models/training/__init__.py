"""How the weights were made; the only part that needs torch."""
