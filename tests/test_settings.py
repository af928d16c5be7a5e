"""Settings: one frozen record, masked secrets, errors that name the setting; the token."""

from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cvi.bootstrap import open_ports, settings_here, webhook_token
from cvi.errors import SettingsError, StoreError
from cvi.settings import Key, Settings, described, faults, keys, load_settings

README = Path(__file__).resolve().parent.parent / "README.md"


def _secrets(folder: Path, text: str) -> Path:
    path = folder / "secrets.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults() -> None:
    """Without anything set, everything has a value."""
    found = load_settings({})
    assert (found.workspace, found.port, found.webhook_auth) == ("default", 8501, "any")
    assert found.store_url == f"sqlite:///{found.data_dir / 'workbench.db'}"
    assert found.data_dir.is_absolute()


def test_the_environment_wins_over_the_secrets_file(tmp_path: Path) -> None:
    """And an explicit folder over both; an empty value is as good as none."""
    path = _secrets(
        tmp_path,
        'CVI_PORT = 9000\nCVI_WORKSPACE = "file"\nTAVUS_API_KEY = "from file"\n'
        'CVI_DATA_DIR = "/from/file"\nCVI_HOST = ""\n[server]\nport = 1\n',
    )
    environ = {"CVI_WORKSPACE": "env", "TAVUS_API_KEY": " ", "CVI_DATA_DIR": "~/env", "OTHER": "x"}
    found = load_settings(environ, secrets=path)
    assert (found.port, found.workspace, found.host) == (9000, "env", "127.0.0.1")
    assert found.tavus_api_key == "from file"
    assert found.data_dir == Path("~/env").expanduser()
    assert load_settings(environ, secrets=path, data_dir=tmp_path).data_dir == tmp_path


def test_a_missing_secrets_file_is_no_error(tmp_path: Path) -> None:
    """A folder in its place neither."""
    assert load_settings({}, secrets=tmp_path / "none.toml") == load_settings({})
    assert load_settings({}, secrets=tmp_path) == load_settings({})


@pytest.mark.parametrize("data", [b"not = = toml", b'x = "\xff"'])
def test_a_broken_secrets_file_is_explained(tmp_path: Path, data: bytes) -> None:
    """With its path."""
    path = tmp_path / "secrets.toml"
    path.write_bytes(data)
    with pytest.raises(SettingsError, match=re.escape(str(path))):
        load_settings({}, secrets=path)


def test_secrets_are_masked() -> None:
    """`repr` and `str` show only whether they are set; so do keys."""
    every = {name: f"s3cret-{name}" for name, _, _, secret in described() if secret}
    every["CVI_DATABASE_URL"] = "postgresql://u:s3cret@h/d"
    found = load_settings(every)
    assert "s3cret" not in repr(found) + str(found) + f"{found}"
    assert repr(found).count("[set]") == len(every)
    assert "[not set]" in repr(load_settings({}))
    assert "s3cret" not in repr(keys("s3cret;until=2030-01-01", "X"))
    secret = {name for name, _, _, is_secret in described() if is_secret}
    assert {n for n, *_ in described() if re.search("KEY|SECRET|TOKEN|URL$", n)} - secret == {
        "TAVUS_BASE_URL", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL",
    }  # fmt: skip


def test_settings_cannot_be_changed() -> None:
    """They are a value."""
    with pytest.raises(FrozenInstanceError):
        load_settings({}).port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "environ",
    [
        {"CVI_PORT": "eighty"},
        {"CVI_PORT": "0"},
        {"CVI_API_PORT": "70000"},
        {"CVI_WEBHOOK_MAX_BYTES": "1.5"},
        {"CVI_WEBHOOK_MAX_BYTES": "-1"},
        {"CVI_WEBHOOK_QUEUE": "0"},
        {"CVI_WEBHOOK_AUTH": "maybe"},
        {"CVI_WEBHOOK_AUTH": "signature"},
        {"CVI_WEBHOOK_AUTH": "both"},
        {"CVI_WEBHOOK_AUTH": "none", "CVI_HOST": "0.0.0.0"},  # noqa: S104
        {"CVI_WEBHOOK_TOKEN": "s3cret;until=soon"},
        {"TAVUS_WEBHOOK_SECRET": "s3cret,;until=2030-01-01"},
    ],
)
def test_errors_name_the_setting_and_show_no_secret(environ: dict[str, str]) -> None:
    """And say what it may be."""
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert next(iter(environ)) in str(caught.value)
    assert caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_several_keys_for_a_rotation() -> None:
    """Old and new are valid together until the old one ends; a date without a zone is UTC."""
    old, other, new = keys(
        " old;until=2026-06-01 , other;until=2026-06-01T02:00+02:00,new, ", "CVI_WEBHOOK_TOKEN"
    )
    end = datetime(2026, 6, 1, tzinfo=UTC)
    assert (old.secret, old.until, other.until, new) == ("old", end, end, Key("new"))
    assert old.valid(end.replace(year=2025))
    assert not old.valid(end)
    assert new.valid(end)
    assert keys("", "X") == keys(" , ,", "X") == ()


def test_settings_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets file of the folder one is in counts; only the given environment is read."""
    (tmp_path / ".streamlit").mkdir()
    _secrets(tmp_path / ".streamlit", "CVI_PORT = 9001")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CVI_WORKSPACE", "real")
    assert settings_here({}).port == 9001
    assert settings_here({}).workspace == "default"
    assert settings_here().workspace == "real"


def test_every_setting_is_in_the_readme() -> None:
    """As `NAME`, with its default where it has one."""
    text = README.read_text(encoding="utf-8")
    if not text:
        pytest.skip("the README is being written")
    table = {
        found[1]: line
        for line in text.splitlines()
        if (found := re.match(r"\|\s*`([A-Z][A-Z_]+)`", line))
    }
    described_names = {name for name, *_ in described()}
    assert described_names - set(table) == set()
    for name, default, _, secret in described():
        if default and not secret:
            assert default in table[name] or f"{int(default):,}" in table[name], name


# --- the token that is generated --------------------------------------------------------------


def test_a_token_is_generated_once(tmp_path: Path) -> None:
    """For this user's eyes only; a configured one wins."""
    here = Settings(data_dir=tmp_path / "new")
    token = webhook_token(here)
    assert len(token) >= 40
    assert webhook_token(here) == token
    path = tmp_path / "new" / "webhook_token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert webhook_token(Settings(data_dir=tmp_path, webhook_tokens="mine")) == "mine"


def test_several_processes_generate_one_token(tmp_path: Path) -> None:
    """Nobody reads it before it is written."""
    for turn in range(10):
        here = Settings(data_dir=tmp_path / str(turn))
        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(lambda _: webhook_token(here), range(8)))  # noqa: B023
        assert len(found) == 1
        assert len(found.pop()) >= 40


def test_a_folder_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    """For the token and for the store."""
    (tmp_path / "file").write_text("x")
    here = Settings(data_dir=tmp_path / "file")
    with pytest.raises(StoreError, match="webhook_token") as caught:
        webhook_token(here)
    assert "CVI_WEBHOOK_TOKEN" in caught.value.hint
    with pytest.raises(StoreError, match="cannot be made"):
        open_ports(Settings(data_dir=tmp_path / "file" / "deeper"))


def test_everything_that_is_wrong_is_found_at_once(tmp_path: Path) -> None:
    """For the doctor; whoever starts something is told the first."""
    (tmp_path / "secrets.toml").write_text("not = toml = at all")
    environ = {"CVI_PORT": "eighty", "CVI_API_PORT": "0", "CVI_WEBHOOK_AUTH": "maybe",
               "CVI_WEBHOOK_TOKEN": "a;until=soon"}  # fmt: skip
    wrong = faults(environ, secrets=tmp_path / "secrets.toml")
    told = " ".join(each.message for each in wrong)
    assert len(wrong) == 5
    assert all(name in told for name in [*environ, "secrets.toml"])
    assert faults({}) == []
