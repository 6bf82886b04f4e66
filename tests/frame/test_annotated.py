"""The annotated video plays in a browser and keeps size, time and colour."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from core.errors import RecordError
from core.frame.annotated import AnnotatedVideo
from core.frame.sources import open_source
from core.types import FrameReport, QualityReading


def annotate(source_path: Path, path: Path, size: tuple[int, int] | None = None) -> None:
    with open_source(source_path) as source:
        size = size or (source.width, source.height)
        with AnnotatedVideo(path, size, source.fps) as video:
            for frame in source:
                video.add(frame, FrameReport(frame.index, frame.time_s, "no_face"))


def test_it_is_h264_in_420_with_its_index_first(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "annotated.mp4"
    annotate(clip, path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (320, 240)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_variable_frame_rate_keeps_its_times(
    make_clip: Callable[..., Path], tmp_path: Path
) -> None:
    wanted = [0.0, 0.04, 0.08, 0.5, 0.52, 0.9, 1.4, 1.44]
    path = tmp_path / "annotated.mp4"
    annotate(make_clip("vfr.mp4", count=len(wanted), times_s=wanted), path)
    with open_source(path) as source:
        assert np.allclose([frame.time_s for frame in source], wanted, atol=1e-3)


@pytest.mark.parametrize("size", [(321, 241), (35, 51), (320, 241)])
def test_odd_sizes_gain_at_most_a_pixel(
    make_clip: Callable[..., Path], tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "annotated.mp4"
    annotate(make_clip("odd.mkv", count=2, size=size, codec="ffv1", pix_fmt="yuv444p"), path)
    with open_source(path) as source:
        assert (source.width, source.height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)


def test_colours_and_brightness_stay_what_they_were(
    make_clip: Callable[..., Path], tmp_path: Path
) -> None:
    original = make_clip("rgb.mkv", count=2, codec="ffv1", pix_fmt="bgr0")
    path = tmp_path / "annotated.mp4"
    annotate(original, path)
    with open_source(original) as one, open_source(path) as other:
        before, after = next(iter(one)).image, next(iter(other)).image
    difference = cv2.blur(before, (9, 9)).astype(float) - cv2.blur(after, (9, 9))
    assert np.abs(difference.mean(axis=(0, 1))).max() < 3.0
    assert np.abs(difference).mean() < 5.0


def test_frames_of_another_size_are_fitted_into_the_first(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "annotated.mp4"
    annotate(clip, path, size=(400, 400))
    with open_source(path) as source:
        image = next(iter(source)).image
    assert image.shape == (400, 400, 3)
    assert image[:40].max() < 30, "the room above a wide picture is black"
    assert image[150:250].mean() > 30


def test_pixels_that_are_not_square_stay_so(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "annotated.mp4"
    with open_source(clip) as source, AnnotatedVideo(path, (320, 240), 25, Fraction(4, 3)) as video:
        for frame in source:
            video.add(frame, FrameReport(frame.index, frame.time_s, "no_face"))
    with open_source(path) as source:
        assert source.sample_aspect_ratio == Fraction(4, 3)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"a\.mp4: cannot be written") as caught:
        AnnotatedVideo(tmp_path / "missing" / "a.mp4", (320, 240), 25)
    assert "\n" not in str(caught.value)


def test_an_encoder_that_fails_is_told_to_whoever_adds(clip: Path, tmp_path: Path) -> None:
    class Broken(AnnotatedVideo):
        def _encode(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    video = Broken(tmp_path / "a.mp4", (320, 240), 25)
    with open_source(clip) as source:
        frame = next(iter(source))
    report = FrameReport(0, 0.0, "no_face")

    def add_until_told() -> None:
        for _ in range(1000):
            video.add(frame, report)

    with pytest.raises(RecordError, match="No space left"):
        add_until_told()
    with pytest.raises(RecordError, match="No space left"):
        video.close()
    video.close()


@pytest.mark.parametrize("colorspace", [1, 2, 6])
def test_a_420_video_keeps_its_colours_and_how_they_are_written(
    make_clip: Callable[..., Path], tmp_path: Path, colorspace: int
) -> None:
    original = tmp_path / "tagged.mp4"
    with (
        av.open(str(make_clip("plain.mp4", count=4))) as source,
        av.open(str(original), "w") as out,
    ):
        stream = out.add_stream("libx264", rate=25, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.colorspace = colorspace
        for frame in source.decode(video=0):
            frame.colorspace = colorspace
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    path = tmp_path / "annotated.mp4"
    annotate(original, path)
    with av.open(str(original)) as one, av.open(str(path)) as other:
        before, after = next(one.decode(video=0)), next(other.decode(video=0))
    assert after.colorspace == before.colorspace == colorspace
    for mine, theirs in zip(before.to_ndarray(), after.to_ndarray(), strict=True):
        assert abs(float(mine.mean()) - float(theirs.mean())) < 4


def test_the_video_that_is_read_is_drawn_into_no_frame_that_comes_after(
    clip: Path, tmp_path: Path
) -> None:
    quality = QualityReading(0.9, 100.0, 0.5, 0.0, True, 0.1)

    def decoded(path: Path | None) -> list[float]:
        with open_source(clip) as source:
            if path is None:
                return [float(frame.luma.plane[-40:].mean()) for frame in source]
            with AnnotatedVideo(path, (source.width, source.height), source.fps) as video:
                means = []
                for frame in source:
                    means.append(float(frame.luma.plane[-40:].mean()))
                    video.add(frame, FrameReport(frame.index, frame.time_s, "ok", (), quality))
        return means

    assert decoded(tmp_path / "annotated.mp4") == decoded(None)
