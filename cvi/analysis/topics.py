"""What conversations are about: key topics of each one, and topics of a whole corpus.

Key topics need no model: a lexicon first, then the most frequent 1-2-grams. Corpus topics are
TF-IDF and NMF: `fit` finds them and `assign` applies them, each conversation by itself.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.analysis import lexicon as lexicons
from cvi.analysis import terms
from cvi.analysis.terms import Counts, Ints
from cvi.errors import BadInput

if TYPE_CHECKING:
    from scipy import sparse

Floats = npt.NDArray[np.float64]
Documents = Mapping[str, str] | pd.Series

BIGRAM = 1.5  # a repeated pair says more than either word
MIN_DOCUMENTS = 6  # fewer texts have no corpus topics
SAMPLE = 20_000  # conversations a fit looks at; more change little
VOCABULARY = 5_000  # terms of a model
SHARE = 0.25  # of a conversation's topic weight that makes a topic worth naming
MIN_FIT = 0.15  # cosine of a conversation and its topics, below which it is an outlier
SAME_TOPIC = 0.5  # cosine of term weights from which a refitted topic keeps its id
OUTLIER = -1
LISTS = ("ids", "labels", "vocabulary")


def key_topics(
    turns: pd.DataFrame, *, lexicon: Mapping[str, Sequence[str]] | None = None, top: int = 5
) -> pd.DataFrame:
    """The `top` topics of each conversation: conversation_id, rank (1 first), topic, weight, kind.

    `turns` needs conversation_id and text. Lexicon topics (kind "lexicon") come before frequent
    terms (kind "term"). Weight is the share of the conversation's content words that speak of
    the topic, 0..1. Conversations that say nothing have no row. Raises BadInput for a lexicon
    entry without a word in it.
    """
    said = turns[turns["conversation_id"].notna()]
    docs, ids = pd.factorize(said["conversation_id"])
    words = terms.read(said["text"], docs.astype(np.int64))
    counts = terms.count(words)
    names = lexicons.default_lexicon() if lexicon is None else lexicon
    hits = lexicons.hits(words, names)
    found = pd.concat([_lexicon_rows(hits), _term_rows(counts, hits)], ignore_index=True)
    order = np.lexsort((found["first"], -found["score"], found["kind"], found["doc"]))
    rank = terms.position(found["doc"].to_numpy()[order]) + 1
    rows = found.iloc[order[rank <= top]]
    doc, is_term = rows["doc"].to_numpy(), rows["kind"].to_numpy() == 1
    content = np.bincount(words.doc[words.content()[words.ids]], minlength=len(ids))
    topics = list(names)
    pairs = zip(rows["name"], is_term, strict=True)
    named = [counts.text(name) if term else topics[name] for name, term in pairs]
    return pd.DataFrame(
        {
            "conversation_id": pd.Series(ids[doc], dtype="str"),
            "rank": rank[rank <= top],
            "topic": pd.Series(named, dtype="str"),
            "weight": np.minimum(rows["score"].to_numpy() / np.maximum(content[doc], 1), 1.0),
            "kind": pd.Series(np.where(is_term, "term", "lexicon"), dtype="str"),
        }
    )


def _lexicon_rows(hits: pd.DataFrame) -> pd.DataFrame:
    """One row a document and topic: the score of its hits, and where the first stands."""
    doc, name, score, place = (hits[column].to_numpy() for column in _HIT)
    order = np.lexsort((place, name, doc))
    doc, name, score, place = doc[order], name[order], score[order], place[order]
    new = np.flatnonzero(np.diff(doc, prepend=-1) | np.diff(name, prepend=-1))
    total = np.add.reduceat(score, new) if len(new) else score
    table = {"doc": doc[new], "name": name[new], "score": total, "first": place[new]}
    return pd.DataFrame(table).assign(kind=0)


_HIT = ("doc", "name", "score", "first")


def _term_rows(counts: Counts, hits: pd.DataFrame) -> pd.DataFrame:
    """Terms that neither repeat a lexicon topic found nor one another, with their scores."""
    size = max(len(counts.vocabulary), 1)
    before, last = counts.key // size - 1, counts.key % size
    pair = before >= 0
    covered = np.unique(hits["doc"].to_numpy() * size + hits["word"].to_numpy())
    keep = ~np.isin(counts.doc * size + last, covered)
    keep &= ~(pair & np.isin(counts.doc * size + before, covered))
    alone = np.full(len(pair), 0)  # the larger count of the pair's words, each by itself
    width = size * (size + 1)
    single = counts.doc * width + counts.key
    rows_of = [np.searchsorted(single, counts.doc[pair] * width + w[pair]) for w in (before, last)]
    alone[pair] = np.maximum(*[counts.count[rows] for rows in rows_of])
    strong = pair & (counts.count >= 2) & (2 * counts.count >= alone)
    keep &= strong | ~pair
    for rows in rows_of:
        keep[rows[strong[pair]]] = False
    score = counts.count * np.where(pair, BIGRAM, 1.0)
    table = {"doc": counts.doc, "name": counts.key, "score": score, "first": counts.first}
    return pd.DataFrame(table)[keep].assign(kind=1)


@dataclass(frozen=True)
class TopicModel:
    """Topics of a corpus. Row i of `components` (unit length) weighs the terms of topic ids[i]."""

    version: str
    ids: tuple[int, ...]
    labels: tuple[str, ...]
    terms: tuple[tuple[str, ...], ...]  # ten a topic, the heaviest first
    next_id: int  # ids below it are taken for good
    vocabulary: tuple[str, ...]
    idf: Floats
    components: Floats

    def to_bytes(self) -> bytes:
        """An npz without pickled objects; the same model gives the same bytes."""
        meta = {name: getattr(self, name) for name in ("version", "terms", "next_id", *LISTS)}
        text = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), np.uint8)
        file = io.BytesIO()
        np.savez_compressed(file, meta=text, idf=self.idf, components=self.components)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> TopicModel:
        """The model that `to_bytes` wrote. Raises BadInput for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                meta: dict[str, Any] = json.loads(stored["meta"].tobytes())
                idf, components = stored["idf"], stored["components"]
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            raise BadInput("This is not a topic model.") from error
        lists: dict[str, Any] = {name: tuple(meta.pop(name)) for name in LISTS}
        names = tuple(tuple(topic) for topic in meta.pop("terms"))
        return cls(terms=names, idf=idf, components=components, **lists, **meta)


def fit(
    documents: Documents, *, k: int | None = None, seed: int = 0, previous: TopicModel | None = None
) -> TopicModel:
    """Topics of the documents (conversation_id → text), by TF-IDF of 1-2-grams and NMF.

    `k` defaults to one topic for 15 documents, between 6 and 20. The same documents in any order
    give the same model. With `previous`, topics whose terms match keep their ids. Raises
    BadInput when there are too few documents, or too few words in common, to find topics.
    """
    chosen = sorted(documents.items(), key=lambda item: crc32(f"{seed}:{item[0]}".encode()))
    texts = [text for _, text in sorted(chosen[:SAMPLE], key=lambda item: str(item[0]))]
    counts = terms.count_texts(texts)
    vocabulary, keys, idf = _vocabulary(counts, len(texts))
    if len(texts) < MIN_DOCUMENTS or len(vocabulary) < MIN_DOCUMENTS:
        raise BadInput(
            f"{len(texts)} conversations with {len(vocabulary)} terms in common are too few.",
            hint=f"Topics need {MIN_DOCUMENTS} conversations or more.",
        )
    table = _tfidf(counts, keys, idf, len(texts))
    topics = k or min(max(len(texts) // 15, 6), 20)
    components = _nmf(table, min(topics, len(texts), len(vocabulary)), seed)
    ids, next_id = _ids(vocabulary, components, previous)
    top = [np.argsort(-row, kind="stable")[:10] for row in components]
    heavy = tuple(tuple(vocabulary[at] for at in row) for row in top)
    version = hashlib.sha256(
        json.dumps([vocabulary, ids]).encode() + idf.tobytes() + components.tobytes()
    ).hexdigest()[:12]
    return TopicModel(
        version=f"nmf-{version}",
        ids=ids,
        labels=tuple(_label(words) for words in heavy),
        terms=heavy,
        next_id=next_id,
        vocabulary=vocabulary,
        idf=idf,
        components=components,
    )


def assign(model: TopicModel, documents: Documents) -> pd.DataFrame:
    """Topics of each document: conversation_id, topic_id, topic (label), weight.

    Weight is the topic's share of the document, 0..1; every topic with a share of at least SHARE
    has a row, the largest first. A document that fits no topic has one row: OUTLIER, "outlier", 0.
    """
    counts = terms.count_texts([text for _, text in documents.items()])
    table = _tfidf(counts, _keys(model, counts), model.idf, len(documents))
    share, fitting = _shares(table, model.components)
    strong = (share >= np.minimum(SHARE, share.max(axis=1, keepdims=True))) & fitting[:, None]
    strong = np.column_stack([strong, ~fitting])  # the last column stands for no topic
    doc, topic = np.nonzero(strong)
    weight = np.column_stack([share, np.zeros(len(share))])[strong]
    order = np.lexsort((-weight, doc))
    names = pd.Series([str(name) for name, _ in documents.items()], dtype="str")
    return pd.DataFrame(
        {
            "conversation_id": names.array[doc[order]],
            "topic_id": np.array([*model.ids, OUTLIER], np.int64)[topic[order]],
            "topic": pd.Series([*model.labels, "outlier"], dtype="str").array[topic[order]],
            "weight": weight[order],
        }
    )


def _vocabulary(counts: Counts, documents: int) -> tuple[tuple[str, ...], Ints, Floats]:
    """Terms of a new model with their keys and idf: neither rare nor in most documents."""
    keys, df = np.unique(counts.key, return_counts=True)
    most = documents if documents < 20 else documents // 2
    kept = np.flatnonzero((df >= max(2, documents // 500)) & (df <= most))
    kept = kept[np.argsort(-df[kept], kind="stable")[:VOCABULARY]]
    words = [counts.text(key) for key in keys[kept].tolist()]
    order = np.argsort(words, kind="stable") if words else np.zeros(0, np.int64)
    idf = np.log((1 + documents) / (1 + df[kept][order])) + 1
    return tuple(words[at] for at in order), keys[kept][order], idf


def _keys(model: TopicModel, counts: Counts) -> Ints:
    """Key of each of the model's terms in `counts`; -1 for those that do not occur."""
    known = {word: at for at, word in enumerate(counts.vocabulary)}
    size = len(counts.vocabulary)
    found = []
    for term in model.vocabulary:
        *before, last = (known.get(word, -1) for word in term.split())
        key = (before[0] + 1) * size + last if before else last
        found.append(-1 if last < 0 or -1 in before else key)
    return np.array(found, np.int64)


def _tfidf(counts: Counts, keys: Ints, idf: Floats, documents: int) -> sparse.csr_array:
    """documents × terms: (1 + ln count) * idf, rows of unit length."""
    from scipy import sparse

    order = np.argsort(keys)
    at = np.searchsorted(keys[order], counts.key)
    at = order[np.minimum(at, len(keys) - 1)]
    known = keys[at] == counts.key
    doc, column = counts.doc[known], at[known]
    value = (1 + np.log(counts.count[known])) * idf[column]
    length = np.sqrt(np.bincount(doc, value**2, minlength=documents))
    return sparse.csr_array((value / length[doc], (doc, column)), shape=(documents, len(keys)))


def _nmf(table: sparse.csr_array, k: int, seed: int) -> Floats:
    """k topics as rows of unit length over the terms."""
    from sklearn import decomposition

    nmf: type[Any] = decomposition.NMF
    found = nmf(n_components=k, init="nndsvda", random_state=seed, max_iter=300, tol=1e-3)
    with np.errstate(invalid="ignore"):  # the error left by a perfect fit can be a hair below 0
        rows: Floats = found.fit(table).components_
    rows = rows[rows.any(axis=1)]
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _shares(table: sparse.csr_array, components: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Non-negative least squares by multiplicative updates: shares of topics, and what fits."""
    match = np.asarray(table @ components.T)
    gram = components @ components.T
    weight = match + 1e-9
    for _ in range(100):
        weight *= match / (weight @ gram + 1e-12)
    length = np.sqrt(((weight @ gram) * weight).sum(axis=1))
    cosine = (weight * match).sum(axis=1) / np.maximum(length, 1e-12)
    return weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-12), cosine >= MIN_FIT


def _ids(
    vocabulary: Sequence[str], components: Floats, previous: TopicModel | None
) -> tuple[tuple[int, ...], int]:
    """Ids of new topics and the next free one; topics like a previous one keep its id."""
    if previous is None:
        return tuple(range(len(components))), len(components)
    from scipy.optimize import linear_sum_assignment

    column = {term: at for at, term in enumerate(vocabulary)}
    shared = [(at, column[term]) for at, term in enumerate(previous.vocabulary) if term in column]
    old, new = (np.array([pair[side] for pair in shared], np.int64) for side in (0, 1))
    cosine = previous.components[:, old] @ components[:, new].T
    was, now = linear_sum_assignment(-cosine)
    matches = zip(was.tolist(), now.tolist(), strict=True)
    kept = {to: previous.ids[at] for at, to in matches if cosine[at, to] >= SAME_TOPIC}
    fresh = iter(range(previous.next_id, previous.next_id + len(components)))
    ids = tuple(kept[at] if at in kept else next(fresh) for at in range(len(components)))
    return ids, max(previous.next_id, max(ids) + 1)


def _label(heavy: Sequence[str]) -> str:
    """The three heaviest terms that do not repeat one another's words or stems."""
    inside = {word for term in heavy[:5] if " " in term for word in term.split()}
    chosen: list[str] = []
    stems: set[str] = set()
    for term in [*(term for term in heavy if term not in inside), *heavy]:
        said = {word[:5] for word in term.split()}
        if len(chosen) < 3 and not said & stems:
            chosen.append(term)
            stems |= said
    return ", ".join(chosen)
