"""Ranking films: the original loop, the original vectorised, and ours, in time and memory.

    python -m benchmarks.films [--million] [--loop-films 100]

Each figure is the least of several runs, so that other work on the machine
disturbs it least; ratios hold across machines, milliseconds do not.
"""

from __future__ import annotations

import argparse
import itertools
import math
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.stats import spearmanr
from skimage.color import deltaE_ciede2000

from core.mood.associations import aim, mood_colours, normalised
from core.mood.catalog import Catalog
from core.mood.colour import chroma, delta_e_2000, delta_e_2000_matrix, srgb_to_lab
from core.mood.films import GENRE_WEIGHT, TOP, rank_films
from core.mood.original import original_scores
from core.mood.scoring import MoodTable, best
from core.types import EMOTIONS

MOOD = {"happiness": 0.5, "surprise": 0.3, "neutral": 0.2}
NEAR_BLACK = 50


def least(work: Callable[[], object], runs: int) -> float:
    """Least time of several runs, s."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def loop_s(catalog: Catalog, films: int, difference: Callable[..., Any]) -> float:
    """The first project's way, one call a pair, for so many films; s for all of them."""
    colours = [tuple(srgb_to_lab(colour.rgb).tolist()) for colour in mood_colours(MOOD)]
    lab = srgb_to_lab(catalog.rgb[:films]).tolist()
    start = time.perf_counter()
    for palette, shares in zip(lab, catalog.dominance[:films].tolist(), strict=True):
        total = near = weighted = 0.0
        for poster, share in zip(palette, shares, strict=True):
            for colour in colours:
                distance = float(difference(colour, tuple(poster)))
                total += distance
                near += 1 / (1 + distance)
                weighted += share / (1 + distance)
    return (time.perf_counter() - start) * len(catalog) / films


def scalar_ciede2000(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """CIEDE2000 of one pair in plain Python, as a loop over pairs would call it."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * math.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = math.hypot(a1 * stretch, b1), math.hypot(a2 * stretch, b2)
    h1 = math.degrees(math.atan2(b1, a1 * stretch)) % 360
    h2 = math.degrees(math.atan2(b2, a2 * stretch)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    step = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    light, colour = (l1 + l2) / 2, (c1 + c2) / 2
    weight = (
        1
        - 0.17 * math.cos(math.radians(hue - 30))
        + 0.24 * math.cos(math.radians(2 * hue))
        + 0.32 * math.cos(math.radians(3 * hue + 6))
        - 0.20 * math.cos(math.radians(4 * hue - 63))
    )
    lightness = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2))
    chromatic = (c2 - c1) / (1 + 0.045 * colour)
    hued = step / (1 + 0.015 * colour * weight)
    turned = math.sin(math.radians(60 * math.exp(-(((hue - 275) / 25) ** 2))))
    rotation = -2 * math.sqrt(colour**7 / (colour**7 + 25.0**7)) * turned
    return math.sqrt(max(0.0, lightness**2 + chromatic**2 + hued**2 + rotation * chromatic * hued))


def sorting(rows: int, columns: int, generator: np.random.Generator) -> tuple[float, float]:
    """Our sort, and a bare product and partial sort, s."""
    matrix = generator.random((rows, columns), dtype=np.float32)
    vector = generator.random(columns, dtype=np.float32)
    bare = generator.random((rows, len(EMOTIONS)), dtype=np.float32)
    weights = generator.random(len(EMOTIONS), dtype=np.float32)
    runs = 200 if rows < 100_000 else 10
    ours = least(lambda: best(matrix @ vector, TOP), runs)
    plain = least(lambda: np.argpartition(bare @ weights, rows - TOP)[rows - TOP :], runs)
    return ours, plain


def emd(weights: np.ndarray, wanted: np.ndarray, cost: np.ndarray) -> float:
    """Earth mover's distance, exactly, by linear programming."""
    rows, columns = cost.shape
    equal = np.zeros((rows + columns, rows * columns))
    for row in range(rows):
        equal[row, row * columns : (row + 1) * columns] = 1
    for column in range(columns):
        equal[rows + column, column::columns] = 1
    both = np.concatenate([weights / weights.sum(), wanted / wanted.sum()])
    return float(linprog(cost.ravel(), A_eq=equal, b_eq=both, method="highs").fun)


def against_emd(catalog: Catalog, films: int, generator: np.random.Generator) -> dict[str, float]:
    """How our closeness agrees with the full transport, and how often each breaks a promise.

    A poster colour is moved towards the mood colour nearest to it, and apart from
    that the best matching colour is given half as much dominance again.
    """
    rows = [catalog.rows[i] for i in generator.choice(len(catalog), films, replace=False)]
    moved, heavier = [], []
    colours = mood_colours(MOOD)
    lab = srgb_to_lab([colour.rgb for colour in colours])
    for row in rows:
        palette = [list(entry) for entry in row["palette"]]
        which = int(generator.integers(len(palette)))
        nearest = int(delta_e_2000(srgb_to_lab(palette[which][:3]), lab).argmin())
        target = np.array(colours[nearest].rgb)
        step = generator.random() * (target - np.array(palette[which][:3]))
        palette[which][:3] = (np.array(palette[which][:3]) + step).round().tolist()
        moved.append({**row, "palette": palette})
        distances = delta_e_2000(srgb_to_lab([entry[:3] for entry in row["palette"]])[:, None], lab)
        match = int(distances.min(axis=1).argmin())
        palette = [list(entry) for entry in row["palette"]]
        palette[match][3] *= 1.5
        heavier.append({**row, "palette": palette})

    def ours(films: list[Any]) -> np.ndarray:
        picks = rank_films(MOOD, len(films), catalog=films)
        by_id = {pick.tmdb_id: pick.reason.closeness for pick in picks}
        return np.array([by_id[row["tmdb_id"]] for row in films])

    def full(films: list[Any]) -> np.ndarray:
        wanted = np.array([colour.weight for colour in colours])
        result = []
        for row in films:
            palette = np.array(row["palette"])
            poster = srgb_to_lab(palette[:, :3])
            weights = palette[:, 3] * (0.1 + chroma(poster) / 100)
            result.append(-emd(weights, wanted, delta_e_2000(poster[:, None], lab)))
        return np.array(result)

    figures = {}
    for name, score in (("ours", ours), ("full EMD", full)):
        before = score(rows)
        figures[f"{name}: nearer colour scores lower"] = float(
            (score(moved) < before - 1e-6).mean()
        )
        figures[f"{name}: more of a match scores lower"] = float(
            (score(heavier) < before - 1e-6).mean()
        )
    figures["Spearman of the two"] = float(spearmanr(ours(rows), full(rows)).statistic)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="also sort a million films")
    parser.add_argument("--loop-films", type=int, default=60, help="films the loop is timed on")
    parser.add_argument("--emd-films", type=int, default=150, help="films compared with full EMD")
    arguments = parser.parse_args()
    generator = np.random.default_rng(0)

    print(f"load catalog              {1e3 * least(Catalog.load, 5):10.1f} ms")
    catalog = Catalog.load()
    wanted = normalised(MOOD)
    _ = catalog.distances
    table = MoodTable.of(catalog, tuple(aim(wanted, "match")), tuple(wanted), "match")
    colours = mood_colours(MOOD)
    lab = srgb_to_lab(catalog.rgb.reshape(-1, 3))
    mood_lab = srgb_to_lab([colour.rgb for colour in colours])
    pairs = len(lab) * len(mood_lab)

    loop = loop_s(catalog, arguments.loop_films, deltaE_ciede2000)
    plain_loop = loop_s(catalog, arguments.loop_films, scalar_ciede2000)
    vectorised = least(lambda: original_scores(catalog.rgb, catalog.dominance, colours), 3)
    bulk = least(lambda: delta_e_2000_matrix(lab, mood_lab), 5)
    ranking = least(lambda: rank_films(MOOD, catalog=catalog), 50)
    print(f"films                     {len(catalog):10d}")
    print(f"original, a call a pair   {1e3 * loop:10.1f} ms")
    print(f"the same in plain Python  {1e3 * plain_loop:10.1f} ms   {loop / plain_loop:10.0f} x")
    print(f"original, vectorised      {1e3 * vectorised:10.1f} ms   {loop / vectorised:10.0f} x")
    print(f"CIEDE2000 in bulk         {pairs / bulk / 1e6:10.1f} million pairs a second")
    print(f"palette, {TOP} with reasons  {1e3 * ranking:10.2f} ms   {loop / ranking:10.0f} x")
    ours, plain = sorting(len(catalog), table.matrix.shape[1], generator)
    print(f"palette, sort alone       {1e3 * ours:10.3f} ms   {loop / ours:10.0f} x")
    print(f"bare product and sort     {1e3 * plain:10.3f} ms   sort alone is {ours / plain:.2f} x")
    if arguments.million:
        ours, plain = sorting(1_000_000, table.matrix.shape[1], generator)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"a million films, sort     {1e3 * ours:10.1f} ms   {ours / plain:.2f} x bare")
        print(f"its table                 {1e6 * table.matrix.shape[1] * 4 / 1e6:10.1f} MB")
        print(f"peak of this process      {peak:10.1f} MB, bare and ours together")

    tops = {emotion: rank_films({emotion: 1.0}, catalog=catalog) for emotion in EMOTIONS}
    ids = {emotion: {pick.tmdb_id for pick in picks} for emotion, picks in tops.items()}
    apart = ("anger", "happiness", "sadness", "fear", "disgust")
    shared = max(len(ids[a] & ids[b]) for a, b in itertools.combinations(apart, 2))
    black = np.mean(
        [max(p.film.palette[0].rgb) < NEAR_BLACK for picks in tops.values() for p in picks]
    )
    everywhere = (catalog.rgb[:, 0].max(axis=1) < NEAR_BLACK).mean()
    print(f"most films shared by two of five moods: {shared} of {TOP}")
    print(
        f"near-black posters: {100 * black:.0f} % of the answers, {100 * everywhere:.0f} % of all"
    )
    print(f"genre weight {GENRE_WEIGHT}")
    for name, value in against_emd(catalog, arguments.emd_films, generator).items():
        print(f"{name}: {value:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
