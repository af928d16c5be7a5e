"""Reports as PDF and as HTML: they hold what they were given, letter by letter."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from cvi.exports.report import (
    Fact,
    Facts,
    Meter,
    Meters,
    Picture,
    Point,
    Quote,
    Report,
    Section,
    Table,
    Text,
    beside,
)
from cvi.exports.report_html import to_html
from cvi.exports.report_pdf import to_pdf

HOSTILE = (
    "#let x = 1; #panic() $a_b$ *bold* _it_ `raw` @ref <label> \\ // /* = head",
    "<script>alert(1)</script> </style> & \"quoted\" 'single'",
    "مرحبا بالعالم שלום",
    "emoji 😀🎉 你好",
    "W" * 300,
    "null\x00bell\x07 \ud800 end",
)
FIGURE = {"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}], "layout": {}}


def report(word="word", rows=3):
    picture = Picture(FIGURE, f"Chart {word}", f"About {word}", f"Alt {word}", half=True)
    quote = Quote(f"Said {word}", f"Who {word}", "#2C8CCB", f"Note {word}", f"Before {word}")
    cells = tuple((f"{word} {number}", str(number)) for number in range(rows))
    blocks = (
        Text(f"Plain {word}"), Text(f"Quiet {word}", quiet=True, title=f"Heading {word}"),
        Facts((Fact(f"Label {word}", "94 %", f"n {word}"),)),
        Meters((Meter(f"Part {word}", 0.4, "40 of 100", "#1E9E77"),
                Meter(f"Missing {word}", None, "not measurable", "#1E9E77"))),
        Table((f"Column {word}", "n"), cells, (3, 1), right=("n",), title=f"Table {word}"),
        picture, picture, picture, quote,
        Point(f"Point {word}", f"Finding {word}", (quote,), f"Sure {word}"),
    )  # fmt: skip
    return Report(
        f"Title {word}", f"Scope {word}", "As of 2026-11-24 15:03 CET", (f"Line {word}",),
        (Section(f"Section {word}", blocks),),
    )  # fmt: skip


def parts(word):
    """Every text the report above is given."""
    names = (
        "Title", "Scope", "Line", "Section", "Plain", "Quiet", "Heading", "Label", "Part",
        "Missing", "Column", "Table", "Chart", "About", "Alt", "Said", "Who", "Note", "Before",
        "Point", "Finding", "Sure",
    )  # fmt: skip
    return [f"{name} {word}" for name in names]


def pages_of(pdf, tmp_path, *options):
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext (poppler-utils): the words of PDFs are not read")
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, check=True)
    return told.stdout.decode().removesuffix("\f").split("\f")


class Words(HTMLParser):
    """Text and alternative texts of a page, and the tags that are open or void."""

    def __init__(self):
        super().__init__()
        self.said, self.tags, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.said += [value for name, value in attrs if name == "alt"]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def read(page):
    words = Words()
    words.feed(page.decode())
    assert words.open == []
    return words


def test_a_pdf_says_everything_once_and_numbers_its_pages(tmp_path):
    pages = pages_of(to_pdf(report(rows=200)), tmp_path, "-layout")
    text = "\n".join(pages)
    assert [part for part in parts("word") if part not in text] == []
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "As of 2026-11-24 15:03 CET" in page
        assert "Scope word" in page
    assert re.findall(r"word (\d+)\s+\1\b", text) == [str(number) for number in range(200)]
    assert sum("Column word" in page for page in pages) > 1  # its head stands on every page


def test_no_heading_is_left_alone_at_the_foot_of_a_page(tmp_path):
    """Whatever stands before it: a heading moves with the first line that follows."""
    for rows in range(30, 60, 3):
        table = Table(("a",), tuple((f"row {number}",) for number in range(rows)), (1,))
        sections = (Section("First", (table,)), Section("Second", (Text("After it."),)))
        pages = pages_of(to_pdf(Report("T", "S", "D", (), sections)), tmp_path)
        assert all(("Second" in page) == ("After it." in page) for page in pages), rows


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text_on_paper(word, tmp_path):
    text = "\n".join(pages_of(to_pdf(report(word)), tmp_path, "-raw")).replace("\u200b", "")
    if word.isascii() and word.isprintable():
        squeezed = "".join(text.split())
        wanted = [part for part in parts(word) if not part.startswith("Alt")]
        assert [part for part in wanted if "".join(part.split()) not in squeezed] == []


@pytest.mark.parametrize("word", HOSTILE[:5], ids=range(5))
def test_hostile_text_stays_text_in_html(word):
    page = to_html(report(word))
    found = read(page)
    assert "script" not in found.tags
    said = "".join(found.said)
    assert [part for part in parts(word) if part not in said] == []


def test_html_needs_nothing_else_and_reads_well_aloud():
    page = to_html(report()).decode()
    found = read(page.encode())
    assert [tag for tag in found.tags if tag in ("h1", "h2")] == ["h1", "h2"]
    assert found.tags.count("figure") == found.tags.count("img") == 3
    assert "script" not in found.tags
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert 'scope="col"' in page
    assert "font/ttf;base64" in page


def test_half_surrogates_and_controls_do_not_stop_a_page():
    assert html.escape("null") in to_html(report(HOSTILE[-1])).decode()


@pytest.mark.parametrize("write", [to_pdf, to_html])
def test_the_same_report_gives_the_same_bytes_and_tells_how_far_it_is(write):
    steps = []
    one = write(report(), lambda share, what: steps.append((share, what)))
    assert one == write(report())
    assert steps[0] == (0.0, "Drawing chart 1 of 3")
    assert [share for share, _ in steps] == sorted(share for share, _ in steps)


def test_two_half_pictures_stand_beside_one_another_and_a_third_alone():
    one, wide = Picture(FIGURE, "a", "", "", half=True), Picture(FIGURE, "b", "", "")
    assert beside([one, one, one, Text("x"), one, wide]) == [
        (one, one), one, Text("x"), one, wide
    ]  # fmt: skip
