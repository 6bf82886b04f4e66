"""What every tab is given when it is built."""

from __future__ import annotations

from dataclasses import dataclass, field

import gradio as gr
from gradio.i18n import I18nData

from core.frame.video import analyze_video
from core.settings import Settings
from ui.admission import Admission
from ui.quality_shelf import Shelf
from ui.sessions import Sessions
from ui.texts import strings, translations
from ui.video_job import analyze_for_visitor
from ui.video_jobs import Jobs


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the languages and the live sessions of one running page.

    Parameters
    ----------
    settings : Settings
        Read once at start.
    sessions : Sessions
        Live analyses of all visitors, over whichever transport they came.
    admission : Admission
        The way into the sessions; one place after another, in the order asked.
    jobs : Jobs
        The video analyses of all visitors.
    shelf : Shelf
        The runs that each visitor may look at.
    i18n : gr.I18n
        Handed to ``launch`` as well, or the labels stay keys.
    """

    settings: Settings
    sessions: Sessions
    admission: Admission = field(init=False)
    jobs: Jobs = field(init=False)
    shelf: Shelf = field(init=False)
    i18n: gr.I18n = field(default_factory=translations)

    def __post_init__(self) -> None:
        # One line before all doors, so it belongs to the sessions given.
        object.__setattr__(self, "admission", Admission(self.sessions))
        object.__setattr__(self, "jobs", Jobs(self.settings, analyze_for_visitor))
        samples = Jobs(self.settings, analyze_video, at_once=1)
        object.__setattr__(self, "shelf", Shelf(self.settings, self.jobs, samples))

    def t(self, key: str) -> I18nData:
        """Label that the browser shows in the visitor's language, such as ``t("video.upload")``.

        Text that is made per request is asked of ``ui.texts.text`` with
        ``ui.texts.language_of(request)``.

        Raises
        ------
        KeyError
            Where no locale file holds the key.
        """
        if key not in strings():
            raise KeyError(key)
        return self.i18n(key)
