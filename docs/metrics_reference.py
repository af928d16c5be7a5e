"""Writes docs/metrics.md from the metric registry: `python docs/metrics_reference.py`."""

from __future__ import annotations

from pathlib import Path

from cvi.analysis.analyse import METRICS
from cvi.analysis.metric import Metric

NEEDS = {
    "text": "text",
    "starts": "text with a time per turn",
    "ends": "times and lengths of turns, or speaking events",
    "speaking": "speaking events",
    "outcome": "how the call ended",
    "sentiment": "text",
    "tools": "live events",
}
INTRO = """# Metrics

Made from the code by `python docs/metrics_reference.py`. One value a conversation; where it cannot
be measured there is none, and the reason is kept beside it.

Details, in the tables, are figures behind other figures: stored, exported and usable in filters
(they are what a mark of a chart leads to), but not offered in lists of metrics.

"""


def reference() -> str:
    """The whole page as Markdown."""
    families: dict[str, list[Metric]] = {}
    for each in METRICS.values():
        families.setdefault(each.family, []).append(each)
    return INTRO + "\n".join(_family(name, mine) for name, mine in families.items())


def _family(name: str, mine: list[Metric]) -> str:
    parts = [f"## {name.replace('_', ' ').capitalize()}\n"]
    parts += [_entry(each) for each in mine if not each.detail]
    details = [_row(each) for each in mine if each.detail]
    if details:
        head = "| detail | unit | what it is | missing when |\n| --- | --- | --- | --- |"
        parts.append("\n".join([head, *details]) + "\n")
    return "\n".join(parts)


def _entry(each: Metric) -> str:
    return (
        f"### {each.label}\n\n"
        f"`{each.name}` · {each.unit} · {_span(each)} · better: {each.better} "
        f"· version {each.version}\n\n"
        f"{each.formula}\n\n"
        f"Needs {NEEDS[each.needs]}.{_only(each)} Missing when: {each.absent}. "
        f"Source: {each.source}.\n"
    )


def _row(each: Metric) -> str:
    return (
        f"| `{each.name}` | {each.unit}, {_span(each)} | {each.formula}{_only(each)} "
        f"| {each.absent}; needs {NEEDS[each.needs]} |"
    )


def _span(each: Metric) -> str:
    low, high = each.range
    return f"{low:g} to {high:g}" if high is not None else f"from {low:g}"


def _only(each: Metric) -> str:
    return " English only." if each.english else ""


if __name__ == "__main__":
    Path(__file__).with_name("metrics.md").write_text(reference(), encoding="utf-8")
