"""The hand-written dialogue under `data/demo`, loaded once and typed.

Besides the words, each piece carries what its words commit a conversation to (a trade, the gender
of a co-founder, a time of day), so that pieces which would contradict each other never meet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cvi.errors import BadInput
from cvi.resources import resource

PERSONAS = ("general", "fintech", "healthtech", "b2b-saas", "enterprise")
MOODS = ("positive", "neutral", "mixed", "negative")

# A segment that speaks of one of these trades is about a company in that trade.
_WORLDS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for name, words in {
        "health": r"clinic|patient|nurse|hospital|doctor|physio|wards?\b|medical|practices\b",
        "money": r"sponsor bank|payment partner|kyc\b|transaction monitoring|laundering",
        "food": r"baker",
        "haulage": r"truck|driver|pallet|warehouse|haulage",
        "roofs": r"roofing|roofs\b|drains\b",
        "driving school": r"driving school",
    }.items()
}
# Wider than a trade of the company's own: said of its customers, it still rules a product out.
_CUSTOMERS = re.compile(
    r"\b(?:freelancer|translator|accountant|facilities|airline|insurer|restaurant|salon|lawyer|"
    r"agenc|photographer|machine\b|payroll|school|dentist|farm|estate agent|hotel|retail|shop)",
    re.IGNORECASE,
)
_COFOUNDER = re.compile(r"co-founder\b.*?\b(he|him|his|she|her)\b", re.IGNORECASE | re.DOTALL)
_PRONOUN = re.compile(r"\b(he|him|his|she|her)\b", re.IGNORECASE)
# Words that only make sense between people who have talked before.
_BEFORE = re.compile(
    r"you told (?:me|the)|i told you|(?:like|way) you said|you suggested|moaning about|"
    r"from last time|as you'd asked|what you suggested|i did the silence|that one-pager|"
    r"wasn't it\?|your thing, by the way|"
    r"you remembered|you keep changing|hello again|hi again|welcome back|been a while|"
    r"last i heard|nervous about|pick up where|our notes from last|so good\. it completely|"
    r"what we've talked about|the coin thing|did the silence thing|the spring you two",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"i don't think we've met|never done this before|who i'm talking to|who've i got|"
    r"this is number one|told to come and talk",
    re.IGNORECASE,
)
_DAYTIMES: Mapping[str, tuple[int, int]] = {
    "morning": (0, 12),
    "afternoon": (12, 17),
    "evening": (17, 24),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of written dialogue; any of the `texts` may be spoken."""

    role: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Lines in a row: an opening, a closing, or a call in which nobody answers."""

    lines: tuple[Line, ...]
    mood: str | None
    hours: tuple[int, int]
    weekdays: tuple[int, ...]
    first_meeting: bool
    returning: bool
    names_product: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """One topic talked through. `world` and `cofounder` are what it commits a company to."""

    id: str
    topic: str
    mood: str
    personas: frozenset[str]
    lines: tuple[Line, ...]
    worlds: frozenset[str]
    cofounder: str | None
    returning: bool
    names_product: bool
    names_customers: bool
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Monologue:
    """What a user mutters and what the assistant then says at length."""

    prompt: str
    speech: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that was written for the demo."""

    segments: Mapping[str, Segment]
    labels: Mapping[str, str]
    openings: tuple[Scene, ...]
    closings: tuple[Scene, ...]
    unanswered: tuple[Scene, ...]
    lecture: tuple[Monologue, ...]
    people: tuple[str, ...]
    companies: tuple[str, ...]
    products: tuple[str, ...]

    def topics_of(self, persona: str) -> tuple[str, ...]:
        """Topics with at least one segment for this persona, in alphabetical order."""
        found = {each.topic for each in self.segments.values() if persona in each.personas}
        return tuple(sorted(found))


@lru_cache(maxsize=1)
def load() -> Material:
    """Read `data/demo`. Raises BadInput naming the file that is missing or not as expected."""
    root = resource("demo")
    topics = [_read(path) for path in sorted((root / "segments").glob("*.json"))]
    if not topics:
        raise BadInput("no dialogue found", where="data/demo/segments", hint="Reinstall cvi.")
    frames, lecture = _read(root / "frames.json"), _read(root / "lecture.json")
    try:
        segments = [_segment(topic, raw) for topic in topics for raw in topic["segments"]]
        return Material(
            segments={each.id: each for each in segments},
            labels={topic["topic"]: topic["label"] for topic in topics},
            openings=tuple(_scene(raw) for raw in frames["openings"]),
            closings=tuple(_scene(raw) for raw in frames["closings"]),
            unanswered=tuple(_scene(raw) for raw in frames["never_spoke"]),
            lecture=tuple(Monologue(raw["prompt"], raw["monologue"]) for raw in lecture["turns"]),
            people=tuple(frames["people"]),
            companies=tuple(frames["companies"]),
            products=tuple(frames["products"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"unexpected shape: {error}", where="data/demo") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot read: {error}", where=f"data/demo/{path.name}") from error
    return dict(found)


def _lines(raw: Iterable[Sequence[Any]]) -> tuple[Line, ...]:
    return tuple(
        Line(role, (texts,) if isinstance(texts, str) else tuple(texts)) for role, texts in raw
    )


def _text(lines: Iterable[Line]) -> str:
    return "\n".join(text for line in lines for text in line.texts)


def _scene(raw: Mapping[str, Any]) -> Scene:
    lines = _lines(raw["turns"])
    text = _text(lines)
    hours = (window for word, window in _DAYTIMES.items() if word in _greeting(lines))
    return Scene(
        lines=lines,
        mood=raw.get("mood"),
        hours=next(hours, (0, 24)),
        weekdays=_weekdays(text),
        first_meeting=bool(_FIRST.search(text)),
        returning=bool(_BEFORE.search(text)),
        names_product="{product}" in text,
    )


def _greeting(lines: Sequence[Line]) -> str:
    """Every wording of the first line, where a time of day is a greeting and not a story."""
    return " ".join(lines[0].texts).lower()


def _weekdays(text: str) -> tuple[int, ...]:
    if "weekend" in text:
        return (0, 1)
    return (0, 1, 2) if "on Thursday" in text else tuple(range(7))


def _segment(topic: Mapping[str, Any], raw: Mapping[str, Any]) -> Segment:
    lines = _lines(raw["turns"])
    text = _text(lines)
    return Segment(
        id=raw["id"],
        topic=topic["topic"],
        mood=raw["mood"],
        personas=frozenset(raw["personas"] or topic["personas"]),
        lines=lines,
        worlds=_worlds(text),
        cofounder=_cofounder(topic["topic"], text),
        returning=bool(_BEFORE.search(text)),
        names_product="{product}" in text,
        names_customers=any(each.search(text) for each in (_CUSTOMERS, *_WORLDS.values())),
        words=frozenset(re.findall(r"\w+", text)),
    )


def _worlds(text: str) -> frozenset[str]:
    found = frozenset(name for name, words in _WORLDS.items() if words.search(text))
    # Two trades at once are examples of customers, not the company's own trade.
    return found if len(found) == 1 else frozenset()


def _cofounder(topic: str, text: str) -> str | None:
    """`he` or `she` when the segment says which the co-founder is."""
    pattern = _PRONOUN if topic == "cofounder_conflict" else _COFOUNDER
    hit = pattern.search(text)
    if hit is None:
        return None
    return "he" if hit.group(1).lower() in ("he", "him", "his") else "she"
