"""Language of a conversation, from what its user says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd

UNKNOWN = "und"  # ISO 639-3: undetermined
MIN_LETTERS = 20  # fewer say too little to tell
MAX_CHARS = 1_500  # of one conversation; more changes nothing and costs time
# Languages that Tavus replicas speak, and neighbours they are mistaken for. Without the long
# tail of rare ones, short English is no longer called Scots or Jamaican.
LANGUAGES = (
    "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru "
    "sk sl sr sv sw ta te th tl tr uk ur vi zh"
)


def judge(turns: pd.DataFrame) -> pd.DataFrame:
    """Language and whether it counts as English, per conversation, in order of first appearance.

    Columns: language (ISO 639-1 code, or "und" where fewer than 20 letters were said) and english
    (see `is_english`). `turns` needs conversation_id, role and text. Looks at the first 1,500
    characters of the user, or of everybody when the user said too little.
    """
    said = _samples(turns)
    codes = [_language(text) for text in said.values()]
    flags = [is_english(code, text) for code, text in zip(codes, said.values(), strict=True)]
    index = pd.Index(list(said), dtype="str", name="conversation_id")
    return pd.DataFrame(
        {
            "language": pd.Series(codes, index=index, dtype="str"),
            "english": pd.Series(flags, index=index, dtype="bool"),
        }
    )


def detect(turns: pd.DataFrame) -> pd.Series[str]:
    """The language column of `judge`."""
    return judge(turns)["language"]


def english(turns: pd.DataFrame) -> pd.Series[bool]:
    """The english column of `judge`."""
    return judge(turns)["english"]


def is_english(language: str, text: str) -> bool:
    """True for "en", and for "und" when every letter is ASCII.

    So a short "Yes, exactly" counts as English and a short "はい" does not. Text without any
    letter counts as English too: there is nothing in it to misread.
    """
    ascii_only = text.isascii() or all(letter.isascii() for letter in text if letter.isalpha())
    return language == "en" or (language == UNKNOWN and ascii_only)


def _samples(turns: pd.DataFrame) -> dict[str, str]:
    """The text to judge each conversation by, turns joined by line ends."""
    users: dict[str, str] = {}
    everybody: dict[str, str] = {}
    columns = (turns[name].tolist() for name in ("conversation_id", "role", "text"))
    for name, role, text in zip(*columns, strict=True):
        if not isinstance(name, str):
            continue
        said = text if isinstance(text, str) else ""
        everybody[name] = _more(everybody.get(name), said)
        if role == "user":
            users[name] = _more(users.get(name), said)
    return {
        name: users[name] if _letters(users.get(name, "")) >= MIN_LETTERS else text
        for name, text in everybody.items()
    }


def _more(before: str | None, said: str) -> str:
    if before is None:
        return said[:MAX_CHARS]
    return before if len(before) >= MAX_CHARS else f"{before}\n{said}"[:MAX_CHARS]


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _language(text: str) -> str:
    if _letters(text) < MIN_LETTERS:
        return UNKNOWN
    return _classifier()(text)[0]


@cache
def _classifier() -> Callable[[str], tuple[str, float]]:
    from py3langid import langid

    load: Callable[[str], Any] = langid.LanguageIdentifier.from_model_file
    identifier = load(langid.MODEL_FILE)
    identifier.set_languages(LANGUAGES.split())
    classify: Callable[[str], tuple[str, float]] = identifier.classify
    return classify
