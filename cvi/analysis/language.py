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


def detect(turns: pd.DataFrame) -> pd.Series[str]:
    """ISO 639-1 code of each conversation, or "und" where fewer than 20 letters were said.

    `turns` needs conversation_id, role and text. Looks at the first 1,500 characters of the
    user, or of everybody when the user said too little. Indexed by conversation_id, in order of
    first appearance.
    """
    return _samples(turns).map(_language).astype("str").rename("language")


def english(turns: pd.DataFrame) -> pd.Series[bool]:
    """Whether each conversation counts as English: see `is_english`. Indexed as `detect`."""
    said = _samples(turns)
    flags = [is_english(_language(text), text) for text in said]
    return pd.Series(flags, index=said.index, name="english", dtype="bool")


def is_english(language: str, text: str) -> bool:
    """True for "en", and for "und" when every letter is ASCII.

    So a short "Yes, exactly" counts as English and a short "はい" does not. Text without any
    letter counts as English too: there is nothing in it to misread.
    """
    ascii_only = text.isascii() or all(letter.isascii() for letter in text if letter.isalpha())
    return language == "en" or (language == UNKNOWN and ascii_only)


def _samples(turns: pd.DataFrame) -> pd.Series[str]:
    """The text to judge each conversation by."""
    said = turns.loc[turns["conversation_id"].notna(), ["conversation_id", "role", "text"]]
    said = said.assign(text=said["text"].fillna("").str.slice(0, MAX_CHARS))
    everybody = _joined(said)
    user = _joined(said[said["role"] == "user"]).reindex(everybody.index, fill_value="")
    return user.where(user.map(_letters).ge(MIN_LETTERS).astype(bool), everybody)


def _joined(said: pd.DataFrame) -> pd.Series[str]:
    """First MAX_CHARS of each conversation, turns joined by line ends."""
    before = said["text"].str.len().groupby(said["conversation_id"]).cumsum() - MAX_CHARS
    needed = said[before < said["text"].str.len()]
    joined = needed.groupby("conversation_id", sort=False)["text"].agg("\n".join)
    return joined.str.slice(0, MAX_CHARS).astype("str")


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
