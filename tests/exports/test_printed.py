"""Chart files: they open, they say what they are about, and they draw what the figure holds."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html import escape

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from cvi.errors import CviError
from cvi.exports.chartfile import FORMATS, file_name, notes, undrawable
from cvi.exports.look import THEMES, look
from cvi.exports.printed import print_chart

NOTES = ["n = 497 conversations · persona Noor", "As of 2026-11-24 15:03 CET · CVI Workbench 0.3"]
TITLE = "Quality per week"
HOSTILE = (
    "<b>x</b> <script>alert(1)</script>",
    "$\\frac{a}{b}$ #let x = 1 *bold* _it_ `raw` \\",
    "مرحبا بالعالم שלום",
    "emoji 😀🎉 👩‍👩‍👧 你好",
    "W" * 120,
    "tab\tnull\x00bell\x07 \ud800 end",
    "-->]]></svg><!-- &amp; \"quoted\" 'single'",
)


def bars(**more):
    trace = {"type": "bar", "x": ["a", "b", "c"], "y": [3, 1, 2], "marker": {"color": "#1E9E77"}}
    return go.Figure({"data": [{**trace, **more}], "layout": {"meta": {"alt": "Three bars"}}})


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - our own


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def share_of(picture, colour):
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return (np.abs(picture - wanted).max(axis=2) < 10).mean()


def words_of(pdf, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext (poppler-utils): the words of PDFs are not read")
    path = tmp_path / "chart.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return " ".join(told.stdout.decode().split())


@pytest.mark.parametrize("theme", THEMES)
def test_a_png_is_twice_as_sharp_and_in_the_colours_of_the_theme(theme):
    data = print_chart(bars(), format="png", title=TITLE, note_lines=NOTES, theme=theme)
    picture = pixels(data)
    assert picture.shape[1] == 2 * 840
    assert share_of(picture, look(theme).background) > 0.4
    assert share_of(picture, "#1E9E77") > 0.05


def test_an_svg_is_well_formed_and_tells_what_it_shows():
    root = parsed(print_chart(bars(), format="svg", title=TITLE, note_lines=NOTES))
    said = {each.tag.rpartition("}")[2]: each.text for each in root if each.text}
    assert root.get("role") == "img"
    assert said["title"] == TITLE
    assert said["desc"] == "\n".join(["Three bars", *NOTES])
    assert not [each for each in root.iter() if each.tag.endswith("}text")]  # outlines: no fonts


def test_a_pdf_has_its_fonts_inside_and_its_words_can_be_found(tmp_path):
    data = print_chart(bars(), format="pdf", title=TITLE, note_lines=NOTES)
    assert data.startswith(b"%PDF-")
    assert b"SourceSansPro" in data
    assert b"/Type3" not in data
    told = words_of(data, tmp_path)
    assert all(line in told for line in (TITLE, *NOTES))


def test_html_is_one_file_with_script_typeface_title_and_notes():
    page = print_chart(bars(), format="html", title=TITLE, note_lines=NOTES, theme="dark").decode()
    assert f"<h1>{TITLE}</h1>" in page
    assert all(f"<p>{line}</p>" in page for line in NOTES)
    assert 'aria-label="Three bars"' in page
    assert "Plotly.newPlot" in page
    assert "font/ttf;base64" in page
    assert look("dark").background in page
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="http', page)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_chart_gives_the_same_bytes(kind):
    one, two = (print_chart(bars(), format=kind, title=TITLE, note_lines=NOTES) for _ in "12")
    assert one == two


def test_charts_are_drawn_in_several_threads_at_once():
    alone = print_chart(bars(), format="png", title=TITLE)
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(print_chart, bars(), format="png", title=TITLE) for _ in range(8)]
    assert {each.result() for each in work} == {alone}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_outside_is_shown_and_never_read(text, tmp_path):
    name = escape(text.replace("\ud800", ""))  # Plotly itself cannot hold half a character
    figure = bars(x=[name, "b", "c"], name=name, text=[name] * 3, textposition="outside")
    figure = figure.to_dict() | {"layout": {"showlegend": True, "yaxis": {"title": {"text": name}}}}
    given = {"title": text, "note_lines": [text]}
    assert pixels(print_chart(figure, format="png", **given)).std() > 0
    parsed(print_chart(figure, format="svg", **given))
    page = print_chart(figure, format="html", **given).decode()
    assert "<script>alert" not in page
    assert escape(text.replace("\ud800", "?")) in page
    told = words_of(print_chart(figure, format="pdf", **given), tmp_path)
    if text.isascii() and text.isprintable():
        assert "".join(text.split()) in "".join(told.split())


def test_a_long_name_stays_on_the_page():
    figure = go.Figure({"data": [{"type": "bar", "orientation": "h", "y": ["M" * 200], "x": [1]}]})
    picture = pixels(print_chart(figure, format="png", title="M" * 200, note_lines=["M" * 200]))
    background = picture[0, 0]
    for edge in (picture[:, :8], picture[:, -8:], picture[:8], picture[-8:]):
        assert (edge == background).all()


def test_labels_keep_their_emphasis_and_escaped_tags_stay_text(tmp_path):
    rows = ["<b>bold</b> <span style='color:#8A97A3'>12</span>", "&lt;b&gt;literal", "two<br>lines"]
    told = words_of(print_chart(bars(x=rows), format="pdf", title="T"), tmp_path)
    assert "bold 12" in told
    assert "<b>literal" in told
    assert "<b>bold" not in told
    assert "<br>" not in told


def test_what_cannot_be_drawn_is_named_and_html_is_offered():
    figure = go.Figure({"data": [{"type": "pie", "values": [1, 2]}]})
    assert undrawable(figure.data, figure.layout) == "pie traces"
    with pytest.raises(CviError, match=r"pie traces cannot be drawn .* HTML"):
        print_chart(figure, format="png")
    assert b"Plotly.newPlot" in print_chart(figure, format="html")
    circle = go.Figure({"layout": {"shapes": [{"type": "circle"}]}})
    assert undrawable(circle.data, circle.layout) == "circle shapes"
    with pytest.raises(CviError, match="no chart file of the format 'gif'"):
        print_chart(bars(), format="gif")


def test_no_browser_and_no_other_program_is_started():
    """Nor is a network or a display asked for: it runs with neither, in a bare environment."""
    script = (
        "import os, sys, socket, subprocess\n"
        "asked = []\n"
        "def never(self, what, *a, **k): asked.append(what); raise FileNotFoundError(what)\n"
        "subprocess.Popen.__init__ = socket.socket.connect = never\n"
        "from cvi.exports.printed import print_chart\n"
        "figure = {'data': [{'type': 'bar', 'x': [1], 'y': [2]}], 'layout': {}}\n"
        "for kind in ('png', 'svg', 'pdf', 'html'):\n"
        "    assert print_chart(figure, format=kind, title='t')\n"
        "assert 'kaleido' not in sys.modules\n"
        # Once, to see which fonts the machine has; without it they are looked for in folders.
        "assert all(each[0] == 'fc-list' for each in asked), asked\n"
    )
    subprocess.run([sys.executable, "-c", script], env={"PATH": "", "HOME": "/"}, check=True)


def test_the_marks_are_where_their_numbers_are():
    """Stacked, overlaid from a base, lying: seen in the picture, column by column."""
    layout = {"barmode": "stack", "yaxis": {"range": [0, 10]}, "bargap": 0, "showlegend": False}
    data = [
        {"type": "bar", "x": [0, 1], "y": [5, 2], "marker": {"color": "#FF0000"}},
        {"type": "bar", "x": [0, 1], "y": [5, 2], "marker": {"color": "#0000FF"}},
    ]
    picture = pixels(print_chart({"data": data, "layout": layout}, format="png"))
    red, blue = (share_of(picture, colour) for colour in ("#FF0000", "#0000FF"))
    assert red == pytest.approx(blue, rel=0.02)
    area = picture.shape[0] * picture.shape[1]
    left = picture[:, : picture.shape[1] // 2 + 20]
    assert share_of(left, "#FF0000") * left.shape[0] * left.shape[1] == pytest.approx(
        red * area * 5 / 7, rel=0.08
    )


def test_notes_and_file_names_say_which_when_and_what():
    moment = datetime(2026, 11, 24, 15, 3, tzinfo=UTC)
    assert notes(497, "all conversations", moment, "0.3.0") == [
        "n = 497 conversations · all conversations",
        "As of 2026-11-24 15:03 UTC · CVI Workbench 0.3.0",
    ]
    assert (
        notes("12 of 20 turns", "persona Noor", moment, "1")[0] == "12 of 20 turns · persona Noor"
    )
    assert file_name("Qualität / per week?", moment, "png") == "qualitat-per-week-2026-11-24.png"
    assert file_name("你好", moment, "svg") == "chart-2026-11-24.svg"
