"""A repeated frame is called frozen in time, a still live scene never, at any frame rate."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from core.frame.quality import QualityMeter

Plane = NDArray[np.uint8]

ONSET_LIMIT_S = 1.0
RELEASE_LIMIT_S = 0.5
SIZE = (180, 320)


def scene() -> Plane:
    gray = cv2.cvtColor(np.asarray(data.astronaut(), np.uint8), cv2.COLOR_RGB2GRAY)
    return cv2.resize(gray, (400, 400))


def live(seconds: float, fps: int, sigma: float, *, moving: bool, gain: float = 1.0) -> list[Plane]:
    """Frames of a live camera: sensor noise, and the picture may sway."""
    rng = np.random.default_rng(7)
    picture, frames = scene(), []
    for index in range(round(seconds * fps)):
        x, y = (round(30 + 25 * np.sin(index * 9 / fps)), 40 + index % 20) if moving else (30, 40)
        view = picture[y : y + SIZE[0], x : x + SIZE[1]].astype(np.float32) * gain
        noise = rng.normal(0, sigma, SIZE) if sigma else 0
        frames.append(np.clip(np.rint(view + noise), 0, 255).astype(np.uint8))
    return frames


def encoded(
    frames: list[Plane], fps: int, *, whole: bool = False, **options: str
) -> Iterator[tuple[float, Plane]]:
    """The frames after H.264, with their media time.

    Gray handed over for conversion is hardly ever encoded the same twice, whole frames mostly are.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.height, stream.width = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"threads": "1", **options}
        for index, plane in enumerate(frames):
            frame = _whole(plane) if whole else av.VideoFrame.from_ndarray(plane, format="gray")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        for frame in container.decode(video=0):
            memory = np.frombuffer(frame.planes[0], np.uint8)  # type: ignore[call-overload]
            yield float(frame.time), memory.reshape(SIZE[0], -1)[:, : SIZE[1]]


def _whole(plane: Plane) -> av.VideoFrame:
    luma = np.rint(16 + plane * (219 / 255)).astype(np.uint8)
    chroma = np.full((SIZE[0] // 2, SIZE[1]), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")


def frozen_times(frames: Iterator[tuple[float, Plane]], *, limited: bool = True) -> list[float]:
    meter = QualityMeter()
    return [
        time_s
        for time_s, plane in frames
        if meter.measure_luma(plane, time_s, limited_range=limited).is_frozen
    ]


def timed(frames: list[Plane], fps: int) -> Iterator[tuple[float, Plane]]:
    return ((index / fps, frame) for index, frame in enumerate(frames))


@pytest.mark.parametrize("crf", ["18", "23", "28"])
@pytest.mark.parametrize("keyint", ["30", "250"])
@pytest.mark.parametrize("moving", [True, False])
def test_a_frozen_stretch_is_flagged_and_released_in_time(
    crf: str, keyint: str, moving: bool
) -> None:
    fps, sigma = 30, 0 if moving else 6
    before = live(1.5, fps, sigma, moving=moving)
    after = live(1.5, fps, sigma, moving=moving)[::-1]
    frames = [*before, *[before[-1]] * (2 * fps), *after]
    flagged = frozen_times(encoded(frames, fps, whole=True, crf=crf, preset="medium", g=keyint))
    onset_s, end_s = (len(before) - 1) / fps, len(before) / fps + 2
    assert flagged
    assert onset_s < flagged[0] <= onset_s + ONSET_LIMIT_S
    assert flagged[-1] <= end_s + RELEASE_LIMIT_S


@pytest.mark.parametrize("preset", ["ultrafast", "superfast"])
@pytest.mark.parametrize("crf", ["20", "26"])
@pytest.mark.parametrize("fps", [15, 30])
def test_a_frozen_picture_that_its_codec_goes_on_refining_is_flagged_and_released_in_time(
    preset: str, crf: str, fps: int
) -> None:
    before, after = live(1.5, fps, 2.5, moving=True), live(1.5, fps, 2.5, moving=True)[::-1]
    frames = [*before, *[before[-1]] * (3 * fps), *after]
    flagged = frozen_times(encoded(frames, fps, crf=crf, preset=preset))
    onset_s, end_s = (len(before) - 1) / fps, len(before) / fps + 3
    assert flagged
    assert onset_s < flagged[0] <= onset_s + ONSET_LIMIT_S
    assert end_s - 0.5 <= flagged[-1] <= end_s + RELEASE_LIMIT_S


@pytest.mark.parametrize("preset", ["ultrafast", "superfast"])
def test_a_camera_that_stops_at_once_is_not_frozen_while_its_noise_goes_on(preset: str) -> None:
    frames = live(1.5, 15, 3, moving=True) + live(3, 15, 3, moving=False)
    assert not frozen_times(encoded(frames, 15, crf="23", preset=preset))


@pytest.mark.parametrize("fps", [10, 25, 60])
@pytest.mark.parametrize("sigma", [1.0, 3.0])
@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_a_still_scene_with_sensor_noise_is_not_frozen(fps: int, sigma: float, gain: float) -> None:
    frames = live(3, fps, sigma, moving=False, gain=gain)
    assert not frozen_times(timed(frames, fps), limited=False)


@pytest.mark.parametrize("crf", ["18", "23"])
@pytest.mark.parametrize("sigma", [2.0, 4.0])
def test_a_still_scene_with_sensor_noise_is_not_frozen_after_encoding(
    crf: str, sigma: float
) -> None:
    frames = live(4, 30, sigma, moving=False)
    assert not frozen_times(encoded(frames, 30, crf=crf, preset="medium"))


def passing(from_s: float, until_s: float, fps: int) -> list[Plane]:
    """A still scene with hardly any noise, crossed by something as long as a third of it."""
    rng = np.random.default_rng(3)
    empty = scene()[40 : 40 + SIZE[0], 30 : 30 + SIZE[1]].astype(np.float32)
    car = 255 - empty[60:120, :100]
    frames = []
    for index in range(round(from_s * fps), round(until_s * fps)):
        right = round(150 * (index / fps % 7))
        left, shown = max(0, right - car.shape[1]), empty.copy()
        if left < SIZE[1]:
            end = min(right, SIZE[1])
            shown[80:140, left:end] = car[:, : end - left]
        noisy = shown + rng.normal(0, 0.6, SIZE)
        frames.append(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
    return frames


@pytest.mark.parametrize(("fps", "keyint"), [(10, "10"), (25, "250"), (25, "25")])
def test_an_empty_road_is_not_frozen_though_its_codec_erases_the_noise(
    fps: int, keyint: str
) -> None:
    clip = encoded(passing(0, 14, fps), fps, whole=True, crf="27", g=keyint)
    assert frozen_times(clip) == []


@pytest.mark.parametrize(("fps", "keyint"), [(10, "10"), (25, "250"), (25, "25")])
def test_a_road_that_stops_with_who_passes_in_the_middle_is_frozen(fps: int, keyint: str) -> None:
    before = passing(0, 8.5, fps)
    frames = [*before, *[before[-1]] * (5 * fps)]
    flagged = frozen_times(encoded(frames, fps, whole=True, crf="27", g=keyint))
    assert flagged
    assert 8.4 < flagged[0] < 8.5 + 2.5


AFTERTHOUGHTS = {
    "a keyframe each second": [0.8, 0, 0, 0.01, 0.1, 0.3, 0.2, 0.03, 0.1, 0.1] * 4,
    "afterthoughts": [0.05, 0.02, 0.016, 0.02, 0.03, 0.017, 0.018, 0.027, 0.024, 0.014] * 4,
}
"""Steps a pixel that a codec says of a repeated frame, at 10 frames/s."""


@pytest.mark.parametrize("said", AFTERTHOUGHTS.values(), ids=AFTERTHOUGHTS)
def test_a_lively_picture_of_which_next_to_nothing_is_said_is_frozen(said: list[float]) -> None:
    before, random = live(6, 10, 2.0, moving=True), np.random.default_rng(6)
    repeated = [before[-1] ^ np.uint8(random.random(SIZE) < change / 2) for change in said]
    flagged = frozen_times(timed([*before, *repeated, *before[::-1]], 10))
    assert flagged
    assert 6 < flagged[0] < 7.2
    assert 9.5 < flagged[-1] < 10 + RELEASE_LIMIT_S


def test_a_scene_that_stops_moving_is_not_frozen() -> None:
    frames = live(1.5, 30, 3, moving=True) + live(3, 30, 3, moving=False)
    assert not frozen_times(encoded(frames, 30, crf="23", preset="medium"))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.01, 0.2), min_size=60, max_size=90), st.integers(0, 2**31))
def test_a_repeated_frame_is_flagged_by_media_time_however_uneven(
    steps_s: list[float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    meter, time_s = QualityMeter(), 0.0
    for _ in range(20):
        meter.measure_luma(rng.integers(0, 255, (90, 160), np.uint8), time_s)
        time_s += 0.04
    still = rng.integers(0, 255, (90, 160), np.uint8)
    meter.measure_luma(still, time_s)
    onset_s = time_s
    for step_s in steps_s:
        time_s += step_s
        is_frozen = meter.measure_luma(still, time_s).is_frozen
        if time_s > onset_s + ONSET_LIMIT_S:
            assert is_frozen
        if time_s < onset_s + 0.25:
            assert not is_frozen


def test_a_repeated_picture_from_the_first_frame_on_is_flagged() -> None:
    flagged = frozen_times(timed([scene()] * 60, 30), limited=False)
    assert 0.25 < flagged[0] <= ONSET_LIMIT_S


def test_one_or_two_repeated_frames_are_not_a_freeze() -> None:
    frames = [frame for frame in live(3, 15, 2, moving=True) for _ in range(3)]
    assert not frozen_times(timed(frames, 45), limited=False)


def test_time_that_goes_back_starts_anew() -> None:
    meter, still = QualityMeter(), scene()
    for index in range(60):
        frozen = meter.measure_luma(still, index / 30).is_frozen
    assert frozen
    assert not meter.measure_luma(still, 0.0).is_frozen


def erased(seconds: float, fps: int, every: int, frozen_from_s: float = 1e9) -> list[Plane]:
    """A still scene whose noise a codec erases: new in its keyframes, but for a block."""
    random = np.random.default_rng(3)
    sensor, frames = live(seconds, fps, 3.0, moving=False), []
    for index in range(len(sensor)):
        if index / fps >= frozen_from_s:
            frames.append(frames[-1])
            continue
        frame = sensor[index // every * every].copy()
        if random.random() < 0.3:
            frame[8:16, 8:16] += np.uint8(random.integers(1, 4))
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("fps", "every"), [(15, 30), (25, 25), (30, 60), (25, 250)])
def test_a_still_scene_whose_noise_a_codec_erases_is_not_frozen(fps: int, every: int) -> None:
    assert not frozen_times(timed(erased(28, fps, every), fps))


def test_keyframes_that_bring_no_noise_any_more_tell_of_a_freeze() -> None:
    found = frozen_times(timed(erased(16, 25, 50, frozen_from_s=9.0), 25))
    assert found
    assert 9.0 <= found[0] <= 12.5
    assert found[-1] > 15.5


def test_exact_copies_from_the_first_frame_on_wait_where_a_codec_may_have_made_them() -> None:
    frames = [live(1, 25, 0.0, moving=False)[0]] * (12 * 25)
    meter = QualityMeter()
    found = [
        time_s
        for time_s, plane in timed(frames, 25)
        if meter.measure_luma(plane, time_s, limited_range=True).is_frozen
    ]
    assert 5 < found[0] < 10


def test_a_keyframe_and_an_afterthought_of_its_codec_do_not_end_a_freeze() -> None:
    """A keyframe draws the repeated frame anew, and what it left out may follow a little later."""
    frames = live(3, 25, 2.0, moving=True)
    frozen, random = frames[-1], np.random.default_rng(3)

    def redrawn(plane: Plane, share: float, steps: int) -> Plane:
        return np.where(random.random(SIZE) < share, np.maximum(plane, steps) - steps, plane)

    for share in (0.9, 0.8, 0.9, 0.6, 0.4, 0.2, 0.1, 0.05, 0.02, 0.01, 0.004):
        frames.append(frozen := redrawn(frozen, share, 1))
    keyframe = redrawn(frozen, 0.85, 2)
    refined = redrawn(keyframe, 0.5, 1)
    frames += [frozen] * 12 + [keyframe] * 9 + [refined] * 20
    times = frozen_times(timed([np.uint8(frame) for frame in frames], 25))
    assert min(times) < 3 + ONSET_LIMIT_S
    assert times[-1] == pytest.approx((len(frames) - 1) / 25)
    assert len(times) == pytest.approx(25 * (times[-1] - times[0]) + 1, abs=1)


def test_a_still_scene_that_was_cut_to_and_drawn_in_a_few_frames_is_not_frozen() -> None:
    before = live(3, 25, 2.0, moving=False)
    random = np.random.default_rng(4)
    still = np.uint8(np.clip(255 - before[-1].astype(np.int16), 20, 250))
    drawn = [still]
    for share in (0.3, 0.27, 0.1, 0.3):
        drawn.append(np.uint8(drawn[-1] - (random.random(still.shape) < share)))
    keyframe = np.uint8(drawn[-1] - 2 * (random.random(still.shape) < 0.8))
    frames = [*before, *drawn, *[keyframe] * 70]
    meter = QualityMeter()
    assert not any(
        meter.measure_luma(plane, time_s, limited_range=True).is_frozen
        for time_s, plane in timed(frames, 25)
    )


def test_what_moved_and_stopped_at_once_is_frozen_though_a_keyframe_came_before_the_silence() -> (
    None
):
    frames, random = live(3, 25, 2.0, moving=True), np.random.default_rng(5)
    frozen = frames[-1]
    for share in (0.7, 0.07, 0.07, 0.02, 0.016, 0.016, 0.024, 0.008, 0.006, 0.006, 0.007):
        frames.append(frozen := np.uint8(frozen - (random.random(SIZE) < share) * (frozen > 0)))
    keyframe = np.uint8(frozen - 2 * (random.random(SIZE) < 0.9) * (frozen > 1))
    times = frozen_times(timed([*frames, *[keyframe] * 60], 25))
    assert 3 < min(times) < 3.4 + ONSET_LIMIT_S
