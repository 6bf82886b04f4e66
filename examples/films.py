"""Films for a mood: ``python examples/films.py``."""

from core import rank_films

for pick in rank_films({"happiness": 0.5, "surprise": 0.3, "neutral": 0.2}, top=5):
    print(f"{pick.title}: {pick.score:.0%} match")
