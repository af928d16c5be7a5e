"""A figure as one HTML page that needs nothing else: script, typeface and colours are inside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from cvi.exports.look import FAMILY, Look, font_files, look

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{fonts}
body {{ margin: 0; background: {background}; color: {text};
  font: 16px/1.45 "{family}", sans-serif; }}
main {{ max-width: 1120px; margin: 0 auto; padding: 32px 24px; }}
h1 {{ font-size: 1.5rem; font-weight: 600; margin: 0 0 .75rem; overflow-wrap: anywhere; }}
p.about {{ color: {quiet}; margin: -.5rem 0 1rem; overflow-wrap: anywhere; }}
footer {{ color: {quiet}; font-size: .875rem; margin-top: 1rem; overflow-wrap: anywhere; }}
footer p {{ margin: .1rem 0; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{about}
<div role="img" aria-label="{alt}">{chart}</div>
<footer>{notes}</footer>
</main>
</body>
</html>
"""


def to_page(
    figure: Any,  # noqa: ANN401 - a go.Figure or its dict
    *,
    title: str,
    about: str = "",
    note_lines: Sequence[str] = (),
    theme: str = "light",
) -> bytes:
    """The figure as it behaves on the page: hover, legend, zoom; Plotly's script is included."""
    import plotly.graph_objects as go
    from plotly.io import to_html

    colours = look(theme)
    drawn = go.Figure(figure, skip_invalid=False)
    drawn.update_layout(template=_template(colours), autosize=True, dragmode="zoom")
    chart = to_html(
        drawn, full_html=False, include_plotlyjs=True, div_id="chart",
        config={"displaylogo": False, "responsive": True},
    )  # fmt: skip
    meta = drawn.layout.meta
    alt = meta.get("alt", title) if isinstance(meta, dict) else title
    notes = "".join(f"<p>{escape(line)}</p>" for line in note_lines)
    line = f'<p class="about">{escape(about)}</p>' if about else ""
    page = _PAGE.format(
        title=escape(title), about=line, alt=escape(str(alt)), chart=chart, notes=notes,
        background=colours.background, text=colours.text, quiet=colours.quiet, family=FAMILY,
        fonts=font_faces(),
    )  # fmt: skip
    return page.encode("utf-8", "replace")


@cache
def font_faces() -> str:
    """CSS that carries the typeface, so that a page looks the same without a network."""
    cuts = (("regular", 400, "normal"), ("semibold", 600, "normal"))
    return "\n".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; font-style: {style}; '
        f"src: url(data:font/ttf;base64,{_encoded(name)}); }}"
        for name, weight, style in cuts
    )


def _encoded(cut: str) -> str:
    return base64.b64encode(font_files()[cut].read_bytes()).decode()


def _template(colours: Look) -> dict[str, Any]:
    axis = {
        "gridcolor": colours.grid, "zerolinecolor": colours.grid, "linecolor": colours.grid,
        "tickfont": {"color": colours.quiet},
        "title": {"font": {"color": colours.quiet, "size": 13}},
        "automargin": True,
    }  # fmt: skip
    return {
        "layout": {
            "font": {"family": f"{FAMILY}, sans-serif", "color": colours.text, "size": 13},
            "paper_bgcolor": colours.background, "plot_bgcolor": colours.background,
            "colorway": list(colours.series), "xaxis": axis, "yaxis": axis,
            "hoverlabel": {
                "bgcolor": colours.surface, "bordercolor": colours.grid,
                "font": {"color": colours.text, "family": f"{FAMILY}, sans-serif"},
            },
        }
    }  # fmt: skip
