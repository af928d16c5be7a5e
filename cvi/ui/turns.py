"""The words of one conversation as the browser gets them: rows, cut into parts of bounded size."""

from __future__ import annotations

import re

import numpy as np
import orjson
import pandas as pd

# Characters shown of one turn, and bytes of a part as JSON: a message to the browser stays < 1 MB.
SHOWN_TEXT = 4_000
PART_BYTES = 350_000
_NAMES = {"user": "User", "assistant": "Assistant"}
_OPAQUE = re.compile(r"(?=\S*\d)[\w-]{12,}")

Row = list[object]  # who, text, notes


def rows(turns: pd.DataFrame) -> list[bytes]:
    """The JSON of each turn: who spoke, the words, and notes (tone, look, what was left out)."""
    columns = (turns[name].tolist() for name in ("role", "speaker", "text", "tone", "look"))
    return [orjson.dumps(_row(*cells)) for cells in zip(*columns, strict=True)]


def parts(weights: list[int], budget: int = PART_BYTES) -> list[int]:
    """The first turn of each part, so that no part weighs more than it may: [0] for most."""
    if not weights:
        return [0]
    edges = np.cumsum(weights) // budget
    return [0, *(np.flatnonzero(np.diff(edges)) + 1).tolist()]


def part_of(starts: list[int], turn: int) -> int:
    """Which part a turn is in."""
    return int(np.searchsorted(starts, turn, side="right")) - 1


def _row(role: object, speaker: object, text: object, tone: object, look: object) -> Row:
    said, side = _text(text), _text(role)
    notes = [f"{name}: {_text(note)}"[:400] for name, note in (("Tone", tone), ("Look", look))
             if _text(note)]  # fmt: skip
    if (cut := len(said) - SHOWN_TEXT) > 0:
        notes.append(f"{cut:,} more characters; the whole turn is in the export.")
    name = _NAMES.get(side, side or "Unknown")
    return [" · ".join(filter(None, (name, _name(speaker, side)))), said[:SHOWN_TEXT], notes]


def _name(speaker: object, role: str) -> str:
    """The speaker's name, if it says more than the role; an opaque id does not."""
    said = _text(speaker).strip()
    return "" if said.lower() == role or _OPAQUE.fullmatch(said) else said[:80]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
