"""What can go wrong with a picture, what it is called, and what to do about it.

An incident is a stretch of a source in which something was wrong; a risk is how
likely something soon will be. Both travel in a report; their words are here, in
English and Korean, so that a page, a file and a webhook say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

IncidentKind = Literal[
    "freeze",
    "black",
    "washed_out",
    "covered",
    "defocused",
    "moved",
    "noise_burst",
    "stutter",
    "clock",
    "weak",
    "unreadable",
    "lost",
]
"""A frozen, black, washed out, covered, defocused or moved picture, a burst of noise, a
stutter, a burned-in clock that does not run; weak quality, frames that cannot be decoded; a
camera that cannot be reached."""

Language = Literal["en", "ko"]

_WORDS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "freeze": {
        "en": ("The picture stands still", "Check the camera and its cable; restart the stream."),
        "ko": ("화면이 멈췄습니다", "카메라와 케이블을 확인하고 스트림을 다시 시작하세요."),
    },
    "black": {
        "en": ("The picture is black", "Check the light, the lens cap and the camera's power."),
        "ko": ("화면이 검습니다", "조명, 렌즈 덮개, 카메라 전원을 확인하세요."),
    },
    "washed_out": {
        "en": (
            "The picture is washed out",
            "Turn the camera away from the light or lower its exposure.",
        ),
        "ko": ("화면이 하얗게 날아갔습니다", "카메라를 빛에서 돌리거나 노출을 낮추세요."),
    },
    "covered": {
        "en": ("Something covers the lens", "Look at the camera and clear what is before it."),
        "ko": ("무언가가 렌즈를 가리고 있습니다", "카메라 앞을 확인하고 가린 것을 치우세요."),
    },
    "defocused": {
        "en": ("The picture is out of focus", "Focus the camera again and wipe its lens."),
        "ko": ("초점이 맞지 않습니다", "초점을 다시 맞추고 렌즈를 닦으세요."),
    },
    "moved": {
        "en": ("The camera was moved", "Turn it back to its view, or accept the new one."),
        "ko": ("카메라가 움직였습니다", "원래 방향으로 돌리거나 새 화면을 받아들이세요."),
    },
    "noise_burst": {
        "en": ("The picture has become noisy", "Give more light, or check cable and power."),
        "ko": ("화면에 노이즈가 심해졌습니다", "조명을 늘리거나 케이블과 전원을 확인하세요."),
    },
    "stutter": {
        "en": ("The picture stutters", "Find out where the frames are lost."),
        "ko": ("화면이 끊깁니다", "프레임이 어디서 빠지는지 확인하세요."),
    },
    "clock": {
        "en": (
            "The clock in the picture is wrong",
            "The recorder may be replaying old pictures: compare with the scene.",
        ),
        "ko": (
            "화면 속 시계가 맞지 않습니다",
            "녹화기가 지난 화면을 재생 중일 수 있습니다. 현장과 비교하세요.",
        ),
    },
    "weak": {
        "en": ("The picture is poor", "See which reading is low: sharpness, light or noise."),
        "ko": ("화질이 낮습니다", "선명도, 밝기, 노이즈 중 무엇이 나쁜지 확인하세요."),
    },
    "unreadable": {
        "en": ("Frames cannot be decoded", "Check the file or the connection."),
        "ko": ("프레임을 해독할 수 없습니다", "파일이나 연결을 확인하세요."),
    },
    "lost": {
        "en": (
            "The camera cannot be reached",
            "Check its power, its cable and the network; it is tried again by itself.",
        ),
        "ko": (
            "카메라에 연결할 수 없습니다",
            "전원, 케이블, 네트워크를 확인하세요. 자동으로 다시 연결합니다.",
        ),
    },
}

_STUTTER_ADVICE: Final[dict[str, dict[str, str]]] = {
    "cpu": {
        "en": "This machine is too busy: analyse fewer frames or readings.",
        "ko": "이 컴퓨터가 바쁩니다. 분석할 프레임이나 항목을 줄이세요.",
    },
    "decode": {
        "en": "Decoding is too slow: use a smaller picture or another codec.",
        "ko": "해독이 느립니다. 해상도를 낮추거나 다른 코덱을 쓰세요.",
    },
    "camera": {
        "en": "The camera gives fewer frames: check its light and its settings.",
        "ko": "카메라가 보내는 프레임이 적습니다. 조명과 설정을 확인하세요.",
    },
    "network": {
        "en": "Frames come in bursts: check the network to the camera.",
        "ko": "프레임이 몰려서 옵니다. 카메라까지의 네트워크를 확인하세요.",
    },
}


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of a source in which something was wrong.

    Parameters
    ----------
    kind : str
        One of ``IncidentKind``.
    onset_s, end_s : float
        Media time, s; of one still open, ``end_s`` is the last moment it held.
    severity : float
        0..1, 1 where nothing can be seen any more.
    evidence : dict of str to float or str
        The figures it rests on, with their units in their names; a stutter's
        "cause" is "cpu", "decode", "camera" or "network".
    """

    kind: IncidentKind
    onset_s: float
    end_s: float
    severity: float = 0.5
    evidence: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """How long it lasted, s."""
        return self.end_s - self.onset_s

    def words(self, language: Language = "en") -> str:
        """Say in a few words what is wrong."""
        return _WORDS[self.kind][language][0]

    def advice(self, language: Language = "en") -> str:
        """Say in a sentence what to do."""
        cause = str(self.evidence.get("cause", ""))
        if self.kind == "stutter" and cause in _STUTTER_ADVICE:
            return _STUTTER_ADVICE[cause][language]
        return _WORDS[self.kind][language][1]

    def as_dict(self) -> dict[str, Any]:
        """For a JSON file, times to the millisecond, words and advice in both languages."""
        return {
            "kind": self.kind,
            "onset_s": round(self.onset_s, 3),
            "end_s": round(self.end_s, 3),
            "duration_s": round(self.duration_s, 3),
            "severity": round(self.severity, 2),
            "words": {"en": self.words("en"), "ko": self.words("ko")},
            "advice": {"en": self.advice("en"), "ko": self.advice("ko")},
            "evidence": {
                name: round(value, 4) if isinstance(value, float) else value
                for name, value in self.evidence.items()
            },
        }


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """An incident opened or closed.

    Parameters
    ----------
    change : str
        "opened" or "closed".
    incident : Incident
        As it stands at that moment.
    """

    change: Literal["opened", "closed"]
    incident: Incident


@dataclass(frozen=True, slots=True)
class Risk:
    """How likely it is that the picture fails.

    Parameters
    ----------
    now : float
        Probability that it is failing now, 0..1.
    within_30_s : float
        Probability that it fails within the next 30 s, 0..1.
    reasons : tuple of str
        What speaks for it, the strongest first: "blur", "dark", "bright",
        "noise", "still", "quality"; empty where nothing does.
    """

    now: float
    within_30_s: float
    reasons: tuple[str, ...] = ()
