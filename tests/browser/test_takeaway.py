"""Taking data away, in a real browser: rows from a page, the workspace from the Data page."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from cvi.bootstrap import open_ports
from cvi.jobs import background, tickets
from cvi.settings import load_settings
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SAMPLES = Path(__file__).parents[2] / "data" / "samples"

Open = Callable[..., Any]


def test_rows_of_a_page_are_downloaded(open_page: Open, server: Server, tmp_path: Path) -> None:
    server.cvi("import", str(SAMPLES / "transcripts.jsonl"))
    page = open_page("conversations")
    page.get_by_role("button", name=re.compile("Export all 2")).click()
    with page.expect_download() as found:
        page.get_by_role("button", name="JSONL", exact=True).click()
    found.value.save_as(tmp_path / "rows.zip")
    with zipfile.ZipFile(tmp_path / "rows.zip") as rows:
        lines = [json.loads(line) for line in rows.open("conversations.jsonl")]
        manifest = json.loads(rows.read("manifest.json"))
    assert {line["conversation_id"] for line in lines} == {"sample-1", "sample-2"}
    assert manifest["tables"]["conversations"]["rows"] == 2


def test_the_workspace_is_exported_while_one_watches(
    open_page: Open, server: Server, tmp_path: Path
) -> None:
    server.cvi("import", str(SAMPLES / "transcripts.jsonl"))
    page = open_page("data")
    page.locator(".st-key-export-start button").click()
    expect(page.get_by_text("a link holds for twelve hours")).to_be_visible(timeout=60_000)
    ports = open_ports(load_settings({}, data_dir=server.folder), upgrade=False)
    [made] = background.archives(ports)
    address = f"{server.base}/downloads/{tickets.ticket(ports.settings, made.job.job_id)}"
    with httpx.stream("GET", address) as answer:
        assert answer.status_code == httpx.codes.OK
        (tmp_path / "all.zip").write_bytes(b"".join(answer.iter_raw()))
    assert (tmp_path / "all.zip").read_bytes() == made.path.read_bytes()
    page.get_by_role("button", name="Re-analyse everything").click()
    expect(page.locator("[data-testid=stProgress]")).to_have_count(1, timeout=20_000)
    expect(page.locator("[data-testid=stProgress]")).to_have_count(0, timeout=60_000)
