"""Text from outside stays text."""

from __future__ import annotations

from cvi.ui.literal import literal


def test_every_sign_is_escaped() -> None:
    assert literal("**b**").replace("\u2060", "") == r"\*\*b\*\*"
    assert ":smile:" not in literal(":smile:")


def test_one_line_and_a_limit() -> None:
    assert literal("a\n\nb") == "a b"
    assert len(literal("x" * 500, limit=10)) == 10
