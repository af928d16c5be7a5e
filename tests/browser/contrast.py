"""Contrast of the words on a page with what is behind them, as WCAG 2.2 computes it (1.4.3)."""

from __future__ import annotations

from typing import Any

LEAST = 4.5
_FAINT = """least => {
  const parts = colour => {
    const found = colour.match(/^rgba?\\(([^)]*)\\)/)
    return found ? found[1].split(/[ ,/]+/).map(Number) : null
  }
  const over = (top, below) => {
    const share = top[3] ?? 1
    return [0, 1, 2].map(at => share * top[at] + (1 - share) * below[at])
  }
  const luminance = colour => {
    const [r, g, b] = colour.map(each => each / 255)
      .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = element => {
    const layers = []
    for (let it = element; it; it = it.parentElement) {
      const colour = parts(getComputedStyle(it).backgroundColor)
      if (colour && (colour[3] ?? 1) > 0) layers.push(colour)
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255])
  }
  const seen = element => element.checkVisibility({ opacityProperty: true })
    && !element.closest(':disabled, [aria-disabled=true], [data-stale=true]')
  const found = new Map()
  const walker = document.createTreeWalker(
    document.querySelector('[data-testid=stApp]'), NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement
    if (!words || element.closest('svg, style, script, [data-testid=stIconMaterial]')) continue
    const colour = parts(getComputedStyle(element).color)
    if (!colour || !seen(element)) continue
    const ground = behind(element), ink = over(colour, ground)
    const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a)
    const ratio = (light + 0.05) / (dark + 0.05)
    if (ratio < least) found.set(words.slice(0, 40), Math.round(10 * ratio) / 10)
  }
  return [...found].map(([words, ratio]) => `${words}: ${ratio}`)
}"""


def faint(page: Any, least: float = LEAST) -> list[str]:
    """Words of the page with less contrast than that, each with its ratio.

    Disabled widgets are exempt, and so are charts, whose labels Plotly draws.
    """
    found: list[str] = page.evaluate(_FAINT, least)
    return found
