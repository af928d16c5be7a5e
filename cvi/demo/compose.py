"""A plan written out as dialogue: alternatives picked, slots filled, bridges between segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from cvi.demo import bridges
from cvi.demo.asks import ASKS, Ask
from cvi.demo.material import Line, Material, Monologue, Segment
from cvi.demo.plan import Plan


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of the dialogue. `ask` is the tool call the assistant makes with this turn."""

    role: str
    text: str
    topic: str | None = None
    mood: str | None = None
    ask: Ask | None = None


def compose(plan: Plan, material: Material, rng: Random) -> list[Said]:
    """Every turn of the planned conversation, in order; none when nobody was there."""
    if plan.kind == "never_spoke":
        return list(_lines(material.unanswered[plan.scene].lines, plan, rng))
    if plan.cast is None:
        return []
    said = list(_lines(material.openings[plan.cast.opening].lines, plan, rng))
    if plan.kind == "lecture":
        said += _lecture([material.lecture[i] for i in plan.monologues], rng)
    for segment in (material.segments[key] for key in plan.cast.segments):
        said = _joined(said, _segment(segment, plan, rng), plan, rng)
    closing = list(_lines(material.closings[plan.cast.closing].lines, plan, rng))
    return [*said, _answered(said[-1], closing[0], plan, rng), *closing[1:]]


def title(plan: Plan, material: Material, rng: Random) -> str:
    """A short name such as a person would give the call."""
    labels = [material.labels[topic] for topic in plan.topics]
    if not labels:
        plain = ("Intro call, {company}", "{person}, first session", "{company} check-in")
        chosen = rng.choice(plain)
    elif len(labels) > 1 and rng.random() < 0.35 and " and " not in labels[0] + labels[1]:
        chosen = f"{labels[0]} and {_lower(labels[1])}, {{company}}"
    else:
        styles = ("{label} with {person}", "{company}: {label}", "{person}, {low}")
        chosen = rng.choice(styles)
    main = labels[0] if labels else ""
    return chosen.format(label=main, low=_lower(main), person=plan.person, company=plan.company)


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _lines(lines: Sequence[Line], plan: Plan, rng: Random) -> Iterator[Said]:
    for line in lines:
        yield Said(line.role, filled(rng.choice(line.texts), plan))


def filled(text: str, plan: Plan) -> str:
    """Fill the three slots; any other brace in the material is left as it is, for a test to see."""
    slots = {"{name}": plan.person, "{company}": plan.company, "{product}": plan.product}
    for slot, value in slots.items():
        text = text.replace(slot, value)
    return text


def _segment(segment: Segment, plan: Plan, rng: Random) -> list[Said]:
    said = [
        replace(each, topic=segment.topic, mood=segment.mood)
        for each in _lines(segment.lines, plan, rng)
    ]
    ask = ASKS.get(segment.id)
    if ask is not None:
        # The assistant calls the tool once it has asked what it needs: with its last turn.
        arguments = {key: filled(value, plan) for key, value in ask.arguments.items()}
        said[-1] = replace(said[-1], ask=replace(ask, arguments=arguments))
    return said


def _joined(said: Sequence[Said], segment: Sequence[Said], plan: Plan, rng: Random) -> list[Said]:
    """The segment after what was said, its first line led up to when the subject changes."""
    last, first = said[-1], segment[0]
    if last.topic is None:
        return [*said, *segment]
    pool = bridges.SAME_TOPIC if last.topic == first.topic else bridges.NEW_TOPIC
    parts = (_reaction(last, plan, rng), _pivot(first.text, pool, rng), first.text)
    return [*said, replace(first, text=" ".join(part for part in parts if part)), *segment[1:]]


def _pivot(text: str, pool: Sequence[str], rng: Random) -> str:
    """A change of subject, unless the line brings its own; never "So" twice running."""
    if text.lower().startswith(bridges.CHANGES_SUBJECT):
        return ""
    word = text.split(maxsplit=1)[0].strip(",.")
    return rng.choice([each for each in pool if not each.startswith(f"{word},")])


def _answered(last: Said, closing: Said, plan: Plan, rng: Random) -> Said:
    """The first line of a closing; a question left open is put off before saying goodbye."""
    if not last.text.endswith("?") or plan.kind == "lecture" or closing.role != "user":
        return closing
    return replace(closing, text=f"{_reaction(last, plan, rng)} {closing.text}")


def _reaction(last: Said, plan: Plan, rng: Random) -> str:
    flat = "negative" in (plan.mood, last.mood)
    if last.text.endswith("?"):
        return rng.choice(bridges.AFTER_QUESTION_FLAT if flat else bridges.AFTER_QUESTION)
    return rng.choice(bridges.AFTER_ADVICE_FLAT if flat else bridges.AFTER_ADVICE)


def _lecture(monologues: Sequence[Monologue], rng: Random) -> Iterator[Said]:
    prompt = rng.choice(bridges.LECTURE_REQUESTS)
    murmurs = sorted({each.prompt for each in monologues})
    for index, each in enumerate(monologues):
        if index:
            # Nobody mutters the very same word twice running.
            fresh = [murmur for murmur in murmurs if murmur != prompt]
            prompt = each.prompt if each.prompt != prompt else rng.choice(fresh)
        yield Said("user", prompt)
        yield Said("assistant", each.speech)
