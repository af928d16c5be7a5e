"""The written dialogue as it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvi.demo import material
from cvi.demo.asks import ASKS
from cvi.demo.material import MOODS, PERSONAS, load
from cvi.errors import BadInput


def test_every_segment_goes_from_the_user_to_the_assistant() -> None:
    for each in load().segments.values():
        assert (each.lines[0].role, each.lines[-1].role) == ("user", "assistant")
        assert each.mood in MOODS
        assert each.personas <= set(PERSONAS)


def test_every_persona_has_topics() -> None:
    assert all(len(load().topics_of(persona)) >= 8 for persona in PERSONAS)


def test_what_words_commit_to_is_noticed() -> None:
    segments = load().segments
    assert segments["retention_metrics-07"].worlds == {"health"}
    assert segments["cofounder_conflict-02"].cofounder == "he"
    assert segments["fundraising-07"].cofounder == "she"
    assert segments["runway_and_burn-05"].returning
    assert segments["pitch_practice-05"].names_product


def test_segments_that_ask_for_a_document_exist() -> None:
    assert set(ASKS) <= set(load().segments)


def test_missing_material_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "resource", lambda name: tmp_path / name)
    load.cache_clear()
    with pytest.raises(BadInput, match="no dialogue found"):
        load()
    load.cache_clear()
