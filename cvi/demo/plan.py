"""What every demo conversation is going to be, decided before a word is written.

Tests and the demo itself take a `Plan` as the ground truth: which problem was planted where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random

from cvi.demo import schedule
from cvi.demo.casting import Call, Cast, Casting
from cvi.demo.material import Material, Segment, load

KINDS = ("talk", "time_limit", "lecture", "never_spoke", "nobody_came", "failed")
TIMINGS = ("speaking", "ends", "starts", "none")
SLOW_PERSONA = "healthtech"

# Shares of all conversations. The rest of the kinds is ordinary talk.
_KIND_SHARES = {
    "nobody_came": 0.016,
    "failed": 0.01,
    "never_spoke": 0.036,
    "lecture": 0.05,
    "time_limit": 0.03,
}
_CONFUSING_SHARE = 0.09
_BAD_WEEK_SHARE = 0.6
_TIMING_SHARES = {"speaking": 0.5, "ends": 0.25, "starts": 0.1}
_PERSONAS = {
    "general": 0.3,
    "b2b-saas": 0.23,
    "fintech": 0.18,
    "healthtech": 0.16,
    "enterprise": 0.13,
}
_LECTURE_PERSONAS = {"enterprise": 0.72, "general": 0.12, "b2b-saas": 0.1, "fintech": 0.06}
_MOODS = {"positive": 0.44, "neutral": 0.36, "mixed": 0.15, "negative": 0.05}
_CONFUSING_MOODS = {"mixed": 0.55, "neutral": 0.3, "negative": 0.15}
_LENGTHS = {2: 0.3, 3: 0.42, 4: 0.28}
# Conversations in the guide's payload shape; it has no turn durations, so no tier "ends".
_GUIDE_SHARE = 0.1
_PAL_SHARE = 0.15
_REPLICAS = {
    "general": ("r79e1c033f", "r6ae5b6efc"),
    "fintech": ("r4317e64d2",),
    "healthtech": ("rf4703150a",),
    "b2b-saas": ("r1a4e22fa0", "r6ae5b6efc"),
    "enterprise": ("rbb0f535dd",),
}
_TRADES = {
    "healthtech": ("clinic", "physio", "doctor", "therap", "medic", "pharmac", "rehab", "hospital"),
    "fintech": ("invoic", "savings", "fraud", "bank", "cash flow", "loan", "bookkeep", "lender"),
}
_FIRM_WORDS = {"healthtech": ("Health",), "fintech": ("Ledger", "Pay")}


@dataclass(frozen=True, slots=True)
class Plan:
    """One conversation to be generated. `tags` names the planted problems it takes part in.

    `scene` is the position of its unanswered call when `kind` is never_spoke; `monologues` are
    positions in the lecture when `kind` is lecture.
    """

    conversation_id: str
    persona: str
    replica: str
    start: datetime
    topics: tuple[str, ...]
    kind: str
    timing: str
    tags: frozenset[str]
    mood: str
    shape: str  # real, guide
    pal_era: bool
    person: str
    company: str
    product: str
    cast: Cast | None = None
    monologues: tuple[int, ...] = ()
    scene: int = 0


def plan(*, end: date, days: int = 90, count: int = 500, seed: int = 7) -> list[Plan]:
    """Plans in order of start time, the same for the same arguments."""
    rng = Random(f"{seed} {end.isoformat()} {days} {count}")  # noqa: S311 - meant to repeat
    begins = schedule.starts(rng, end=end, days=days, count=count)
    kinds = _kinds(rng, count)
    timings = _timings(rng, kinds)
    confusing = _confusing(rng, kinds)
    week = schedule.bad_week(end=end, days=days)
    bad = _bad(rng, begins, kinds, week, confusing)
    material = load()
    casting = Casting(material, rng)
    plans = []
    for index, begin in enumerate(begins):
        draft = _draft(rng, begin, kinds[index], timings[index])
        draft = _tagged(draft, confusing=index in confusing, bad=index in bad)
        draft = _with_mood(rng, draft)
        plans.append(_with_people(rng, _with_cast(rng, draft, casting, material), material))
    return _unique(plans)


def _kinds(rng: Random, count: int) -> list[str]:
    kinds = [kind for kind, share in _KIND_SHARES.items() for _ in range(round(share * count))]
    kinds += ["talk"] * (count - len(kinds))
    rng.shuffle(kinds)
    return kinds


def _timings(rng: Random, kinds: Sequence[str]) -> list[str]:
    """Exact shares over all conversations; those without a word have no clock."""
    silent = [index for index, kind in enumerate(kinds) if kind in ("nobody_came", "failed")]
    spoken = [index for index in range(len(kinds)) if index not in set(silent)]
    wanted = [
        tier for tier, share in _TIMING_SHARES.items() for _ in range(round(share * len(kinds)))
    ]
    wanted += ["none"] * (len(spoken) - len(wanted))
    rng.shuffle(wanted)
    given = dict(zip(spoken, wanted, strict=False))
    return [given.get(index, "none") for index in range(len(kinds))]


def _confusing(rng: Random, kinds: Sequence[str]) -> frozenset[int]:
    """Spread evenly over the weeks, so that only the topic explains the trouble."""
    talks = [index for index, kind in enumerate(kinds) if kind == "talk"]
    wanted = round(_CONFUSING_SHARE * len(kinds))
    step = len(talks) / wanted if wanted else 0
    return frozenset(
        talks[min(len(talks) - 1, int((n + rng.random()) * step))] for n in range(wanted)
    )


def _bad(
    rng: Random,
    begins: Sequence[datetime],
    kinds: Sequence[str],
    week: tuple[date, date],
    confusing: frozenset[int],
) -> frozenset[int]:
    inside = [index for index, begin in enumerate(begins) if week[0] <= begin.date() <= week[1]]
    talks = [index for index in inside if kinds[index] == "talk" and index not in confusing]
    return frozenset(rng.sample(talks, min(len(talks), round(_BAD_WEEK_SHARE * len(inside)))))


def _draft(rng: Random, begin: datetime, kind: str, timing: str) -> Plan:
    weights = _LECTURE_PERSONAS if kind == "lecture" else _PERSONAS
    persona = _pick(rng, weights)
    guide = timing != "ends" and rng.random() < _GUIDE_SHARE / (1 - _TIMING_SHARES["ends"])
    return Plan(
        conversation_id=f"c{rng.getrandbits(44):011x}",
        persona=persona,
        replica=rng.choice(_REPLICAS[persona]),
        start=begin,
        topics=(),
        kind=kind,
        timing=timing,
        tags=frozenset(),
        mood="neutral",
        shape="guide" if guide else "real",
        pal_era=not guide and rng.random() < _PAL_SHARE,
        person="",
        company="",
        product="",
    )


def _tagged(draft: Plan, *, confusing: bool, bad: bool) -> Plan:
    talks = draft.kind in ("talk", "time_limit", "lecture")
    tags = {
        "slow_persona": draft.persona == SLOW_PERSONA and talks,
        "bad_week": bad,
        "confusing_topic": confusing,
        "one_sided": draft.kind == "lecture",
        draft.kind: draft.kind in ("never_spoke", "nobody_came", "failed"),
    }
    return replace(draft, tags=frozenset(tag for tag, planted in tags.items() if planted))


def _with_mood(rng: Random, draft: Plan) -> Plan:
    if "bad_week" in draft.tags:
        return replace(draft, mood="negative")
    if draft.kind == "lecture":
        return draft
    weights = _CONFUSING_MOODS if "confusing_topic" in draft.tags else _MOODS
    return replace(draft, mood=_pick(rng, weights))


def _with_cast(rng: Random, draft: Plan, casting: Casting, material: Material) -> Plan:
    confusing = "confusing_topic" in draft.tags
    length = rng.choices(tuple(_LENGTHS), tuple(_LENGTHS.values()))[0]
    call = Call(
        persona=draft.persona,
        mood=draft.mood,
        start=draft.start,
        length=max(3, length) if confusing or draft.kind == "time_limit" else length,
        confusing=confusing,
    )
    if draft.kind == "never_spoke":
        return replace(draft, scene=casting.unanswered(draft.start))
    if draft.kind == "lecture":
        # After a lecture nobody is delighted, and nobody complains: they leave.
        closing = casting.closing(replace(call, mood="mixed"))
        cast = Cast(casting.opening(call), (), closing)
        return replace(draft, cast=cast, monologues=casting.monologues(rng.randint(7, 15)))
    if draft.kind in ("nobody_came", "failed"):
        return draft
    cast = casting.cast(call)
    topics = dict.fromkeys(material.segments[each].topic for each in cast.segments)
    return replace(draft, cast=cast, topics=tuple(topics))


def _with_people(rng: Random, draft: Plan, material: Material) -> Plan:
    """A person nobody in the dialogue is called like, and a company of the persona's trade."""
    chosen = [material.segments[each] for each in draft.cast.segments] if draft.cast else []
    return replace(
        draft,
        person=rng.choice([name for name in material.people if not _mentioned(name, chosen)]),
        company=rng.choice(_of_trade(material.companies, draft.persona, _FIRM_WORDS, home=False)),
        product=rng.choice(_of_trade(material.products, draft.persona, _TRADES, home=True)),
    )


def _mentioned(name: str, chosen: Sequence[Segment]) -> bool:
    return any(name in each.words for each in chosen)


def _of_trade(
    names: Sequence[str], persona: str, words: Mapping[str, tuple[str, ...]], *, home: bool
) -> list[str]:
    """Names of the persona's own trade (`home`), or at least of no other persona's trade."""
    own = words.get(persona, ())
    mine = [name for name in names if any(word in name for word in own)]
    other = [word for key, found in words.items() if key != persona for word in found]
    neutral = [name for name in names if name not in mine and not any(w in name for w in other)]
    return mine if home and mine else mine + neutral


def _pick(rng: Random, weights: Mapping[str, float]) -> str:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]


def _unique(plans: list[Plan]) -> list[Plan]:
    """44 random bits hardly ever collide; if they do, the later conversation gets a new ending."""
    seen: set[str] = set()
    for index, each in enumerate(plans):
        if each.conversation_id in seen:
            plans[index] = replace(each, conversation_id=f"c{index:011x}")
        seen.add(plans[index].conversation_id)
    return plans
