"""Train the sentiment head: python -m cvi.analysis.training --data FOLDER --out FILE [--evaluate].

Learns from GoEmotions train (CC-BY-4.0), the first half of the VADER tweets (MIT), Taskmaster-4
orders as neutral and thanks as positive (CC-BY-4.0), and sentences written below. Nothing
share-alike is learnt from; SGD only serves as an unseen check. The same data and seed give the
same file, byte for byte.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from cvi.analysis import sentiment

Example = tuple[str, str]  # text, label

SOURCES = {
    "goemotions/train.jsonl.gz": "CC-BY-4.0",
    "vader_tweets/tweets.jsonl.gz": "MIT",
    "taskmaster4/all.jsonl.gz": "CC-BY-4.0",
}
REQUESTS = 4_000  # Taskmaster-4 turns learnt as neutral
TWEETS = {"positive": 4, "neutral": 12, "negative": 12}  # times learnt: few, and mostly positive
HASH_GAIN = 1.5  # how cheap hashed weights are against dense ones under the same penalty
PENALTY = 0.3  # scikit-learn's C

# Written for this project: what people ask an assistant or a mentor without any feeling in it.
_ASKS = (
    "I want to", "I'd like to", "Can you help me", "Could you please", "I need to",
    "I am looking to", "Would you", "Please", "I would love to", "I'd love to", "Let's",
    "I was hoping to",
)  # fmt: skip
_DEEDS = (
    "find a good place to eat nearby", "book a room for two nights", "check my balance",
    "play a song by that artist", "rent a car for the weekend", "buy two tickets to the show",
    "see a doctor on Monday at ten", "reserve a table for four at seven", "find a cheaper flight",
    "add it to my calendar", "watch a comedy tonight", "transfer 200 dollars to savings",
    "find a nice apartment with two bedrooms", "look for another one", "change the time to noon",
    "go over the pitch deck", "set a price for the first plan", "raise a seed round",
    "find a co-founder", "look at the pricing page", "plan the interview questions",
    "see the free trial terms", "talk about hiring a designer", "compare the top three options",
)  # fmt: skip
_ABOUT = (
    "I need help with", "Can you help me with", "I have a question about", "Let's talk about",
    "Tell me more about", "I'd love some advice on", "What do you think about", "I'd like",
    "I want", "I'd love", "We are working on", "Please look at",
)  # fmt: skip
_THINGS = (
    "pricing", "our pitch", "the funding round", "hiring a sales lead", "our go to market plan",
    "customer interviews", "the product roadmap", "my invoice", "a table for two", "the second one",
    "a room with a view", "compliance", "churn and retention", "the competition", "our runway",
    "a ticket for Friday", "a haircut", "investor updates", "the free plan", "a good lawyer",
)  # fmt: skip
_FACTS = (
    "What is the address?", "How much does it cost?", "Is it free?", "Do they have good reviews?",
    "What is the phone number?", "Who directed it?", "What time does it start?",
    "Is there parking?", "Is it pet friendly?", "Are kids welcome?", "What else do you have?",
    "It will be just me.", "For two people.", "On the 5th of March.", "In San Francisco.",
    "At half past six in the evening.", "The cheapest one.", "Any kind is fine.",
    "Yes, that one works.", "Yes, go ahead.", "Sure, the second one.", "No, make it four.",
    "I prefer something popular.", "I like fantasy and action movies.", "I don't care about price.",
    "We have twelve customers so far.", "Our runway is eight months.", "It is a B2B product.",
    "We charge 40 dollars per seat.", "I don't mind.", "No preference.", "Nothing else for now.",
)  # fmt: skip
_THANKS = (
    "Thanks", "Thank you", "Many thanks", "Thanks a lot", "Thank you so much",
    "Thank you very much",
    "Thanks so much", "Great, thanks", "Ok, thank you", "Okay thanks", "No, thanks", "Cheers",
    "No, thank you", "Awesome, thanks", "Perfect, thank you", "No, that's it, thank you",
    "That's all, thanks",
)  # fmt: skip
_TAILS = (
    "", ".", "!", "!!", " for your help.", " for the help!", ", that is all.",
    ", that's all I need.",
    ", bye.", ", goodbye!", ", have a good day.", " for everything.", ", you too.", ", I am done.",
    ". That will be all.", ". Nothing more today.", " again!", " for now.", ", that helps a lot.",
    " for your time.", ", see you.", ", I'm all set.", " for doing that.", ", you've been helpful.",
)  # fmt: skip
_COMPLAINTS = (
    "That is not what I asked.", "No, that's not what I asked for.", "You keep repeating yourself.",
    "This is useless.", "You are not listening to me.", "That doesn't help.",
    "It still doesn't work.",
    "That did not help at all.", "You already said that.", "I already told you that.",
    "This is a waste of time.", "You don't understand my question.", "I'm getting frustrated.",
    "That's wrong.", "You got it wrong again.", "This makes no sense.", "I'm confused and stuck.",
    "That answer was not useful.", "Can I talk to a real person instead?", "Stop interrupting me.",
    "The sound keeps cutting out and I can't hear you.", "We are losing customers and I'm worried.",
    "I don't know what to do anymore.", "It has been really hard for us.", "Not good.",
    "Not great.",
)  # fmt: skip
_PRAISES = (
    "That's really helpful.", "That makes a lot of sense.", "Good point.", "That is a great idea.",
    "This is exactly what I needed.", "That was so useful.", "I like that a lot.", "Sounds great!",
    "You explained that well.", "I feel much better about it now.", "Wow, that is clever.",
    "It works now, perfect!", "That's a relief.", "We're excited about it.", "Awesome!", "Love it!",
)  # fmt: skip


def train(folder: Path, *, seed: int = 0) -> dict[str, npt.NDArray[Any]]:
    """Arrays of the npz: meta (JSON bytes), dense, buckets (int8) and scale."""
    examples = training_examples(folder, seed=seed)
    dense, hashed = _fit(examples, seed)
    scale = np.abs(hashed).max(axis=0) / 127
    weights = {
        "dense": dense.astype(np.float32),
        "buckets": np.rint(hashed / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
    }
    meta = {
        "format": sentiment.FORMAT,
        "engine": sentiment.ENGINE,
        "version": f"{sentiment.FORMAT}-{_digest(weights)}",
        "seed": seed,
        "examples": len(examples),
        "sources": {
            name: {"licence": licence, "sha256": _sha256(folder / name)}
            for name, licence in SOURCES.items()
        },
    }
    text = json.dumps(meta, indent=1, sort_keys=True).encode()
    return {"meta": np.frombuffer(text, np.uint8), **weights}


def _fit(
    examples: Sequence[Example], seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Multinomial logistic regression: dense weights DENSE × 3, bucket weights BUCKETS × 3."""
    from scipy import sparse
    from sklearn import linear_model

    found = sentiment.features([text for text, _ in examples])
    lengths = np.diff(found.starts)
    values = np.repeat(HASH_GAIN / np.sqrt(lengths), lengths)
    shape = (len(examples), sentiment.BUCKETS)
    hashed = sparse.csr_array((values, found.buckets, found.starts), shape=shape)
    table = sparse.hstack([sparse.csr_array(found.dense), hashed], format="csr")
    labels = np.array([sentiment.LABELS.index(label) for _, label in examples])
    regression: type[Any] = linear_model.LogisticRegression
    head = regression(C=PENALTY, fit_intercept=False, max_iter=1_000, tol=1e-5, random_state=seed)
    head.fit(table, labels)
    weights = head.coef_.T
    return weights[: sentiment.DENSE], weights[sentiment.DENSE :] * HASH_GAIN


def training_examples(folder: Path, *, seed: int = 0) -> list[Example]:
    """Everything that is learnt from, in a fixed order."""
    orders, thanks, _ = _taskmaster(folder)
    return [
        *_goemotions(folder, "train"),
        *(tweet for tweet in _tweets(folder)[:2_100] for _ in range(TWEETS[tweet[1]])),
        *_labelled(_sample(orders, REQUESTS, seed), "neutral"),
        *_labelled(written_requests(), "neutral"),
        *_labelled([*thanks, *written_thanks(), *[*_PRAISES] * 8], "positive"),
        *_labelled([*_COMPLAINTS] * 8, "negative"),
    ]


def written_requests() -> list[str]:
    """Plain requests and answers of our own making."""
    pairs = [*product(_ASKS, _DEEDS), *product(_ABOUT, _THINGS)]
    return [f"{start} {rest}." for start, rest in pairs] + [*_FACTS] * 8


def written_thanks() -> list[str]:
    """Thanks of our own making."""
    return [thanks + tail for thanks, tail in product(_THANKS, _TAILS)] * 2


def _goemotions(folder: Path, split: str) -> list[Example]:
    rows = _read(folder / f"goemotions/{split}.jsonl.gz")
    found = [(row["transcript"][0]["content"], row["labels"]["sentiment"]) for row in rows]
    return [(text, label) for text, label in found if label in sentiment.LABELS]


def _tweets(folder: Path) -> list[Example]:
    rows = _read(folder / "vader_tweets/tweets.jsonl.gz")
    return [(row["transcript"][0]["content"], row["labels"]["sentiment_pm0.5"]) for row in rows]


def _taskmaster(folder: Path) -> tuple[list[str], list[str], list[str]]:
    """Orders to learn from, thanks to learn from, and orders whose wording is not among them."""
    orders: dict[bool, list[str]] = {True: [], False: []}
    thanks = []
    for row in _read(folder / "taskmaster4/all.jsonl.gz"):
        kept_back = crc32(row["id"].encode()) % 5 == 0
        for turn in row["transcript"]:
            text = turn["content"]
            if turn["role"] == "user" and "thank" in text.lower():
                thanks += [] if kept_back or len(text.split()) > 6 else [text]
            elif turn["role"] == "user" and turn.get("labels", {}).get("api_calls"):
                orders[kept_back].append(text)
    known = set(orders[False])
    return orders[False], thanks, [text for text in orders[True] if text not in known]


def _sgd(folder: Path) -> list[tuple[set[str], str]]:
    """Dialogue acts and text of every user turn of SGD. For evaluation only."""
    return [
        (set(turn["labels"]["acts"]), turn["content"])
        for row in _read(folder / "sgd/train.jsonl.gz")
        for turn in row["transcript"]
        if turn["role"] == "user"
    ]


def _some(turns: list[tuple[set[str], str]], wanted: Callable[[set[str]], bool]) -> list[str]:
    return _sample([text for acts, text in turns if wanted(acts)], 2_000, seed=1)


def _sample(texts: Sequence[str], size: int, seed: int) -> list[str]:
    drawn = np.random.default_rng(seed).permutation(len(texts))[:size]
    return [texts[at] for at in drawn]


def evaluate(folder: Path, model: sentiment.Model) -> dict[str, float]:
    """Macro-F1 on held-out labelled sets, and the share of plain turns labelled as they should."""
    turns = _sgd(folder)
    asks = _some(turns, lambda acts: acts <= {"INFORM", "REQUEST", "INFORM_INTENT"})
    done = _some(turns, lambda acts: "THANK_YOU" in acts <= {"THANK_YOU", "GOODBYE"})
    declined = _some(turns, lambda acts: acts == {"NEGATE", "THANK_YOU"})
    return {
        "goemotions dev macro-F1": _macro_f1(_goemotions(folder, "dev"), model),
        "vader tweets second half macro-F1": _macro_f1(_tweets(folder)[2_100:], model),
        "SGD requests neutral": _share(asks, "neutral", model),
        "TM-4 unseen requests neutral": _share(_taskmaster(folder)[2], "neutral", model),
        "SGD thanks positive": _share(done, "positive", model),
        "SGD 'no, thanks' positive": _share(declined, "positive", model),
    }


def _predicted(texts: Sequence[str], model: sentiment.Model) -> npt.NDArray[np.str_]:
    best = sentiment.probabilities(texts, model).argmax(axis=1)
    labels: npt.NDArray[np.str_] = np.array(sentiment.LABELS)[best]
    return labels


def _macro_f1(examples: Sequence[Example], model: sentiment.Model) -> float:
    said = _predicted([text for text, _ in examples], model)
    true = np.array([label for _, label in examples])
    each = [
        2 * ((said == name) & (true == name)).sum() / ((said == name).sum() + (true == name).sum())
        for name in sentiment.LABELS
    ]
    return float(np.mean(each))


def _share(texts: Sequence[str], label: str, model: sentiment.Model) -> float:
    return float((_predicted(texts, model) == label).mean())


def _labelled(texts: Iterable[str], label: str) -> list[Example]:
    return [(text, label) for text in texts]


def _read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(arrays: dict[str, npt.NDArray[Any]]) -> str:
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays.values())).hexdigest()[:8]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, write the npz, and print the figures when asked to."""
    parser = argparse.ArgumentParser(prog="cvi.analysis.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, required=True, help="npz file to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate", action="store_true", help="print figures on held-out data")
    chosen = parser.parse_args(arguments)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(chosen.out, allow_pickle=False, **train(chosen.data, seed=chosen.seed))
    sys.stdout.write(f"{chosen.out.name}: {chosen.out.stat().st_size:,} bytes\n")
    if chosen.evaluate:
        for name, figure in evaluate(chosen.data, sentiment.load(chosen.out)).items():
            sys.stdout.write(f"{name:36} {figure:.3f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
