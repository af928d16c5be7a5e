"""Take the screenshots: `make screenshots`, or `python docs/screenshots.py --to FOLDER --all`.

Serves the demo from a temporary folder; opens every page in Chromium, light and dark, 1280 and 390
pixels wide; `--all` adds 1920. What the README shows goes to docs/images as well. Needs what the
browser tests need.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

PAGES = ("overview", "conversations", "conversation", "topics", "sentiment", "quality",
         "turn_taking", "data", "events", "status")  # fmt: skip
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
DRAWN = {
    **dict.fromkeys(
        ("overview", "topics", "sentiment", "quality", "turn_taking", "events"), ".js-plotly-plot"
    ),
    "conversation": ".turn",
    "conversations": "[data-testid=stDataFrame] canvas",
}
SETTLED = """() => {
  const seen = it => it.getBoundingClientRect().top < innerHeight
  const waits = [...document.querySelectorAll('[data-testid=stSkeleton]')].some(seen)
  return document.fonts.status === 'loaded' && !waits
}"""
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Serve, shoot, stop."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, default=ROOT / ".cache" / "screenshots")
    options.add_argument("--all", action="store_true", help="Also 1920 pixels wide.")
    options.add_argument("--port", type=int, default=8599)
    given = options.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "cvi", "--data-dir", folder, "demo",
                   "--port", str(given.port)]  # fmt: skip
        server = subprocess.Popen(command, cwd=ROOT)
        try:
            base = f"http://127.0.0.1:{given.port}"
            _wait(base)
            _shoot(base, given.to, widths=(1280, 390, 1920) if given.all else (1280, 390))
            _publish(given.to)
        finally:
            server.terminate()
            server.wait(30)


def _wait(base: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{base}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    sys.exit("The server did not start.")


def _shoot(base: str, folder: Path, *, widths: tuple[int, ...]) -> None:
    path = os.environ.get("CVI_CHROMIUM") or shutil.which("chromium")
    if path is None:
        sys.exit("No Chromium: install it, or name one in CVI_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for width in widths:
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": 1000}, color_scheme=scheme
                )
                page = context.new_page()
                for name in PAGES:
                    _one(page, base, name)
                    suffix = "" if width == 1280 else f"-{width}"
                    page.screenshot(path=folder / f"{name}-{scheme}{suffix}.png")
                context.close()
        browser.close()


def _publish(folder: Path) -> None:
    """Copy what README and docs show."""
    for image in (ROOT / "docs" / "images").glob("*.png"):
        if (folder / image.name).exists():
            shutil.copy(folder / image.name, image)


def _one(page: Page, base: str, name: str) -> None:
    path = {"overview": "", "conversation": f"conversation?id={_example()}"}.get(name, name)
    page.goto(f"{base}/{path}")
    page.wait_for_selector(IDLE, timeout=60_000)
    if name in DRAWN:
        page.wait_for_selector(DRAWN[name], timeout=60_000)
    # The live stream never lets the network be idle: wait for what is to be seen instead.
    page.wait_for_function(SETTLED, timeout=60_000)


def _example() -> str:
    """A conversation with speaking events whose user asks for a document."""
    from datetime import UTC, datetime, timedelta

    from cvi.demo import plan

    day = datetime.now(UTC).date() - timedelta(days=1)
    asked = {"pitch_practice-02", "pitch_practice-07", "pitch_practice-12"}
    talks = (each for each in plan(end=day) if each.timing == "speaking" and each.cast)
    return next(each.conversation_id for each in talks if asked & set(each.cast.segments))


if __name__ == "__main__":
    main()
