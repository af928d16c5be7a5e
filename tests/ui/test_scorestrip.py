"""The strip of the quality score."""

from __future__ import annotations

from cvi.ui.scorestrip import Part, markup


def test_parts_say_points_won_of_their_weight() -> None:
    html = markup(62, [Part("depth", 20, 50.0), Part("balance", 10, None)], [(11.4, "a < b")])
    assert 'aria-label="Quality 62 of 100: depth 10 of 20, balance not measurable"' in html
    assert "−11" in html
    assert "a &lt; b" in html
