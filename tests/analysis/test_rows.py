"""Words: what counts as one."""

from __future__ import annotations

import pytest

from cvi.analysis.rows import tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("it's 3.5 million, don't you think?", 7),  # it's 3 5 million don't you think
        ("", 0),
        ("... ?!", 0),
        ("你好 world", 3),  # two characters and a word
        ("co-founder", 2),
        ("😀 ok", 1),
    ],
)
def test_words(text, words):
    flat, row, _ = tokens([text])
    assert len(flat) == len(row) == words


def test_ids_name_the_vocabulary_and_rows_their_text():
    flat, row, vocabulary = tokens(["a b a", "", "b"])
    assert [vocabulary[at] for at in flat] == ["a", "b", "a", "b"]
    assert row.tolist() == [0, 0, 0, 2]
