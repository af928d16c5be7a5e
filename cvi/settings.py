"""One frozen record of settings, from the environment and `.streamlit/secrets.toml`."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from cvi.errors import SettingsError

AUTH_MODES = ("any", "token", "signature", "both", "none")


def _setting(env: str, about: str, *, secret: bool = False, default: object = "") -> object:
    return field(
        default=default,
        repr=not secret,
        metadata={"env": env, "about": about, "secret": secret},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be configured. `repr` shows of a secret only whether it is set."""

    database_url: str = _setting(  # type: ignore[assignment]
        "CVI_DATABASE_URL",
        "Where conversations are kept: `sqlite:////path/file.db` or "
        "`postgresql://user:password@host/name`. Empty: a SQLite file in the data folder.",
        secret=True,
    )
    data_dir: Path = _setting(  # type: ignore[assignment]  # noqa: RUF009 - never changed
        "CVI_DATA_DIR",
        "Folder for the SQLite file and the generated webhook token. "
        "Empty: a folder for this user.",
        default=Path(),
    )
    workspace: str = _setting(  # type: ignore[assignment]
        "CVI_WORKSPACE", "Name of the workspace whose rows are read and written.", default="default"
    )
    host: str = _setting(  # type: ignore[assignment]
        "CVI_HOST", "Address the servers listen on.", default="127.0.0.1"
    )
    port: int = _setting(  # type: ignore[assignment]
        "CVI_PORT", "Port of the pages (and of the API in one-process mode).", default=8501
    )
    api_port: int = _setting(  # type: ignore[assignment]
        "CVI_API_PORT", "Port of the API when it runs on its own (`cvi api`).", default=8502
    )
    webhook_auth: str = _setting(  # type: ignore[assignment]
        "CVI_WEBHOOK_AUTH",
        "Which proof a callback needs: `any` (secret URL token or signature), `token`, "
        "`signature`, `both`, or `none` (local callers only).",
        default="any",
    )
    webhook_tokens: str = _setting(  # type: ignore[assignment]
        "CVI_WEBHOOK_TOKEN",
        "Secret part of the callback address. Several, separated by commas, during a rotation; "
        "each may end in `;until=2026-12-31T00:00Z`. Empty: one is generated in the data folder.",
        secret=True,
    )
    webhook_secrets: str = _setting(  # type: ignore[assignment]
        "TAVUS_WEBHOOK_SECRET",
        "Key of the HMAC signature on callbacks; several as above. A `whsec_…` key checks the "
        "Standard Webhooks scheme.",
        secret=True,
    )
    webhook_max_bytes: int = _setting(  # type: ignore[assignment]
        "CVI_WEBHOOK_MAX_BYTES", "Largest callback body accepted.", default=2 * 1024 * 1024
    )
    webhook_queue: int = _setting(  # type: ignore[assignment]
        "CVI_WEBHOOK_QUEUE",
        "Callbacks that may wait for the disk before callers are asked to come back later.",
        default=10_000,
    )
    tavus_api_key: str = _setting(  # type: ignore[assignment]
        "TAVUS_API_KEY", "Key of the Tavus API.", secret=True
    )
    tavus_base_url: str = _setting(  # type: ignore[assignment]
        "TAVUS_BASE_URL", "Address of the Tavus API.", default="https://tavusapi.com"
    )
    openai_api_key: str = _setting(  # type: ignore[assignment]
        "OPENAI_API_KEY", "Key of an OpenAI-compatible model server.", secret=True
    )
    openai_base_url: str = _setting(  # type: ignore[assignment]
        "OPENAI_BASE_URL", "Address of that server.", default="https://api.openai.com/v1"
    )
    anthropic_api_key: str = _setting(  # type: ignore[assignment]
        "ANTHROPIC_API_KEY", "Key of the Anthropic API.", secret=True
    )
    anthropic_base_url: str = _setting(  # type: ignore[assignment]
        "ANTHROPIC_BASE_URL", "Address of the Anthropic API.", default="https://api.anthropic.com"
    )

    def __repr__(self) -> str:
        shown = (
            f"{each.name}={_masked(getattr(self, each.name), secret=each.metadata['secret'])}"
            for each in fields(self)
        )
        return f"Settings({', '.join(shown)})"

    @property
    def store_url(self) -> str:
        """The database address that is in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'workbench.db'}"


def _masked(value: object, *, secret: bool) -> str:
    return ("[set]" if value else "[not set]") if secret else repr(value)


def load_settings(
    environ: Mapping[str, str], *, secrets: Path | None = None, data_dir: Path | None = None
) -> Settings:
    """Read settings; the environment wins over the secrets file, `data_dir` over both.

    Raises SettingsError naming the setting and what it may be.
    """
    settings, wrong = _read(environ, secrets, data_dir)
    if wrong:
        raise wrong[0]
    return settings


def faults(environ: Mapping[str, str], *, secrets: Path | None = None) -> list[SettingsError]:
    """Everything that is wrong with the settings at once, for the doctor."""
    return _read(environ, secrets, None)[1]


def _read(
    environ: Mapping[str, str], secrets: Path | None, data_dir: Path | None
) -> tuple[Settings, list[SettingsError]]:
    """The settings, defaults in place of what is wrong, and what is."""
    wrong: list[SettingsError] = []
    given: dict[str, str] = {}
    try:
        given = _set(_from_file(secrets))
    except SettingsError as error:
        wrong.append(error)
    given |= _set(environ)
    values: dict[str, object] = {}
    for each in fields(Settings):
        raw = given.get(each.metadata["env"])
        if raw is None:
            continue
        try:
            values[each.name] = _cast(each.metadata["env"], raw, each.default)
        except SettingsError as error:
            wrong.append(error)
    if data_dir is not None:
        values["data_dir"] = data_dir
    if not values.get("data_dir"):
        values["data_dir"] = Path(platformdirs.user_data_dir("cvi-workbench", appauthor=False))
    settings = Settings(**values)  # type: ignore[arg-type]
    return settings, [*wrong, *_checked(settings)]


def _set(given: Mapping[str, str]) -> dict[str, str]:
    """An empty value is as good as none."""
    return {key: value.strip() for key, value in given.items() if value.strip()}


def _cast(name: str, raw: str, default: object) -> object:
    if isinstance(default, int):
        try:
            return int(raw)
        except ValueError as error:
            raise SettingsError(f"{name} is {raw!r}.", hint="It must be a whole number.") from error
    return Path(raw).expanduser() if isinstance(default, Path) else raw


def _from_file(path: Path | None) -> dict[str, str]:
    """Top-level values of a secrets file; nested tables (Streamlit's own) are left alone."""
    if path is None or not path.is_file():
        return {}
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.", hint="It must be TOML.") from error
    return {key: str(value) for key, value in parsed.items() if not isinstance(value, dict | list)}


def _checked(settings: Settings) -> Iterator[SettingsError]:
    yield from _numbers(settings)
    if settings.webhook_auth not in AUTH_MODES:
        hint = f"It may be {', '.join(AUTH_MODES)}."
        yield SettingsError(f"CVI_WEBHOOK_AUTH is {settings.webhook_auth!r}.", hint=hint)
    if settings.webhook_auth == "none" and settings.host not in ("127.0.0.1", "localhost", "::1"):
        yield SettingsError(
            "CVI_WEBHOOK_AUTH=none accepts anybody, so it works on a local address only.",
            hint="Set CVI_HOST=127.0.0.1, or choose another mode.",
        )
    if settings.webhook_auth in ("signature", "both") and not settings.webhook_secrets:
        yield SettingsError(
            f"CVI_WEBHOOK_AUTH={settings.webhook_auth} needs a key.",
            hint="Set TAVUS_WEBHOOK_SECRET.",
        )
    for text, name in (
        (settings.webhook_tokens, "CVI_WEBHOOK_TOKEN"),
        (settings.webhook_secrets, "TAVUS_WEBHOOK_SECRET"),
    ):
        try:
            keys(text, name)
        except SettingsError as error:
            yield error


def _numbers(settings: Settings) -> Iterator[SettingsError]:
    most = {"port": 65_535, "api_port": 65_535}
    for each in fields(Settings):
        value = getattr(settings, each.name)
        if isinstance(value, int) and not 1 <= value <= most.get(each.name, sys.maxsize):
            hint = f"It must be at least 1{', at most 65535' if each.name in most else ''}."
            yield SettingsError(f"{each.metadata['env']} is {value}.", hint=hint)


@dataclass(frozen=True, slots=True)
class Key:
    """One of several valid secrets; refused after `until` (None: no end)."""

    secret: str = field(repr=False)
    until: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Is the key still in force?"""
        return self.until is None or now < self.until


def keys(text: str, name: str) -> tuple[Key, ...]:
    """Read `key1, key2;until=2026-12-31T00:00Z`. Raises SettingsError without showing a key."""
    found: list[Key] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        secret, _, end = part.partition(";until=")
        try:
            until = datetime.fromisoformat(end) if end else None
        except ValueError as error:
            raise SettingsError(
                f"{name} has a key whose end {end!r} is no date.", hint="Write ;until=2026-12-31."
            ) from error
        if not secret:
            raise SettingsError(f"{name} has an empty key.", hint="Write key;until=2026-12-31.")
        if until is not None and until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        found.append(Key(secret, until))
    return tuple(found)


def described() -> list[tuple[str, str, str, bool]]:
    """Every setting as (name, default, meaning, is it secret), for the README and the doctor."""
    return [
        (
            each.metadata["env"],
            "" if each.default in ("", Path()) else str(each.default),
            each.metadata["about"],
            bool(each.metadata["secret"]),
        )
        for each in fields(Settings)
    ]
