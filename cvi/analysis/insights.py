"""Insights by rule. Each cites the turns it rests on: no evidence, no insight.

A rule finds its conversations with array arithmetic; only what it found becomes Python objects.
Language-bound rules read English conversations only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cvi.analysis.batch import CLOCKS, Batch
from cvi.analysis.participation import QUESTIONS, SHORT_TURN_WORDS, short_share, turns_of, words_of
from cvi.analysis.repair import APOLOGY, FAILURE, REPAIR
from cvi.analysis.rows import Lexicon
from cvi.analysis.sentiment_metrics import quarters, scored
from cvi.analysis.speech import Bools, Ints, locate
from cvi.analysis.timing import answers, plausible, silences
from cvi.analysis.turn_taking import interrupted

COLUMNS = ("conversation_id", "idx", "kind", "message", "confidence", "evidence")
CITED = 5  # turns cited at most

LONG_S, LONG_WORDS = 60.0, 150  # call-ai-metrics flags 60 s; 150 words are 60 s of quick speech
SLOW_S = 3.0  # ten times the human gap; AI calls run slower, and users notice beyond this
SILENT_S = 10.0
DROP = -0.4  # of a range of 2, last quarter against first
DELIGHT, DELIGHT_WORDS = 0.9, 5  # "thank you, bye" is courtesy
SHORT_SHARE, SHORT_TURNS = 0.6, 5
CLUSTER, CLUSTER_S = 3, 60.0
LECTURE_SHARE, LECTURE_TURNS = 0.8, 6


@dataclass(frozen=True)
class Finding:
    """One insight; `rows` are positions in `batch.rows`, most telling first."""

    code: int
    kind: str  # opportunity, engagement, strategy, problem
    message: str
    confidence: float
    rows: list[int]


Rule = Callable[[Batch], Iterator[Finding]]


def _offer(name: str, pattern: str, triggers: str, message: str) -> tuple[Lexicon, str]:
    reason = "Talk that a document tool can serve."
    return Lexicon(name, re.compile(pattern), frozenset(triggers.split()), reason), message


OFFERS = (
    _offer(
        "offer: pitch deck",
        r"\b(?:fund(?:ing|raising|raise)|investors?|pitch(?:es|ing)?|seed (?:round|stage|money)"
        r"|series [ab]|venture capital|vcs?|term sheet|valuation|raise (?:money|capital))\b",
        "funding fundraising fundraise investor investors pitch pitches pitching seed series "
        "venture vc vcs term valuation raise",
        "Funding topics discussed - consider generating a pitch deck",
    ),
    _offer(
        "offer: business plan",
        r"\b(?:business (?:plan|model)|revenue (?:model|stream)s?|go.to.market|pricing (?:model"
        r"|strategy|plan)|cash flow|break.?even|runway|profit margins?|financial projections?)\b",
        "business revenue market pricing cash break breakeven runway profit financial",
        "Planning topics discussed - consider creating a business plan",
    ),
    _offer(
        "offer: market research",
        r"\b(?:market (?:size|share|research|analysis|segment)s?|target (?:market|audience"
        r"|customer)s?|competitors?|competition|competitive|customer segments?)\b",
        "market target competitor competitors competition competitive customer",
        "Market topics discussed - consider analysing market research",
    ),
)


def insights(batch: Batch) -> pd.DataFrame:
    """All insights: conversation_id, idx (0, 1 … within the conversation), kind, message,
    confidence (0..1) and evidence (list of turn idx, never empty)."""
    found = [finding for rule in RULES for finding in rule(batch) if finding.rows]
    found.sort(key=lambda finding: finding.code)
    code = np.array([finding.code for finding in found], np.int64)
    ids, idx = batch.ids.tolist(), batch.rows.idx
    evidence = np.empty(len(found), np.object_)
    evidence[:] = [sorted(idx[_distinct(each.rows)].tolist()) for each in found]
    columns = (
        pd.array([ids[each.code] for each in found], dtype="str"),
        pd.array(batch.place(code).tolist(), dtype="Int64"),
        pd.array([each.kind for each in found], dtype="str"),
        pd.array([each.message for each in found], dtype="str"),
        np.array([round(each.confidence, 3) for each in found], np.float64),
        evidence,
    )
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _distinct(rows: list[int]) -> list[int]:
    return list(dict.fromkeys(rows))[:CITED]


def _grouped(batch: Batch, rows: Ints) -> Iterator[tuple[int, list[int]]]:
    """Row positions (ascending) by conversation."""
    code = batch.rows.code[rows]
    cuts = np.flatnonzero(np.diff(code)) + 1
    for part in np.split(rows, cuts) if len(rows) else ():
        yield int(batch.rows.code[part[0]]), part.tolist()


def _english(batch: Batch, hits: Bools) -> Ints:
    return np.flatnonzero(hits & batch.english[batch.rows.code])


def _more(count: int, base: float = 0.5) -> float:
    """Confidence that grows with the number of signs."""
    return min(0.9, base + 0.1 * count)


def _offers(batch: Batch) -> Iterator[Finding]:
    for lexicon, message in OFFERS:
        for code, rows in _grouped(batch, _english(batch, batch.matches(lexicon))):
            mine = [row for row in rows if batch.rows.user[row]]
            if mine:
                yield Finding(
                    code, "opportunity", message, _more(len(rows)), [*mine, *rows][:CITED]
                )


def _repairs(batch: Batch) -> Iterator[Finding]:
    asked = batch.matches(REPAIR) & batch.rows.user
    for code, rows in _grouped(batch, _english(batch, asked)):
        if len(rows) >= 2:
            message = f"The user asked again or corrected the assistant {len(rows)} times"
            yield Finding(code, "problem", message, _more(len(rows)), rows)


def _monologues(batch: Batch) -> Iterator[Finding]:
    holds = batch.holds
    length = np.where(holds.user, 0, holds.end - holds.start)
    for at in _largest(holds.code, length, LONG_S):
        row = int(batch.speech.row[holds.span[at]])
        message = f"The assistant spoke for {length[at]:.0f} s without a break"
        yield Finding(int(holds.code[at]), "problem", message, 0.8, [row] if row >= 0 else [])
    floors = batch.floors
    untimed = batch.clock[floors.code] < CLOCKS["ends"]
    words = np.where(floors.user | ~untimed, 0, floors.words)
    for at in _largest(floors.code, words.astype(np.float64), LONG_WORDS):
        message = f"The assistant said {words[at]} words in one turn"
        yield Finding(int(floors.code[at]), "problem", message, 0.6, [int(floors.first[at])])


def _largest(code: Ints, values: np.ndarray[tuple[int], np.dtype[np.float64]], above: float
             ) -> list[int]:  # fmt: skip
    """Position of the largest value of each conversation that has one above a limit."""
    kept = np.flatnonzero(values > above)
    order = kept[np.lexsort((-values[kept], code[kept]))]
    found: list[int] = order[np.unique(code[order], return_index=True)[1]].tolist()
    return found


def _slow(batch: Batch) -> Iterator[Finding]:
    taken, wait = batch.once(answers)
    late = plausible(wait) & (wait > SLOW_S)
    span, wait = batch.holds.span[taken[late]], wait[late]
    code = batch.speech.code[span]
    worst = np.lexsort((-wait, code))
    for mine in np.split(worst, np.flatnonzero(np.diff(code[worst])) + 1) if len(span) else ():
        rows = [row for row in batch.speech.row[span[mine]].tolist() if row >= 0]
        message = f"{len(mine)} slow answer(s): the longest wait was {wait[mine[0]]:.1f} s"
        yield Finding(int(code[mine[0]]), "problem", message, _more(len(mine)), rows)


def _silence(batch: Batch) -> Iterator[Finding]:
    code, start, length = silences(batch)
    holds = batch.holds
    order = np.lexsort((holds.start, holds.code))
    after = locate(holds.code[order], holds.start[order], code, start + length + 1e-6)
    for at in _largest(code, length, SILENT_S):
        row = int(batch.speech.row[holds.span[order[after[at]]]]) if after[at] >= 0 else -1
        message = f"Nobody spoke for {length[at]:.0f} s"
        yield Finding(int(code[at]), "problem", message, 0.7, [row] if row >= 0 else [])


def _drop(batch: Batch) -> Iterator[Finding]:
    first, last = quarters(batch)
    change = last - first
    rows = scored(batch)
    rows = rows[(change <= DROP)[batch.rows.code[rows]]]
    for at in _largest(batch.rows.code[rows], -batch.rows.score[rows], -2.0):
        code = int(batch.rows.code[rows[at]])
        message = f"The user's mood fell by {-change[code]:.2f}; this is the lowest turn"
        confidence = min(0.9, 0.5 - change[code] / 4)
        yield Finding(code, "problem", message, confidence, [int(rows[at])])


def _delight(batch: Batch) -> Iterator[Finding]:
    rows = scored(batch)
    rows = rows[batch.words[rows] >= DELIGHT_WORDS]
    for at in _largest(batch.rows.code[rows], batch.rows.score[rows], DELIGHT):
        row = int(rows[at])
        sure = float(batch.rows.confidence[row])
        message = "A strong positive moment of the user"
        yield Finding(int(batch.rows.code[row]), "engagement", message, sure, [row])


def _unanswered(batch: Batch) -> Iterator[Finding]:
    floors = batch.floors
    final = np.append(floors.code[1:] != floors.code[:-1], True)[: len(floors.code)]
    ended = batch.outcome != "in_progress"
    replied = turns_of(batch, user=False) > 0  # else nobody was there to answer
    last = (final & floors.user & (ended & replied)[floors.code])[floors.of_row]
    for code, rows in _grouped(batch, _english(batch, batch.matches(QUESTIONS) & last)):
        message = "The user's last question got no answer"
        yield Finding(code, "problem", message, 0.7, rows[::-1])


def _brief(batch: Batch) -> Iterator[Finding]:
    floors = batch.floors
    share, number = short_share(batch), turns_of(batch, user=True)
    dull = (share >= SHORT_SHARE) & (number >= SHORT_TURNS)
    short = floors.user & (floors.words <= SHORT_TURN_WORDS) & dull[floors.code]
    for code, rows in _grouped(batch, floors.first[short]):
        message = f"{share[code]:.0%} of the user's turns have at most two words"
        yield Finding(code, "engagement", message, _more(len(rows), 0.4), rows)


def _apologies(batch: Batch) -> Iterator[Finding]:
    floors = batch.floors
    hit = batch.floors_with(batch.matches(APOLOGY) | batch.matches(FAILURE))
    mine = np.flatnonzero(~floors.user & batch.english[floors.code])
    again = hit[mine][1:] & hit[mine][:-1] & (np.diff(floors.code[mine]) == 0)
    streak = np.append(again, False) | np.append(False, again)
    for code, rows in _grouped(batch, floors.first[mine[streak[: len(mine)]]]):
        message = f"The assistant apologised or failed in {len(rows)} turns close together"
        yield Finding(code, "problem", message, _more(len(rows)), rows)


def _interruptions(batch: Batch) -> Iterator[Finding]:
    cut = interrupted(batch, by_user=True)
    cut = cut[np.lexsort((batch.speech.start[cut], batch.speech.code[cut]))]
    code, start = batch.speech.code[cut], batch.speech.start[cut]
    reach = CLUSTER - 1
    close = (code[reach:] == code[:-reach]) & (start[reach:] - start[:-reach] <= CLUSTER_S)
    begun = np.flatnonzero(close)
    for at in begun[np.unique(code[begun], return_index=True)[1]].tolist():
        rows = [row for row in batch.speech.row[cut[at : at + CLUSTER]].tolist() if row >= 0]
        message = f"The user interrupted {CLUSTER} times within {CLUSTER_S:.0f} s"
        yield Finding(int(code[at]), "problem", message, 0.8, rows)


def _lectures(batch: Batch) -> Iterator[Finding]:
    floors = batch.floors
    yours, mine = words_of(batch, user=False), words_of(batch, user=True)
    lecture = (yours > LECTURE_SHARE * (yours + mine)) & (batch.total(floors.code) >= LECTURE_TURNS)
    words = np.where(floors.user | ~lecture[floors.code], 0, floors.words).astype(np.float64)
    for at in _largest(floors.code, words, 0):
        code = int(floors.code[at])
        share = yours[code] / (yours[code] + mine[code])
        message = (
            f"The assistant said {share:.0%} of the words - shorter turns, more open questions"
        )
        yield Finding(code, "strategy", message, 0.6, [int(floors.first[at])])


RULES: tuple[Rule, ...] = (
    _offers, _repairs, _unanswered, _apologies, _monologues, _slow, _silence, _interruptions,
    _drop, _delight, _brief, _lectures,
)  # fmt: skip
