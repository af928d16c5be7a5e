"""Text from outside, shown as it is: nothing in it is read as Markdown, HTML, LaTeX or emoji."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Unseen, but it parts what Streamlit would join to an emoji, an icon or an arrow after parsing.
_WORD_JOINER = "\u2060"


def literal(text: object, *, limit: int = 200) -> str:
    """Markdown that shows `text` letter by letter, in one line and not longer than `limit`."""
    plain = " ".join(str(text).split())
    short = plain if len(plain) <= limit else plain[: limit - 1] + "…"
    return _PUNCTUATION.sub(rf"\\\1{_WORD_JOINER}", short)
