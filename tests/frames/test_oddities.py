"""The counts of the fold, explained one by one."""

from __future__ import annotations

from cvi.frames.oddities import oddities
from tests.events.build import event
from tests.frames.build import about, said, transcript


def test_each_count_of_the_fold_has_its_lines() -> None:
    """As many lines of a kind as the conversation counts."""
    events = [
        transcript(
            {"role": "user", "content": "one", "timestamp": 1_780_000_009},
            {"role": "assistant", "content": "two", "timestamp": 1_780_000_005},
            {"role": "mediator", "content": "three", "timestamp": 1_780_000_012},
            {"role": "user", "content": "  "},
            {"content": "four"},
            {"role": "system", "content": "Be kind."},
        ),
        event("brand.new", 3.0),
    ]
    found = oddities(events)
    facts = about(events)
    kinds = [each.kind for each in found]
    assert kinds.count("clock") == facts["clock_anomalies"] == 1
    assert kinds.count("row") == facts["skipped_rows"] == 3
    assert kinds.count("event") == facts["unknown_events"] == 1
    told = {each.where: each.what for each in found}
    assert told["row 2"] == "4.00 s before row 1, which stands above it"
    assert told["row 3"] == "“mediator” is neither the user nor the assistant"
    assert (told["row 4"], told["row 5"]) == ("no words", "no role")


def test_offsets_count_where_every_row_has_one() -> None:
    """Without clock times too."""
    rows = [
        {"role": "user", "content": "a", "seconds_from_start": 8},
        {"role": "user", "content": "b", "seconds_from_start": 2.5},
    ]
    [found] = oddities([transcript(*rows)])
    assert found.what.startswith("5.50 s before")


def test_a_live_line_without_words_is_odd_until_the_transcript_comes() -> None:
    """As the fold counts it."""
    live = said("user", "", 2.0)
    assert [each.kind for each in oddities([live])] == ["row"]
    assert about([live])["skipped_rows"] == 1
    assert oddities([live, transcript(("user", "Hi"))]) == []
    assert oddities([]) == []
