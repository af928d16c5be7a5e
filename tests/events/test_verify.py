"""Proofs of the caller: vectors, malformed headers, rotation, time limits, constant time."""

from __future__ import annotations

import ast
import base64
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvi.errors import Unauthorized
from cvi.events.verify import verify
from cvi.settings import Key, keys

NOW = datetime(2026, 9, 21, 14, 33, tzinfo=UTC)
SOURCE = Path(__file__).parents[2] / "cvi"


def proof(body=b"{}", headers=None, **given):
    options = {
        "mode": "any", "path_token": None, "tokens": (), "secrets": (), "now": NOW, "local": False,
    }  # fmt: skip
    return verify(body, headers or {}, **{**options, **given})


def refused(*args, **given):
    with pytest.raises(Unauthorized) as caught:
        proof(*args, **given)
    return str(caught.value)


# --- HMAC in a header --------------------------------------------------------------------------

TOOL_BODY = (
    b'{"conversation_id":"c7f2a91be4d0","tool_call_id":"call_7Qd1","name":"save_lead",'
    b'"arguments":"{\\"company\\":\\"Northwind\\"}"}'
)
TOOL_HEX = "761012bcb55971dfa6b7d7098a438b5087688e6e50b6094fcc711e0a7f72b97d"
GUIDE_BODY = (
    b'{"event_type":"system.shutdown","message_type":"system","conversation_id":"c7f2a91be4d0",'
    b'"properties":{"reason":"participant_left_timeout"},"timestamp":"2026-09-21T14:33:21Z"}'
)
GUIDE_HEX = "63516c78b7f0eebe2b18201ef550398c0e67e16706a1c4a6b134ac84722f7d95"
VECTORS = [
    # GitHub's documentation
    ("x-hub-signature-256", "It's a Secret to Everybody", b"Hello, World!",
     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
    # the guide's form, and the tool API's bare hex
    ("x-tavus-signature", "seed-webhook-secret", GUIDE_BODY, f"sha256={GUIDE_HEX}"),
    ("x-tavus-signature", "tool-secret-1", TOOL_BODY, TOOL_HEX),
    ("x-signature", "tool-secret-1", TOOL_BODY, TOOL_HEX.upper()),
    ("x-webhook-signature", "tool-secret-1", TOOL_BODY, f"SHA256={TOOL_HEX}"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "secret", "body", "signature"), VECTORS)
def test_vectors_are_verified(header, secret, body, signature):
    assert proof(body, {header: signature}, secrets=(Key(secret),)) == "hmac"


@pytest.mark.parametrize(
    "change",
    [lambda b: b + b" ", lambda b: b.replace(b":", b": "), lambda b: b[:-1], lambda b: b""],
)
def test_bytes_are_verified_not_json(change):
    refused(
        change(GUIDE_BODY), {"x-tavus-signature": GUIDE_HEX}, secrets=(Key("seed-webhook-secret"),)
    )


@pytest.mark.parametrize(
    "value",
    ["", "sha256=", "garbage", "sha256=zz", "é" * 64, GUIDE_HEX[:-1], GUIDE_HEX + "0",
     "sha1=" + GUIDE_HEX, "sha256=sha256=" + GUIDE_HEX, GUIDE_HEX.replace("6", "６"),
     "\x00" * 64, " ",
     "0" * 64, "v1," + GUIDE_HEX],
)  # fmt: skip
def test_malformed_hex_is_unverified(value):
    refused(GUIDE_BODY, {"x-tavus-signature": value}, secrets=(Key("seed-webhook-secret"),))


def test_a_second_header_may_hold_the_proof():
    headers = {"x-tavus-signature": "0" * 64, "x-hub-signature-256": GUIDE_HEX}
    assert proof(GUIDE_BODY, headers, secrets=(Key("seed-webhook-secret"),)) == "hmac"


# --- Standard Webhooks -------------------------------------------------------------------------

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
SENT = datetime.fromtimestamp(1614265330, UTC)


def signed(name="msg_1", stamp="1614265330", body=STANDARD_BODY, secret=WHSEC):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{name}.{stamp}.".encode() + body, "sha256")
    signature = "v1," + base64.b64encode(mac).decode()
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}


def test_the_public_vector_is_verified():
    assert proof(STANDARD_BODY, STANDARD, secrets=(Key(WHSEC),), now=SENT) == "standard"


def test_one_good_signature_of_several_is_enough():
    several = f"v1a,xx v1,AAAA {STANDARD['webhook-signature']} garbage"
    headers = {**STANDARD, "webhook-signature": several}
    assert proof(STANDARD_BODY, headers, secrets=(Key(WHSEC),), now=SENT) == "standard"


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-302, False), (-298, True), (298, True), (302, False)]
)
def test_time_tolerance(seconds, holds):
    now = SENT + timedelta(seconds=seconds)
    if holds:
        assert proof(STANDARD_BODY, STANDARD, secrets=(Key(WHSEC),), now=now) == "standard"
    else:
        refused(STANDARD_BODY, STANDARD, secrets=(Key(WHSEC),), now=now)


@pytest.mark.parametrize(
    "stamp", ["hello", "1614265330.0", "1614265330.5", "１６１４２６５３３０", "", "-1614265330",
              "+1614265330", " 1614265330", "1_614_265_330", "9" * 400, "nan", "0x60380000"],
)  # fmt: skip
def test_a_timestamp_is_ascii_digits(stamp):
    try:
        headers = signed(stamp=stamp)
    except ValueError:
        headers = {**STANDARD, "webhook-timestamp": stamp}
    refused(STANDARD_BODY, headers, secrets=(Key(WHSEC),), now=SENT)


def test_ids_with_dots_are_refused():
    # ("a", "1", "2.x") and ("a.1", "2", "x") would have the same signature
    refused(STANDARD_BODY, signed(name="a.1"), secrets=(Key(WHSEC),), now=SENT)
    assert proof(STANDARD_BODY, signed(name="a-1"), secrets=(Key(WHSEC),), now=SENT) == "standard"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize(
    "value", ["", "garbage", "v1,", "v1,é", "v1,AAA", ",", "\x00", "v1," + "A" * 9999]
)
def test_malformed_standard_headers_are_unverified(name, value):
    refused(STANDARD_BODY, {**STANDARD, name: value}, secrets=(Key(WHSEC),), now=SENT)


@pytest.mark.parametrize("name", sorted(STANDARD))
def test_missing_standard_headers_are_unverified(name):
    headers = {key: value for key, value in STANDARD.items() if key != name}
    refused(STANDARD_BODY, headers, secrets=(Key(WHSEC),), now=SENT)


def test_a_key_that_is_no_base64_proves_nothing():
    refused(STANDARD_BODY, STANDARD, secrets=(Key("whsec_%%%"), Key("whsec_")), now=SENT)


# --- token, modes, rotation --------------------------------------------------------------------


def test_token():
    tokens = (Key("one"), Key("zwei-é"))
    assert proof(path_token="one", tokens=tokens) == "token"
    assert proof(path_token="zwei-é", tokens=tokens) == "token"
    for wrong in (None, "", "on", "one ", "ONE", "\ud800", "é" * 5000):
        refused(path_token=wrong, tokens=tokens)


def test_an_empty_key_is_no_key():
    tokens = (Key("real"), Key(""))
    refused(path_token="", tokens=tokens)
    empty = hmac.digest(b"", b"{}", "sha256").hex()
    refused(b"{}", {"x-signature": empty}, secrets=tokens)


TOKEN = {"path_token": "t", "tokens": (Key("t"),)}
SIGNED = {"secrets": (Key("seed-webhook-secret"),), "headers": {"x-tavus-signature": GUIDE_HEX}}


@pytest.mark.parametrize(
    ("mode", "neither", "token", "signature", "both"),
    [
        ("any", None, "token", "hmac", "token"),
        ("token", None, "token", None, "token"),
        ("signature", None, None, "hmac", "hmac"),
        ("both", None, None, None, "token+hmac"),
        ("none", None, None, None, None),
        ("unheard-of", None, None, None, None),
    ],
)
def test_modes(mode, neither, token, signature, both):
    for proofs, expected in (
        ({}, neither),
        (TOKEN, token),
        (SIGNED, signature),
        (TOKEN | SIGNED, both),
    ):
        if expected:
            assert proof(GUIDE_BODY, mode=mode, **proofs) == expected
        else:
            refused(GUIDE_BODY, mode=mode, **proofs)


def test_none_accepts_local_callers_only():
    assert proof(mode="none", local=True) == "local"
    refused(mode="none", local=False, **TOKEN)
    for mode in ("any", "token", "signature", "both"):
        refused(mode=mode, local=True)


def test_rotation_has_no_gap_and_an_end():
    both = keys("old;until=2026-09-21T15:00Z, new", "X")
    end = datetime(2026, 9, 21, 15, tzinfo=UTC)
    for now, old_holds in ((NOW, True), (end - timedelta(seconds=1), True), (end, False)):
        assert proof(path_token="new", tokens=both, now=now) == "token"
        mac = {"x-signature": hmac.digest(b"old", b"{}", "sha256").hex()}
        if old_holds:
            assert proof(path_token="old", tokens=both, now=now) == "token"
            assert proof(b"{}", mac, secrets=both, now=now) == "hmac"
        else:
            refused(path_token="old", tokens=both, now=now)
            refused(b"{}", mac, secrets=both, now=now)


def test_the_message_does_not_tell_which_check_failed():
    messages = {
        refused(path_token="wrong", tokens=(Key("t"),)),
        refused(STANDARD_BODY, {**STANDARD, "webhook-timestamp": "1"}, secrets=(Key(WHSEC),)),
        refused(GUIDE_BODY, {"x-tavus-signature": "0" * 64}, secrets=SIGNED["secrets"]),
        refused(mode="none"),
    }
    assert len(messages) == 1


@given(
    st.binary(max_size=50),
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "x-signature"]),
        st.text(max_size=80),
    ),
    st.none() | st.text(),
)
def test_nothing_but_unauthorized_is_ever_raised(body, headers, token):
    refused(
        body, headers, path_token=token, tokens=(Key("t" * 9),), secrets=(Key(WHSEC), Key("k" * 9))
    )


# --- constant time -----------------------------------------------------------------------------

_DIGESTS = {"digest", "hexdigest", "hex", "b64encode", "compute"}


def _calls_a_digest(node):
    return any(
        isinstance(each, ast.Call) and getattr(each.func, "attr", "") in _DIGESTS
        for each in ast.walk(node)
    )


def test_only_compare_digest_compares_digests():
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                assert not _calls_a_digest(node), f"{path}:{node.lineno}"


def test_verify_compares_nothing_secret_with_operators():
    tree = ast.parse((SOURCE / "events" / "verify.py").read_text())
    compared = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for op in node.ops)
    ]
    assert compared == ["mode == 'none'", "name in headers"]


def test_all_keys_are_tried_without_early_exit():
    tree = ast.parse((SOURCE / "events" / "verify.py").read_text())
    users = [
        each for each in ast.walk(tree)
        if isinstance(each, ast.FunctionDef) and "compare_digest" in ast.unparse(each)
    ]  # fmt: skip
    assert [each.name for each in users] == ["_any_same"]
    loop = next(each for each in users[0].body if isinstance(each, ast.For))
    assert not any(
        isinstance(each, ast.If | ast.Return | ast.Break | ast.BoolOp) for each in ast.walk(loop)
    )
