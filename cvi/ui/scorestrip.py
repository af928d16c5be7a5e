"""The quality score drawn as one strip of 100 points: its parts, what each won and what it lost."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from cvi.charts.palette import BAD, GOOD


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the score: `weight` of the 100 points, `score` 0..100, None if not measurable."""

    name: str
    weight: float
    score: float | None

    @property
    def told(self) -> str:
        """Points won of those there are, in words."""
        if self.score is None:
            return "not measurable"
        return f"{self.weight * self.score / 100:.0f} of {self.weight:.0f}"


# A little of the text's own colour, so that small figures stand out from any ground.
_INK = f"color-mix(in srgb, {BAD} 80%, currentColor)"


def markup(value: float, parts: Sequence[Part], lost: Sequence[tuple[float, str]]) -> str:
    """HTML of the strip; `lost` are points and the sentence that says for what."""
    told = ", ".join(f"{part.name} {part.told}" for part in parts)
    alt = html.escape(f"Quality {value:.0f} of 100: {told}", quote=True)
    spent = "".join(
        f'<span><b style="color:{_INK}">−{points:.0f}</b> {html.escape(sentence)}</span>'
        for points, sentence in lost
    )
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:0.3rem 1.4rem;align-items:center">'
        f'<div style="white-space:nowrap"><span style="font-size:0.875rem">Quality </span>'
        f'<b style="font-size:1.6rem;font-weight:600">{value:.0f}</b>'
        '<span style="opacity:0.7"> of 100</span></div>'
        f'<div role="img" aria-label="{alt}" style="flex:1 1 26rem;min-width:0;display:flex;'
        f'flex-wrap:wrap;gap:0.3rem 6px">{"".join(map(_bar, parts))}</div></div>'
        '<div style="display:flex;flex-wrap:wrap;gap:0.1rem 1.4rem;font-size:0.85rem;'
        f'opacity:0.85;margin-top:0.35rem">{spent}</div>'
    )


def _bar(part: Part) -> str:
    won = 0.0 if part.score is None else min(max(part.score, 0.0), 100.0)
    track = "color-mix(in srgb, currentColor 14%, transparent)"
    return (
        f'<div style="flex:{part.weight:g} 1 calc({part.weight:g}% - 24px);min-width:max-content">'
        '<div style="font-size:0.78rem;white-space:nowrap;padding-right:0.5rem">'
        f'{part.name.capitalize()} <span style="opacity:0.7">{part.told}</span></div>'
        f'<div style="height:9px;border-radius:3px;background:linear-gradient(to right,{GOOD} '
        f'{won:.1f}%,{track} {won:.1f}%)"></div></div>'
    )
