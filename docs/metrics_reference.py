"""Writes docs/metrics.md from the metric registry: `python docs/metrics_reference.py`."""

from __future__ import annotations

from pathlib import Path

from cvi.analysis.analyse import METRICS

NEEDS = {
    "text": "text",
    "starts": "text with a time per turn",
    "ends": "times and lengths of turns, or speaking events",
    "speaking": "speaking events",
    "outcome": "how the call ended",
    "sentiment": "text",
    "tools": "live events",
}


def reference() -> str:
    """The whole page as Markdown."""
    families: dict[str, list[str]] = {}
    for name, each in METRICS.items():
        low, high = each.range
        span = f"{low:g} to {high:g}" if high is not None else f"from {low:g}"
        only = " English only." if each.english else ""
        formula = " ".join(each.formula.split())
        families.setdefault(each.family, []).append(
            f"### {each.label}\n\n"
            f"`{name}` · {each.unit} · {span} · better: {each.better} · version {each.version}\n\n"
            f"{formula}\n\n"
            f"Needs {NEEDS[each.needs]}.{only} Missing when: {each.absent}. "
            f"Source: {each.source}.\n"
        )
    parts = [
        f"## {family.replace('_', ' ').capitalize()}\n\n" + "\n".join(texts)
        for family, texts in families.items()
    ]
    intro = (
        "# Metrics\n\nMade from the code by `python docs/metrics_reference.py`. One value a "
        "conversation; where it cannot be measured there is none, and the reason is kept beside "
        "it.\n\n"
    )
    return intro + "\n".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("metrics.md").write_text(reference(), encoding="utf-8")
