"""A real server process and a real Chromium. Without a browser the tests are skipped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium from CVI_CHROMIUM or the PATH.

    Of the module, not the session: while it is open, its event loop runs in this thread, and tests
    that start one of their own could not.
    """
    path = (
        os.environ.get("CVI_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
    )
    if not path:
        pytest.skip("no Chromium: apt-get install chromium, or set CVI_CHROMIUM to another one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Server:
    """A running `cvi serve`: where it is, and its callback address."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environ = environ
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    def cvi(self, *words: str) -> str:
        """Run another `cvi` command on the same data."""
        command = [sys.executable, "-m", "cvi", "--data-dir", str(self.folder), *words]
        done = subprocess.run(
            command, env=self.environ, cwd=ROOT, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def start(self) -> None:
        """Start and wait until the pages answer."""
        command = [sys.executable, "-m", "cvi", "--data-dir", str(self.folder), "serve",
                   "--port", str(self.port)]  # fmt: skip
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self.environ, cwd=ROOT, stdout=log, stderr=log
            )
        with httpx.Client(transport=httpx.HTTPTransport(retries=60)) as client:
            while client.get(f"{self.base}/readyz", timeout=30).status_code != httpx.codes.OK:
                assert self.process.poll() is None, self.log.read_text()

    def stop(self) -> None:
        """Stop it as a supervisor would."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A workbench with an empty store, one per test file."""
    folder = tmp_path_factory.mktemp("workbench")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CVI_")}
    running = Server(folder, environ)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def open_page(browser: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Open a page of the server in a browser of its own; uncaught script errors fail the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_(path: str = "", *, scheme: str = "light", width: int = 1280) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{server.base}/{path}")
        page.wait_for_selector(IDLE, timeout=60_000)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []
