"""What is configured, without telling secrets."""

from __future__ import annotations

from typing import Any

import pytest

from cvi.bootstrap import webhook_token
from cvi.ui import workbench

pytest_plugins = ["tests.pages.copies"]


@pytest.mark.parametrize("state", ["empty", "tiny"])
def test_it_draws(page: Any, state: str) -> None:
    """In every state."""
    assert not page("status", state).exception


def test_the_secret_is_masked_until_it_is_asked_for(page: Any) -> None:
    """The token is in the page only after the toggle."""
    app = page("status", "empty")
    token = webhook_token(workbench.ports().settings)
    assert token not in app.code[0].value
    app.toggle(key="reveal").set_value(True).run()
    assert app.code[0].value.endswith(token)


def test_secrets_are_set_or_not_set(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key never reaches the table."""
    monkeypatch.setenv("TAVUS_API_KEY", "top-secret-key")
    app = page("status", "empty")
    table = app.dataframe[0].value.set_index("Setting")["Value"]
    assert table["TAVUS_API_KEY"] == "set"
    assert table["OPENAI_API_KEY"] == "not set"
    assert "top-secret-key" not in str(table.tolist())


def test_accepting_anybody_is_an_alarm(page: Any, monkeypatch: Any) -> None:
    """The mode `none` is the first thing on the page."""
    from tests.pages.copies import reopened

    page("status", "empty")
    monkeypatch.setenv("CVI_WEBHOOK_AUTH", "none")
    app = reopened("status")
    assert not app.exception
    assert "whoever reaches this server" in app.error[0].value
