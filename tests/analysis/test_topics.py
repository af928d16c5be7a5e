"""Topics: lexicon and terms of one conversation, and models of a corpus."""

from __future__ import annotations

import pandas as pd
import pytest

from cvi.analysis import lexicon, topics
from cvi.errors import BadInput

SUBJECTS = {
    "bake": "We bake bread with flour, yeast and butter in a hot oven until the crust is brown.",
    "sail": "The sailboat left the harbour, the captain raised the anchor and the wind rose.",
    "garden": "Tomato seedlings in the garden bed want compost, sunshine and a watering can.",
    "chess": "The bishop pinned the knight, then a rook sacrifice opened the king for checkmate.",
    "bike": "My bicycle chain slipped, the brake pads wore thin and the tyre lost pressure.",
    "guitar": "He tuned the guitar strings, strummed a chord and plucked the melody with a pick.",
}


def turns(**conversations: str) -> pd.DataFrame:
    """One turn a sentence, user and assistant by turns."""
    rows = [
        (name, "user" if at % 2 == 0 else "assistant", sentence)
        for name, text in conversations.items()
        for at, sentence in enumerate(text.split("."))
    ]
    return pd.DataFrame(rows, columns=["conversation_id", "role", "text"])


def corpus(copies: int = 8) -> dict[str, str]:
    return {
        f"{name}{n}": f"{text} Part {n}." for n in range(copies) for name, text in SUBJECTS.items()
    }


def found(frame: pd.DataFrame, kind: str) -> list[str]:
    return frame.loc[frame["kind"] == kind, "topic"].tolist()


def test_two_hits_make_a_lexicon_topic_and_come_first() -> None:
    rows = topics.key_topics(turns(a="Our investors ask about valuation. The valuation is high."))
    assert rows.iloc[0][["rank", "topic", "kind"]].tolist() == [1, "funding", "lexicon"]


def test_one_hit_makes_none() -> None:
    assert found(topics.key_topics(turns(a="An investor came by.")), "lexicon") == []


def test_common_words_need_three_hits() -> None:
    words = {"money": ["~cash", "~budget"]}
    two = topics.key_topics(turns(a="cash and budget"), lexicon=words)
    three = topics.key_topics(turns(a="cash and budget and cash"), lexicon=words)
    assert (found(two, "lexicon"), found(three, "lexicon")) == ([], ["money"])


def test_a_phrase_counts_once_and_not_again_by_its_words() -> None:
    words = {"cover": ["car insurance", "insurance"]}
    once = topics.key_topics(turns(a="I want car insurance"), lexicon=words)
    twice = topics.key_topics(turns(a="car insurance, insurance"), lexicon=words)
    assert (found(once, "lexicon"), found(twice, "lexicon")) == ([], ["cover"])


def test_phrases_may_hold_stop_words_but_not_cross_turns() -> None:
    words = {"launch": ["go to market"]}
    inside = topics.key_topics(turns(a="go to market. We go to market"), lexicon=words)
    across = topics.key_topics(turns(a="we go to. market we go to. market"), lexicon=words)
    assert (found(inside, "lexicon"), found(across, "lexicon")) == (["launch"], [])


def test_repeated_pairs_replace_their_words() -> None:
    rows = topics.key_topics(turns(a="solar panel. The solar panel. My solar panel"), lexicon={})
    assert rows["topic"].tolist() == ["solar panel"]


def test_plurals_are_one_term_and_chat_words_are_none() -> None:
    rows = topics.key_topics(turns(a="Yes please, a violin. Thanks. Violins, okay"), lexicon={})
    assert rows["topic"].tolist() == ["violin"]


def test_weights_are_shares_and_ranks_run_from_one() -> None:
    rows = topics.key_topics(turns(**SUBJECTS), top=3)
    assert rows["weight"].between(0, 1, inclusive="right").all()
    assert rows.groupby("conversation_id")["rank"].agg(list).map(lambda x: x == [1, 2, 3]).all()


def test_a_conversation_is_treated_alike_alone_and_in_a_batch() -> None:
    batch = topics.key_topics(turns(**SUBJECTS)).set_index("conversation_id")
    alone = topics.key_topics(turns(sail=SUBJECTS["sail"])).set_index("conversation_id")
    pd.testing.assert_frame_equal(batch.loc[["sail"]], alone)


def test_nothing_said_gives_no_rows_but_the_columns() -> None:
    silent = pd.DataFrame({"conversation_id": ["a", "b"], "role": "user", "text": ["ok", None]})
    for frame in (silent, silent.iloc[:0]):
        rows = topics.key_topics(frame)
        assert list(rows.columns) == ["conversation_id", "rank", "topic", "weight", "kind"]
        assert rows.dtypes.astype("str").tolist() == ["str", "int64", "str", "float64", "str"]
        assert rows.empty


def test_arguments_are_left_as_they_were() -> None:
    given = turns(**SUBJECTS)
    before = given.copy()
    topics.key_topics(given)
    pd.testing.assert_frame_equal(given, before)


def test_a_lexicon_entry_without_a_word_is_refused() -> None:
    with pytest.raises(BadInput, match="no word"):
        topics.key_topics(turns(a="hello there"), lexicon={"x": ["~"]})


def test_the_shipped_lexicon_is_readable_and_large() -> None:
    assert len(lexicon.default_lexicon()) >= 25
    assert all(len(words) >= 5 for words in lexicon.default_lexicon().values())


@pytest.fixture(scope="module")
def model() -> topics.TopicModel:
    return topics.fit(corpus())


def test_fit_finds_the_subjects(model: topics.TopicModel) -> None:
    rows = topics.assign(model, corpus())
    main = rows.drop_duplicates("conversation_id").set_index("conversation_id")["topic_id"]
    by_subject = main.groupby(main.index.str.rstrip("0123456789")).unique()
    assert (by_subject.map(len) == 1).all()
    assert by_subject.map(lambda ids: ids[0]).nunique() == len(SUBJECTS)


def test_the_order_of_documents_does_not_matter(model: topics.TopicModel) -> None:
    backwards = dict(reversed(corpus().items()))
    assert topics.fit(backwards).to_bytes() == model.to_bytes()


def test_a_model_survives_its_bytes(model: topics.TopicModel) -> None:
    again = topics.TopicModel.from_bytes(model.to_bytes())
    assert (again.version, again.ids, again.terms) == (model.version, model.ids, model.terms)
    pd.testing.assert_frame_equal(topics.assign(again, corpus()), topics.assign(model, corpus()))


@pytest.mark.parametrize("cut", [0, 3, 400])
def test_broken_bytes_are_refused(model: topics.TopicModel, cut: int) -> None:
    with pytest.raises(BadInput, match="not a topic model"):
        topics.TopicModel.from_bytes(model.to_bytes()[:cut])


def test_one_document_can_have_two_topics(model: topics.TopicModel) -> None:
    rows = topics.assign(model, {"x": f"{SUBJECTS['chess']} {SUBJECTS['bake']}"})
    assert len(rows) == 2
    assert rows["weight"].sum() == pytest.approx(1, abs=0.1)


def test_what_fits_nothing_is_an_outlier(model: topics.TopicModel) -> None:
    rows = topics.assign(model, {"x": "", "y": "gluon quark hadron"})
    assert rows["topic_id"].tolist() == [topics.OUTLIER] * 2
    assert rows["topic"].tolist() == ["outlier"] * 2
    assert rows["weight"].tolist() == [0.0, 0.0]


def test_refits_keep_ids_of_topics_that_stay_and_never_reuse_those_that_go() -> None:
    old = topics.fit(corpus(), k=6)
    fewer = {name: text for name, text in corpus().items() if not name.startswith("chess")}
    opera = {
        f"opera{n}": "The soprano sang an aria, the orchestra played the overture."
        for n in range(8)
    }
    new = topics.fit({**fewer, **opera}, k=6, previous=old)
    known = dict(zip(old.ids, map(set, old.terms), strict=True))
    kept = [at for at in new.ids if at in known]
    assert len(kept) == 5
    assert all(known[at] & set(new.terms[new.ids.index(at)]) for at in kept)
    assert set(new.ids) - set(kept) == {old.next_id}


def test_labels_repeat_no_word(model: topics.TopicModel) -> None:
    for label in model.labels:
        words = label.replace(",", "").split()
        assert len(words) == len(set(words))


def test_too_few_documents_are_refused() -> None:
    with pytest.raises(BadInput, match="too few"):
        topics.fit({"a": "bread and butter", "b": "bread and cheese"})
