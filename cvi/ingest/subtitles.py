"""Subtitles with speakers: WebVTT and SRT, parsed by webvtt-py.

Who is who: a role given for a name wins; then names such as Customer or AI mentor speak for
themselves; of the names left, the first takes the user's side if it is free, the next the
assistant's. A side found by that last rule is reported, because it is a guess.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from cvi.errors import BadInput
from cvi.events.aliases import role_of
from cvi.ingest.conversation import events_of, id_from, lower_keys
from cvi.ingest.item import READERS, Options, Problem, Reader, Reading
from cvi.ingest.source import MIB, Source

# A day of speech is below one MiB; parsed cues take some thirty times their text.
_SUBTITLE_BYTES = 16 * MIB
# Cues of one speaker closer than this are one turn: they were only cut to fit the screen.
_JOIN_S = 0.5
_SIDES = ("user", "assistant")
_USER_NAMES = frozenset(
    {"me", "you", "host", "caller", "client", "guest", "visitor", "candidate", "student", "patient"}
)
_ASSISTANT_NAMES = frozenset({"mentor", "avatar", "coach", "tutor", "interviewer"})
_SRT = re.compile(rb"\s*\d+[ \t]*\r?\n\s*\d+:\d\d:\d\d[,.]\d+[ \t]*-->")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^<>\s][^<>]{0,100})>")
_PREFIX = re.compile(r"([^\W\d_][\w.'\u2019()-]*(?: [\w.'\u2019()-]+){0,2}):\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class _Speech:
    speaker: str
    text: str
    start: float
    end: float


def sniff(head: bytes, _name: str) -> bool:
    """WebVTT says so first; SRT starts with a number above a pair of times."""
    return head.startswith(b"WEBVTT") or bool(_SRT.match(head))


def read(source: Source, options: Options) -> Reading:
    """The file is one conversation, named after its content."""
    data = source.document(min(options.document_bytes, _SUBTITLE_BYTES))
    captions = _captions(data, source.name)
    lost = data.count(b"-->") - len(captions)
    if lost > 0:
        what = f"{lost} cues could not be read"
        yield Problem(source.name, None, what, "Check their times: 00:00:01.000 --> 00:00:02.000.")
    spoken = list(_joined(_speeches(captions)))
    roles, guessed = guess_roles([each.speaker for each in spoken], lower_keys(options.roles))
    yield from _notes(source.name, roles, guessed)
    rows = [_row(each, roles.get(each.speaker)) for each in spoken]
    title = re.sub(r"\.(vtt|srt)(\.gz)?$", "", source.name, flags=re.IGNORECASE)
    length = max((each.end for each in spoken), default=None)
    about = {"title": title, "duration_s": length}
    # Without the roles: a second import with corrected roles is the same conversation.
    name = id_from([[each.speaker, each.text, each.start, each.end] for each in spoken])
    yield from events_of(name, about=about, rows=rows, where=source.name)


def _captions(data: bytes, name: str) -> list[webvtt.Caption]:
    text = data.decode("utf-8", "replace")
    kind = "vtt" if data.startswith(b"WEBVTT") else "srt"
    try:
        return list(webvtt.WebVTT.from_buffer([text], format=kind).captions)
    except (MalformedFileError, MalformedCaptionError) as error:
        hint = "WebVTT starts with the line WEBVTT, SRT with 1 above the first times."
        raise BadInput(f"no readable subtitles: {error}", where=name, hint=hint) from error


def _speeches(captions: list[webvtt.Caption]) -> Iterator[_Speech]:
    """What is said in each cue; a cue without a name goes on with the last speaker."""
    voiced = any(_VOICE.search(caption.raw_text) for caption in captions)
    speaker = ""
    for caption in captions:
        start = caption.start_time.in_milliseconds() / 1000
        end = max(start, caption.end_time.in_milliseconds() / 1000)
        parts = _by_voice(caption, speaker) if voiced else _by_prefix(caption.text, speaker)
        letters = sum(len(text) for _, text in parts) or 1
        for name, text in parts:
            # Several voices in one cue share its time by the length of what they say.
            until = start + (end - start) * len(text) / letters
            yield _Speech(name, text, round(start, 3), round(until, 3))
            start, letters, speaker = until, max(letters - len(text), 1), name


def _by_voice(caption: webvtt.Caption, speaker: str) -> list[tuple[str, str]]:
    first, *named = _VOICE.split(caption.raw_text)
    pairs = [(speaker, first), *zip(named[::2], named[1::2], strict=True)]
    return [(html.unescape(name).strip(), text) for name, part in pairs if (text := _plain(part))]


def _by_prefix(text: str, speaker: str) -> list[tuple[str, str]]:
    found: list[tuple[str, list[str]]] = [(speaker, [])]
    for line in text.split("\n"):
        match = _PREFIX.match(line)
        if match:
            found.append((match.group(1), []))
        found[-1][1].append(line[match.end() :] if match else line)
    return [(name, said) for name, lines in found if (said := _plain(" ".join(lines)))]


def _plain(text: str) -> str:
    """Text without tags, entities and line breaks."""
    bare = re.sub(r"</?[a-zA-Z0-9][^<>]*>|</>", "", text)
    return " ".join(html.unescape(bare).split())


def _joined(speeches: Iterator[_Speech]) -> Iterator[_Speech]:
    group: list[_Speech] = []
    end = 0.0
    for each in speeches:
        if group and (each.speaker != group[-1].speaker or each.start - end >= _JOIN_S):
            yield _as_one(group, end)
            group = []
        end = max(end, each.end) if group else each.end
        group.append(each)
    if group:
        yield _as_one(group, end)


def _as_one(group: list[_Speech], end: float) -> _Speech:
    return replace(group[0], text=" ".join(each.text for each in group), end=end)


def guess_roles(
    speakers: list[str], given: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Speaker → role, and the speakers whose side is only a guess. A third stranger has none."""
    names = list(dict.fromkeys(speakers))
    known = {name: given.get(name.lower()) or _role_by_name(name) for name in names}
    roles = {name: role for name, role in known.items() if role}
    free = [side for side in _SIDES if side not in roles.values()]
    guessed = dict(zip((name for name in names if name and name not in roles), free, strict=False))
    return {**roles, **guessed}, tuple(guessed)


def _role_by_name(name: str) -> str | None:
    for word in re.findall(r"\w+", name.lower()):
        if word in _USER_NAMES or word in _ASSISTANT_NAMES:
            return "user" if word in _USER_NAMES else "assistant"
        if (role := role_of(word)) in _SIDES:
            return role
    return None


def _notes(name: str, roles: Mapping[str, str], guessed: tuple[str, ...]) -> Iterator[Problem]:
    if guessed:
        sides = ", ".join(f"{speaker} = {roles[speaker]}" for speaker in guessed)
        what = f"who is who was guessed from the order of speaking: {sides}"
        yield Problem(name, None, what, "Check it, and give the roles if it is wrong.")
    if not roles:
        what = "no cue names a speaker, so no turn has a side"
        yield Problem(name, None, what, "Write <v Name> or `Name: text`, or map '' to a role.")


def _row(speech: _Speech, role: str | None) -> dict[str, Any]:
    # A speaker without a role keeps its name there: the fold counts it as skipped.
    return {
        "role": role or speech.speaker or "unknown",
        "content": speech.text,
        "speaker": speech.speaker,
        "seconds_from_start": speech.start,
        "duration": round(speech.end - speech.start, 3),
    }


READERS.add(
    "subtitles",
    Reader(
        name="subtitles",
        summary="WebVTT or SRT with the speakers' names",
        extensions=(".vtt", ".srt"),
        sniff=sniff,
        read=read,
    ),
)
