"""The words of a report, in English and Korean."""

from __future__ import annotations

from html import escape
from typing import Final

LANGUAGES: Final = ("en", "ko")

WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Report of a run", "분석 보고서"),
    "summary": ("Summary", "요약"),
    "charts": ("Charts", "그래프"),
    "incidents": ("Incidents", "이상 상황"),
    "emotions": ("Emotions", "감정"),
    "settings": ("Settings", "설정"),
    "versions": ("Versions and models", "버전과 모델"),
    "problems": ("What went wrong", "문제"),
    "source": ("Source", "원본"),
    "started": ("Began (UTC)", "시작 (UTC)"),
    "kind": ("Kind", "종류"),
    "video": ("Video", "영상"),
    "live": ("Live camera", "실시간 카메라"),
    "session": ("Mood session", "기분 측정"),
    "watch": ("Watched camera", "카메라 감시"),
    "duration": ("Length", "길이"),
    "frames": ("Frames", "프레임"),
    "speed": ("Analysed", "분석 속도"),
    "speed_tip": ("Frames analysed a second of wall time", "실제 시간 1초에 분석한 프레임 수"),
    "quality": ("Picture quality", "화질"),
    "quality_tip": (
        "Mean of the quality score: 0 is unusable, 1 is best",
        "화질 점수의 평균. 0은 사용 불가, 1은 최상입니다",
    ),
    "lowest": ("At worst", "최저 화질"),
    "lowest_tip": ("The lowest quality score of any frame", "가장 낮은 프레임의 화질 점수"),
    "poor": ("Poor frames", "화질이 낮은 프레임"),
    "poor_tip": (
        "Share of the frames whose score is below the threshold",
        "화질 점수가 기준값보다 낮은 프레임의 비율",
    ),
    "faces": ("Faces", "얼굴"),
    "faces_tip": ("Different faces followed", "추적한 서로 다른 얼굴 수"),
    "status": ("Frames by state", "상태별 프레임"),
    "ok": ("with a face, or faces not looked for", "얼굴 있음 또는 얼굴 검사 안 함"),
    "no_face": ("without a face", "얼굴 없음"),
    "dropped": ("passed over", "건너뜀"),
    "unreadable": ("unreadable", "해독 불가"),
    "score": ("Quality score", "화질 점수"),
    "sharpness": ("Sharpness", "선명도"),
    "noise": ("Noise", "노이즈"),
    "brightness": ("Brightness", "밝기"),
    "threshold": ("Threshold", "기준값"),
    "risk_30": ("Failure within 30 s", "30초 안에 나빠질 확률"),
    "risk_now": ("Failing now", "지금 나쁠 확률"),
    "fps": ("Frames a second", "초당 프레임"),
    "latency": ("Latency, ms", "지연 시간, ms"),
    "trust": ("Trust", "신뢰도"),
    "chart_quality": ("Picture quality, 0 to 1", "화질, 0~1"),
    "chart_risk": ("Risk, probability 0 to 1", "위험도, 확률 0~1"),
    "chart_fps": ("Frames analysed a second", "초당 분석 프레임"),
    "chart_emotions": (
        "Emotions of all faces, weighted by trust, 0 to 1",
        "모든 얼굴의 감정(신뢰도 가중), 0~1",
    ),
    "bands": ("Bands mark incidents.", "색 띠는 이상 상황입니다."),
    "media_time": ("Media time", "영상 시간"),
    "from": ("From", "시작"),
    "to": ("To", "끝"),
    "lasted": ("Lasted, s", "지속, 초"),
    "what": ("What", "내용"),
    "severity": ("Severity, 0 to 1", "심각도, 0~1"),
    "to_do": ("What to do", "조치"),
    "none": ("No incident was found.", "이상 상황이 없습니다."),
    "nothing": ("Nothing was measured in this run.", "측정된 값이 없습니다."),
    "not_measured": ("not measured", "측정 안 함"),
    "picture": ("Picture", "화면"),
    "more": ("{count} more are in incidents.json.", "{count}건이 incidents.json에 더 있습니다."),
    "stopped": ("Stopped before the end.", "끝나기 전에 중지되었습니다."),
    "emotion_note": (
        "An emotion reading is the impression that a face makes on most people, not what the "
        "person feels.",
        "감정 값은 얼굴이 사람들에게 주는 인상이며, 그 사람이 실제로 느끼는 감정이 아닙니다.",
    ),
    "made_by": ("Made by Framemood", "Framemood에서 만든 보고서"),
    "anger": ("anger", "분노"),
    "disgust": ("disgust", "혐오"),
    "fear": ("fear", "두려움"),
    "happiness": ("happiness", "기쁨"),
    "sadness": ("sadness", "슬픔"),
    "surprise": ("surprise", "놀람"),
    "neutral": ("neutral", "무표정"),
}


def both(key: str, tag: str = "span", **values: object) -> str:
    """Write words in both languages as markup; the page's style shows one of them."""
    english, korean = (text.format(**values) for text in WORDS[key])
    return both_of(english, korean, tag=tag)


def both_of(english: str, korean: str, tag: str = "span") -> str:
    """Write two texts as markup of which the page's style shows one."""
    return "".join(
        f'<{tag} lang="{language}">{escape(text)}</{tag}>'
        for language, text in zip(LANGUAGES, (english, korean), strict=True)
    )
