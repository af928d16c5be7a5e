"""`cvi report`: the dashboard or one conversation as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from click.testing import CliRunner, Result

from cvi.cli import main

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.fixture
def cvi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `cvi` with a data folder of its own that holds two conversations."""
    monkeypatch.setenv("CVI_DATA_DIR", "/nowhere")  # put back after the test

    def run(*words: str | Path) -> Result:
        st.cache_data.clear()
        st.cache_resource.clear()
        given = ["--data-dir", str(tmp_path / "data"), *map(str, words)]
        return CliRunner().invoke(main, given)

    assert run("import", SAMPLES / "transcripts.jsonl").exit_code == 0
    yield run
    st.cache_data.clear()
    st.cache_resource.clear()


def test_the_dashboard_and_a_conversation_are_written(cvi: Any, tmp_path: Path) -> None:
    shown = cvi("report", "--to", tmp_path / "all.pdf")
    assert shown.exit_code == 0, shown.output
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF-")
    exported = tmp_path / "rows.csv"
    assert cvi("export", "conversations", "--to", exported).exit_code == 0
    name = exported.read_text(encoding="utf-8-sig").splitlines()[1].split(",")[0]
    page = tmp_path / "one.html"
    shown = cvi(
        "report", "--to", page, "--conversation", name, "--no-transcript", "--zone", "Asia/Tokyo"
    )
    assert shown.exit_code == 0, shown.output
    text = page.read_text(encoding="utf-8")
    assert name in text
    assert " JST" in text
    assert "<h2>Transcript</h2>" not in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--to", "x.docx"), 2, "FILE.pdf or FILE.html"),
        (("--to", "x.pdf", "--zone", "Mars"), 2, "no time zone 'Mars'"),
        (("--to", "x.pdf", "--conversation", "nope"), 1, "no conversation with the id 'nope'"),
        (("--to", "x.pdf", "--link", "?persona=nobody"), 1, "nothing to report"),
    ],
)
def test_what_cannot_be_reported_is_said(cvi: Any, words: Any, code: int, said: str) -> None:
    result = cvi("report", *words)
    assert result.exit_code == code
    assert said in result.output + result.stderr
    assert not Path("x.pdf").exists()
