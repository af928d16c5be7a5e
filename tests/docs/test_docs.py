"""The documentation says what is true."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import click
import pytest

from cvi.cli import main
from cvi.settings import described

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, default, meaning, secret in described():
        row = next(line for line in table.splitlines() if line.startswith(f"| `{name}`"))
        assert meaning in row
        assert (f"`{default}`" in row) == bool(default)
        assert ("(secret)" in row) == secret


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    known = {name for name, *_ in described()} | {"CVI_CHROMIUM"}
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"\b(?:CVI|TAVUS|OPENAI|ANTHROPIC)_[A-Z_]+\b", text)) <= known


def test_every_command_is_in_the_readme_and_every_named_one_exists() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"\bcvi ([a-z]+)", text))
    assert set(main.commands) <= named
    assert named <= set(main.commands)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_explains_itself(name: str) -> None:
    command = main.commands[name]
    assert command.help
    context = click.Context(command, info_name=name)
    assert command.get_help(context)


def test_links_and_images_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_metric_reference_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "metrics_reference.py"))["reference"]()
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == made


def test_locks_pin_by_hash_and_name_no_address() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9_.\-\[\]]+==", text, flags=re.MULTILINE | re.IGNORECASE)
        assert len(pins) > 40
        assert text.count("--hash=sha256:") >= len(pins)
