"""Common jobs to begin a project with: what is asked, how often, a task to try the page with."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from struct import pack
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crowd.enums import AnswerType
from crowd.services.projects import ProjectPlan

Words = str | Promise


@dataclass(frozen=True)
class Job:
    """A job: ``labels`` are (value, title); ``sample`` is a task's payload, ``right`` the answer to it as a gold.

    ``tried``: what the preview shows in the stead of a sample whose medium is not there.
    """

    name: str
    title: Words
    about: Words
    answer_type: AnswerType
    instructions: Words
    sample: dict[str, Any]
    right: str
    labels: tuple[tuple[str, Words], ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    overlap: tuple[int, int] = (3, 5)
    confidence: float = 0.9
    tried: dict[str, Any] | None = None

    def plan(self, name: str) -> ProjectPlan:
        """A project of that name that does the job."""
        return ProjectPlan(
            name=name,
            labels=tuple({"value": value, "title": str(title)} for value, title in self.labels),
            instructions=str(self.instructions),
            answer_type=self.answer_type,
            answer_options=dict(self.options),
            min_overlap=self.overlap[0],
            max_overlap=self.overlap[1],
            target_confidence=self.confidence,
        )


_FEELINGS = (("negative", _("Negative")), ("neutral", _("Neutral")), ("positive", _("Positive")))
_GRADES = (("1", _("Bad")), ("2", _("Poor")), ("3", _("Fair")), ("4", _("Good")), ("5", _("Great")))
_ANSWERS = ["Take the next train; it leaves at nine.", "I do not know."]
# A second of it, 8,000 samples of one byte.
_SILENCE = "data:audio/wav;base64," + b64encode(
    b"RIFF" + pack("<I", 36 + 8000) + b"WAVEfmt " + pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data"
    + pack("<I", 8000) + b"\x80" * 8000
).decode()  # fmt: skip

JOBS = {
    job.name: job
    for job in (
        Job(
            "sentiment",
            _("Sentiment of a text"),
            _("One label out of a few: positive, neutral, negative"),
            AnswerType.SINGLE_CHOICE,
            _("Read the text. How does its writer feel about the subject? When in doubt, choose neutral."),
            {"text": "The handle is as tight as on the first day. I would buy it again."},
            "positive",
            _FEELINGS,
        ),
        Job(
            "topics",
            _("Topics of a text"),
            _("Several labels may fit"),
            AnswerType.MULTIPLE_CHOICE,
            _("Read the text. Choose every topic that it is about."),
            {"text": "Sturdy box, but it came two weeks late."},
            '["delivery", "quality"]',
            (("delivery", _("Delivery")), ("price", _("Price")), ("quality", _("Quality")), ("other", _("Other"))),
            {"min_chosen": 1},
        ),
        Job(
            "rating",
            _("Rating on a scale"),
            _("One step of an ordered scale"),
            AnswerType.ORDINAL,
            _("Read the text. How well is it written?"),
            {"text": "The committee met on Tuesday and adjourned without a vote."},
            "4",
            _GRADES,
        ),
        Job(
            "number",
            _("Number"),
            _("A count, a year, a measure"),
            AnswerType.NUMBER,
            _("Read the question. Answer with a number."),
            {"prompt": "How many people does the text name?", "text": "Ada met Grace and Alan in the hall."},
            "3",
            (),
            {"minimum": 0, "step": 1},
        ),
        Job(
            "words",
            _("Free text"),
            _("A transcription, a translation, a summary"),
            AnswerType.TEXT,
            _("Read the text. Say in one sentence what it is about."),
            {"text": "The lid arrived cracked, and the second one did not fit either."},
            "The lid was broken and its replacement did not fit.",
        ),
        Job(
            "preference",
            _("Better answer of a language model"),
            _("Two responses to a prompt side by side"),
            AnswerType.PAIRWISE,
            _("Read the prompt and both responses. Which helps more, and is true? Equal is an answer, too."),
            {"prompt": "How do I get to the harbour in the morning?", "responses": _ANSWERS},
            "a",
            (),
            {"allow_tie": True},
        ),
        Job(
            "ranking",
            _("Ranking"),
            _("Several things in order, best first"),
            AnswerType.RANKING,
            _("Put the responses in order, the best first."),
            {
                "prompt": "How do I get to the harbour in the morning?",
                "responses": [*_ANSWERS, "By ferry, or on foot."],
            },
            '["1", "3", "2"]',
        ),
        Job(
            "image",
            _("What a picture shows"),
            _("One label for each picture"),
            AnswerType.SINGLE_CHOICE,
            _("Look at the picture. What does it show?"),
            {"prompt": "What does the picture show?", "image": "/static/sample-picture.svg"},
            "landscape",
            (("landscape", _("Landscape")), ("people", _("People")), ("other", _("Something else"))),
        ),
        Job(
            "audio",
            _("What a sound is"),
            _("One label for each recording"),
            AnswerType.SINGLE_CHOICE,
            _("Listen to the whole recording. What do you hear?"),
            {"prompt": "What do you hear?", "audio": "https://example.org/recording.mp3"},
            "speech",
            (("speech", _("Speech")), ("music", _("Music")), ("noise", _("Noise")), ("silence", _("Silence"))),
            tried={"prompt": "What do you hear?", "audio": _SILENCE},
        ),
        Job(
            "video",
            _("What happens in a film"),
            _("One label for each film"),
            AnswerType.SINGLE_CHOICE,
            _("Watch the film to its end. Does it break a rule?"),
            {"prompt": "Does this film break a rule?", "video": "https://example.org/film.mp4"},
            "fine",
            (("fine", _("Breaks no rule")), ("unsure", _("Hard to say")), ("breaks", _("Breaks a rule"))),
            tried={"prompt": "Does this film break a rule?", "text": "▶"},
        ),
    )
}
USUAL = {
    AnswerType.SINGLE_CHOICE: "sentiment",
    AnswerType.MULTIPLE_CHOICE: "topics",
    AnswerType.ORDINAL: "rating",
    AnswerType.NUMBER: "number",
    AnswerType.TEXT: "words",
    AnswerType.PAIRWISE: "preference",
    AnswerType.RANKING: "ranking",
}


def job_for(answer_type: str, name: str | None = None) -> Job:
    """The job of that name where it asks for this type of answer, else the usual one of the type."""
    job = JOBS.get(name or "")
    return job if job is not None and job.answer_type == answer_type else JOBS[USUAL[AnswerType(answer_type)]]
