import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.doubles import encode, picture
from ui.decoding import MAX_SIDE_PX, WORK_SIDE_PX, decode, picture_size
from ui.protocol import ProtocolError

SMALL = {suffix: encode(picture(96, 64), suffix) for suffix in (".jpg", ".webp")}


def with_size(jpeg, width, height):
    """The same file with another size in its header."""
    at = jpeg.index(b"\xff\xc0")
    return jpeg[: at + 5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + jpeg[at + 9 :]


@given(st.integers(16, 300), st.integers(16, 300), st.sampled_from([".jpg", ".webp"]))
def test_the_header_tells_the_size_that_decoding_gives(width, height, suffix):
    data = encode(picture(width, height), suffix)
    assert picture_size(data) == (width, height)
    image, size_px = decode(data)
    assert size_px == (width, height)
    assert image.shape == (height, width, 3)


def test_a_lossless_webp_is_read():
    data = cv2.imencode(".webp", picture(70, 50), [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    assert data[12:16] == b"VP8L"
    assert picture_size(data) == (70, 50)


@pytest.mark.parametrize("size", [(20_000, 20_000), (65_535, 16), (16, MAX_SIDE_PX + 1)])
def test_a_pixel_bomb_is_refused_by_its_header(size, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(ProtocolError) as caught:
        decode(with_size(SMALL[".jpg"], *size))
    assert caught.value.code == "too_large"


def test_a_picture_of_one_pixel_is_refused():
    with pytest.raises(ProtocolError) as caught:
        decode(encode(picture(1, 1)))
    assert caught.value.code == "too_small"


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_other_files_are_unreadable(data):
    with pytest.raises(ProtocolError) as caught:
        decode(data)
    assert caught.value.code == "unreadable"


@pytest.mark.parametrize("width", [1920, 4000])
def test_a_large_picture_is_worked_on_at_reduced_size(width):
    image, size_px = decode(encode(picture(width, 600)))
    assert size_px == (width, 600)
    assert max(image.shape) <= WORK_SIDE_PX


def test_a_picture_is_not_turned_by_its_metadata():
    jpeg = SMALL[".jpg"]
    # Orientation 6 asks a viewer for a quarter turn.
    tiff = (
        b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
        + bytes(4)
    )
    payload = b"Exif\x00\x00" + tiff
    turned = jpeg[:2] + b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload + jpeg[2:]
    image, size_px = decode(turned)
    assert size_px == (96, 64)
    np.testing.assert_array_equal(image, decode(jpeg)[0])


@given(st.data())
def test_a_mutated_file_is_decoded_or_refused_but_never_breaks(data):
    original = SMALL[data.draw(st.sampled_from(sorted(SMALL)))]
    mutated = bytearray(original)
    for _ in range(data.draw(st.integers(1, 20))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(mutated)))
    try:
        image, _ = decode(bytes(mutated[:cut]))
    except ProtocolError:
        return
    assert max(image.shape[:2]) <= MAX_SIDE_PX
