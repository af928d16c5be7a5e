"""How a figure is computed: formula, input, source, unit, coverage and version of every metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.metric import Metric
from cvi.analysis.summary import numbers

NEEDS: Mapping[str, str] = {
    "text": "the transcript",
    "sentiment": "the transcript (scored turns of the user)",
    "starts": "start times of turns",
    "ends": "start and end times of speech",
    "speaking": "speaking events",
    "outcome": "the conversation's own facts",
    "tools": "live events",
}
LEFT_OUT = (
    "A value that could not be measured is left out of every figure; it never counts as zero. "
    "Percentiles are over conversations. Hollow dots rest on fewer than 5 of them."
)
_BETTER = {"higher": "higher is better", "lower": "lower is better", "neither": "no better way"}

Counts = Mapping[str, tuple[int, int]]  # metric → measured, of


def counted(frame: pd.DataFrame, names: Sequence[str]) -> Counts:
    """In how many of the frame's conversations each metric could be measured."""
    return {name: (int(numbers(frame, name).notna().sum()), len(frame)) for name in names}


def measured(n: int, of: int) -> str:
    """`n` and coverage in words."""
    if not of:
        return "no conversations"
    if n == of:
        return f"all {of:,} conversations"
    return f"{n:,} of {of:,} conversations ({n / of:.0%})"


def note(name: str, n: int, of: int) -> str:
    """The help text beside a metric's name (Markdown)."""
    metric = METRICS[name]
    missing = "" if n == of else f" Not measurable where {metric.absent}."
    english = ", English only" if metric.english else ""
    head = f"**{metric.label}** ({_unit(metric)}; {_BETTER[metric.better]})"
    counted = f"Measured in {measured(n, of)}.{_plain(missing)}"
    origin = f"Source: {_plain(metric.source)}. Version {metric.version}."
    given = f"From {NEEDS[metric.needs]}{english}. {origin}"
    return "\n\n".join((head, _plain(metric.formula), counted, given))


def notes(names: Sequence[str], counts: Counts) -> str:
    """The help texts of several metrics under one another."""
    return "\n\n---\n\n".join(note(name, *counts[name]) for name in names)


def table(counts: Counts) -> None:
    """All metrics of a page in one table, folded away."""
    with st.expander("How these numbers are computed", icon=":material/function:"):
        st.caption(LEFT_OUT)
        rows = [
            {
                "Metric": METRICS[name].label,
                "Formula": METRICS[name].formula,
                "Input": NEEDS[METRICS[name].needs],
                "Unit": _unit(METRICS[name]),
                "Measured": f"{n:,} of {of:,}",
                "Source": METRICS[name].source,
                "Version": str(METRICS[name].version),
            }
            for name, (n, of) in counts.items()
        ]
        st.table(rows, hide_index=True)


def _unit(metric: Metric) -> str:
    low, high = metric.range
    bounds = f"{low:g} to {high:g}" if high is not None else f"from {low:g}"
    return f"{metric.unit}, {bounds}"


def _plain(text: str) -> str:
    """Formulas hold signs that Markdown would read."""
    return "".join(f"\\{sign}" if sign in "*_$~[]" else sign for sign in text)
