"""Who sent this callback? Proofs over the raw bytes, before anything is parsed.

Three schemes: a secret token in the address; an HMAC-SHA256 of the body in a header, as hex with or
without `sha256=` (the guide, GitHub, Tavus' tool API); Standard Webhooks (`whsec_…` keys). Nothing
a caller can send makes these functions raise anything but Unauthorized.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from cvi.errors import Unauthorized
from cvi.settings import Key

# Tavus publishes no header name for conversation callbacks; these are the ones in use.
HEX_HEADERS = (
    "x-tavus-signature",
    "x-hub-signature-256",
    "x-signature",
    "x-signature-256",
    "x-webhook-signature",
    "tavus-signature",
)
TOLERANCE_S = 300
_WHSEC = "whsec_"
_HEX = re.compile(r"(?:sha256=)?([0-9a-f]{64})", re.IGNORECASE)
_STAMP = re.compile(r"[0-9]{1,15}")
# Printable ASCII without the dot: with dots in ids, two messages could share one signature.
_ID = re.compile(r"[!-\-/-~]{1,512}")
_MOST_SIGNATURES = 16


def verify(
    body: bytes,
    headers: Mapping[str, str],
    *,
    mode: str,
    path_token: str | None,
    tokens: Sequence[Key],
    secrets: Sequence[Key],
    now: datetime,
    local: bool,
) -> str:
    """Return the scheme that proved the caller: token, hmac, standard, token+…, or local.

    `mode` is one of `cvi.settings.AUTH_MODES`; `headers` have lower-case names. Raises
    Unauthorized, whose message does not tell which check failed.
    """
    if mode == "none":
        return _demand("local" if local else "")
    token = "token" if token_proves(path_token, tokens, now) else ""
    signature = _signature(body, headers, secrets, now)
    proofs = {
        "token": token,
        "signature": signature,
        "both": f"{token}+{signature}" if token and signature else "",
        "any": token or signature,
    }
    return _demand(proofs.get(mode, ""))


def _demand(proof: str) -> str:
    if not proof:
        raise Unauthorized("This callback could not be verified.")
    return proof


def token_proves(given: str | None, tokens: Iterable[Key], now: datetime) -> bool:
    """Is `given` one of the tokens in force? Every token is compared, whichever matches."""
    return _any_same((given or "").encode("utf-8", "surrogatepass"), _in_force(tokens, now))


def _in_force(keys: Iterable[Key], now: datetime) -> list[bytes]:
    return [key.secret.encode() for key in keys if key.secret and key.valid(now)]


def _any_same(given: bytes, expected: Iterable[bytes]) -> bool:
    same = False
    for each in expected:
        same |= hmac.compare_digest(each, given)
    return same


def _signature(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[Key], now: datetime
) -> str:
    """The scheme whose signature holds, or nothing."""
    standard = [key for key in secrets if key.secret.startswith(_WHSEC)]
    plain = [key for key in secrets if not key.secret.startswith(_WHSEC)]
    if standard and _standard_holds(body, headers, standard, now):
        return "standard"
    return "hmac" if plain and _hex_holds(body, headers, _in_force(plain, now)) else ""


def _hex_holds(body: bytes, headers: Mapping[str, str], keys: Sequence[bytes]) -> bool:
    found = [_HEX.fullmatch(headers[name].strip()) for name in HEX_HEADERS if name in headers]
    given = [match[1].lower().encode() for match in found if match]
    expected = [hmac.digest(key, body, "sha256").hex().encode() for key in keys if given]
    holds = False
    for each in given:
        holds |= _any_same(each, expected)
    return holds


def _standard_holds(
    body: bytes, headers: Mapping[str, str], keys: Iterable[Key], now: datetime
) -> bool:
    """Standard Webhooks 1.0: `v1,<base64>` signatures of `id.timestamp.body`, several allowed."""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(name) or not _STAMP.fullmatch(stamp):
        return False
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_S:
        return False
    signed = f"{name}.{stamp}.".encode() + body
    expected = [
        b"v1," + base64.b64encode(hmac.digest(secret, signed, "sha256"))
        for secret in map(_decoded, _in_force(keys, now))
        if secret
    ]
    given = headers.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    holds = False
    for each in given:
        holds |= _any_same(each.encode("utf-8", "surrogatepass"), expected)
    return holds


def _decoded(key: bytes) -> bytes:
    """The bytes of a `whsec_` key; nothing when it is not base64."""
    text = key.removeprefix(_WHSEC.encode())
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""
