"""Only the shop's server can say who is at the browser (S1)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import subprocess
import sys
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.clock import system_clock
from relance.errors import BadInput, NotAllowed
from relance.ingest import read_user_token, user_token, user_token_secret

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "follow-what-visitors-do.md"
CALLS = {
    "python": "\nprint(user_token(SECRET, '42'))",
    "js": "\nconsole.log(userToken(SECRET, '42'))",
    "php": "\necho user_token(SECRET, '42');",
}
SECRET = user_token_secret(b"k" * 32, "browser-1")
HOUR = timedelta(hours=1)


def hand_made(claims: Any, header: Any = None, secret: str = SECRET) -> str:
    """A token as the RFC tells to make one, without our code."""
    parts = [json.dumps(header or {"alg": "HS256"}), json.dumps(claims)]
    signed = b".".join(urlsafe_b64encode(part.encode()).rstrip(b"=") for part in parts)
    mac = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()


def test_s1_a_signed_token_names_the_customer(now: datetime) -> None:
    token = user_token(SECRET, now + HOUR, external_id="42", email="julie@example.fr")
    assert read_user_token(SECRET, token, now).external_id == "42"
    assert read_user_token(SECRET, token, now).email == "julie@example.fr"
    by_hand = hand_made({"sub": 42, "exp": (now + HOUR).timestamp()})
    assert read_user_token(SECRET, by_hand, now).external_id == "42"


def test_s1_each_browser_key_has_its_own_secret(now: datetime) -> None:
    others = {user_token_secret(b"k" * 32, "browser-2"), user_token_secret(b"j" * 32, "browser-1")}
    assert len({SECRET, *others}) == 3
    token = user_token(SECRET, now + HOUR, external_id="42")
    for other in others:
        with pytest.raises(NotAllowed):
            read_user_token(other, token, now)


@pytest.mark.parametrize(
    ("life", "why"),
    [(timedelta(0), "over"), (-HOUR, "over"), (timedelta(hours=25), "too_long"), (timedelta(days=9_000), "too_long")],
)
def test_s1_a_token_has_a_short_life(life: timedelta, why: str, now: datetime) -> None:
    token = user_token(SECRET, now + life, external_id="42")
    with pytest.raises(NotAllowed) as refused:
        read_user_token(SECRET, token, now)
    assert refused.value.key == f"user_token.{why}"


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"sub": True}, {"email": ["a"]}, [], "42", None])
def test_s1_a_token_that_names_nobody_is_refused(claims: Any, now: datetime) -> None:
    whole = {**claims, "exp": (now + HOUR).timestamp()} if isinstance(claims, dict) else claims
    with pytest.raises(NotAllowed):
        read_user_token(SECRET, hand_made(whole), now)


@pytest.mark.parametrize("end", [None, "soon", True, 1e300, float("nan")])
def test_s1_a_token_needs_an_end(end: Any, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        read_user_token(SECRET, hand_made({"sub": "42", "exp": end}), now)


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "RS256"}, {"typ": "JWT"}, ["HS256"]])
def test_s1_another_algorithm_is_refused(header: Any, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        read_user_token(SECRET, hand_made({"sub": "42", "exp": (now + HOUR).timestamp()}, header), now)


@given(place=st.integers(0, 10_000), sign=st.characters())
def test_s1_no_sign_of_a_token_can_be_changed(place: int, sign: str) -> None:
    now = datetime.fromisoformat("2026-03-10T09:00:00+00:00")
    token = user_token(SECRET, now + HOUR, external_id="42")
    end = token.rindex(".")
    place %= end
    if token[place] != sign:
        with pytest.raises(NotAllowed):
            read_user_token(SECRET, token[:place] + sign + token[place + 1 :], now)


@given(st.text(max_size=200))
def test_s1_no_text_is_a_token(text: str) -> None:
    with pytest.raises(NotAllowed):
        read_user_token(SECRET, text, datetime.fromisoformat("2026-03-10T09:00:00+00:00"))


def test_a_token_for_nobody_is_not_made(now: datetime) -> None:
    with pytest.raises(BadInput):
        user_token(SECRET, now + HOUR)


@pytest.mark.parametrize(
    ("language", "package", "program"),
    [
        ("python", "python3", (sys.executable, "-c")),
        ("js", "nodejs", ("node", "--input-type=module", "-e")),
        ("php", "php-cli", ("php", "-r")),
    ],
    ids=["python", "node", "php"],
)
def test_s1_the_examples_of_the_guide_make_tokens(language: str, package: str, program: tuple[str, ...]) -> None:
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed: apt-get install {package}")
    (example,) = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    script = example + CALLS[language].replace("SECRET", f"'{SECRET}'")
    token = subprocess.run([*program, script], check=True, capture_output=True, text=True).stdout.strip()
    assert read_user_token(SECRET, token, system_clock()).external_id == "42"
