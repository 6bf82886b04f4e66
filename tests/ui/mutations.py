"""Messages that are almost right, made from ones that are."""

import json
import random

from tests.ui.doubles import encode, picture

VALID = [
    {"type": "start_analysis", "mode": "live", "options": {}},
    {"type": "start_analysis", "mode": "live", "options": {"faces": True, "quality": False}},
    {"type": "options", "options": {"smoothing": False}},
    {"type": "frame", "id": 1, "image": "data:image/jpeg;base64,AAAA"},
    {"type": "start_analysis", "mode": "session", "options": {}},
    {"type": "second_phase"},
    {"type": "stop_analysis"},
]
ODD = [None, True, -1, 2**64, 1e308, "", "\x00", "live" * 1000, [], {}, [[[[]]]], {"a": {"b": []}}]
FRAMES = [encode(picture(), suffix) for suffix in (".jpg", ".webp", ".png", ".bmp")]


def mutated(chance: random.Random) -> bytes | str:
    """One message: a frame with damaged bytes, or JSON with a wrong value or a wrong letter."""
    if chance.random() < 0.5:
        data = bytearray(chance.choice(FRAMES))
        for _ in range(chance.choice((1, 2, 8, 64))):
            # Headers are where sizes and offsets are.
            reach = chance.choice((32, 256, len(data)))
            data[chance.randrange(min(reach, len(data)))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        return chance.randbytes(chance.choice((0, 3, 4, 4, 4, 4, 4))) + bytes(data)
    message = json.loads(json.dumps(chance.choice(VALID)))
    key = chance.choice([*message, "extra"])
    message[key] = chance.choice(ODD)
    text = json.dumps(message)
    if chance.random() < 0.5:
        place = chance.randrange(len(text))
        text = (
            text[:place]
            + chance.choice(["", "\x00", "{", '"', "\ud800", "9" * 400])
            + text[place + 1 :]
        )
    return text
