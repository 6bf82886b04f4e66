"""The plain sentences of a session, in English and Korean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_KOREAN: Final = {
    "anger": "분노",
    "disgust": "혐오",
    "fear": "공포",
    "happiness": "행복",
    "sadness": "슬픔",
    "surprise": "놀람",
    "neutral": "무표정",
}

_NOTES: Final = {
    "slow_readings": (
        "The readings moved slowly ({moments:.1f} independent moments a phase), so no interval "
        "can be given; the change is larger than slow wandering alone would bring about.",
        "측정값이 천천히 움직여(단계마다 독립된 순간 {moments:.1f}개) 구간을 줄 수 없습니다. "
        "변화는 느린 흔들림만으로 생길 수 있는 것보다 큽니다.",
    ),
    "outliers": (
        "{percent:.0f} % of the readings were isolated outliers and were left out.",
        "측정값의 {percent:.0f} %는 동떨어진 값이라 제외했습니다.",
    ),
    "low_trust": (
        "In {percent:.0f} % of the frames the face was seen too poorly to count.",
        "프레임의 {percent:.0f} %는 얼굴이 잘 보이지 않아 제외했습니다.",
    ),
    "missing_face": (
        "In {percent:.0f} % of the frames no face was read.",
        "프레임의 {percent:.0f} %에서 얼굴을 읽지 못했습니다.",
    ),
    "several_faces": (
        "Several faces were in view; only the one seen largest was measured.",
        "여러 얼굴이 보여 가장 크게 보인 얼굴만 측정했습니다.",
    ),
    "subject_changed": (
        "The measured face was lost from sight and a face followed on {often}; "
        "it is taken to be the same person.",
        "측정하던 얼굴을 {often} 놓쳤다가 다시 찾았습니다. 같은 사람으로 봅니다.",
    ),
    "camera_lost": (
        "No picture came for more than a second {often}; what was missed is not counted.",
        "화면이 1초 넘게 {often} 끊겼습니다. 그동안은 계산하지 않았습니다.",
    ),
    "fps_differs": (
        "The frame rate was {first:.1f} fps, then {second:.1f} fps: {HEDGE_EN}",
        "프레임 속도가 {first:.1f} fps에서 {second:.1f} fps로 달랐습니다. {HEDGE_KO}",
    ),
    "brightness_differs": (
        "The picture's brightness was {first:.0f} of 255, then {second:.0f}: {HEDGE_EN}",
        "화면 밝기가 255 가운데 {first:.0f}에서 {second:.0f}(으)로 달랐습니다. {HEDGE_KO}",
    ),
    "blur_differs": (
        "The blur was {first:.2f}, then {second:.2f} (0 sharp, 1 most blurred): {HEDGE_EN}",
        "흐림이 {first:.2f}에서 {second:.2f}(으)로 달랐습니다(0 선명, 1 매우 흐림). {HEDGE_KO}",
    ),
    "face_size_differs": (
        "The face was {first:.0f} px wide, then {second:.0f} px: {HEDGE_EN}",
        "얼굴 너비가 {first:.0f} px에서 {second:.0f} px로 달랐습니다. {HEDGE_KO}",
    ),
    "pose_differs": (
        "The head was turned by {first:.0f} degrees, then {second:.0f} degrees: {HEDGE_EN}",
        "고개 방향이 {first:.0f}도에서 {second:.0f}도로 달랐습니다. {HEDGE_KO}",
    ),
}
_HEDGE: Final = {
    "HEDGE_EN": "the change may come from the picture, not from the person.",
    "HEDGE_KO": "변화가 사람이 아니라 화면에서 왔을 수 있습니다.",
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader of a verdict must know: a code, and the figures it names."""

    code: str
    figures: Mapping[str, float] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """Say it in "en" or "ko"."""
        english, korean = _NOTES[self.code]
        words = korean if language == "ko" else english
        often = _often(self.figures.get("times", 0.0), language)
        return words.format(**self.figures, **_HEDGE, often=often)


def _often(times: float, language: str) -> str:
    if language == "ko":
        return f"{times:.0f}번"
    return "once" if times == 1 else f"{times:.0f} times"


def _signed(points: float) -> str:
    rounded = round(points)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded)}"


def emotion_name(emotion: str, language: str = "en") -> str:
    """Name an emotion in "en" or "ko"."""
    return _KOREAN[emotion] if language == "ko" else emotion


def change(
    emotion: str,
    points: float,
    *,
    means: tuple[float, float],
    p: float,
    others: Sequence[tuple[str, float]],
    language: str,
) -> str:
    """Say that an emotion changed, by how much and how surely, and what came with it."""
    first, second = (f"{100 * mean:.0f}" for mean in means)
    with_it = ", ".join(f"{emotion_name(name, language)} {_signed(size)}" for name, size in others)
    # Rounded down, so that the sentence never claims more than was found.
    sessions = min(1000, math.floor(1 / max(p, 1e-9)))
    if language == "ko":
        verb = "올랐습니다" if points > 0 else "내렸습니다"
        return (
            f"{_KOREAN[emotion]}이(가) {abs(points):.0f}점 {verb}({first} %에서 {second} %로). "
            f"변화가 없을 때 이런 차이는 {sessions}번에 한 번보다 드뭅니다. "
            f"함께 변한 감정(점): {with_it}."
        )
    verb = "rose" if points > 0 else "fell"
    return (
        f"{emotion.capitalize()} {verb} by {abs(points):.0f} points, "
        f"from {first} % to {second} %. Without a change, a difference this large "
        f"comes by chance in at most 1 of {sessions} sessions. With it, in points: {with_it}."
    )


def level(emotion: str, mean: float, language: str) -> str:
    """Say that no change was found, and what was highest instead."""
    if language == "ko":
        return (
            "두 단계 사이에 확실한 변화가 없었습니다. "
            f"둘째 단계에서 가장 높은 감정은 {_KOREAN[emotion]}({100 * mean:.0f} %)입니다."
        )
    return (
        "No change between the phases could be told from chance. "
        f"Highest in the second phase was {emotion}, at {100 * mean:.0f} %."
    )


def insufficient(needed_s: float, usable_s: tuple[float, float], language: str) -> str:
    """Say that nothing can be said yet, and how much longer each phase must be."""
    first, second = (f"{seconds:.1f}" for seconds in usable_s)
    if language == "ko":
        return (
            f"판단하기에 자료가 부족합니다. 쓸 수 있는 시간은 {first}초와 {second}초였습니다. "
            f"단계마다 약 {needed_s:.0f}초가 더 필요합니다."
        )
    return (
        f"Too little to go by: {first} s and {second} s of the two phases could be used. "
        f"About {needed_s:.0f} s more are needed in each phase."
    )
