"""DKIM: two independent verifiers agree, and whatever is changed of a covered header is noticed (MAIL-02)."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final

import dkim as verifier
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.sending.dkim import HEADERS, DkimKey, key_bytes, load_key, make_key, public_bits, sign

DOMAIN: Final = "mail.boutique.example"
RSA: Final = make_key(DOMAIN, "relance1")
ED25519: Final = make_key(DOMAIN, "relance2", "ed25519-sha256")
KEYS: Final = (RSA, ED25519)
AT: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def _mail(text: str = "Bonjour Julie,\n\nà bientôt.\n") -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Maison Clairval <bonjour@mail.boutique.example>"
    mail["To"] = "julie@example.fr"
    mail["Subject"] = "Votre panier vous attend, avec une ligne assez longue pour être pliée par la bibliothèque"
    mail["Date"] = "Tue, 10 Mar 2026 09:00:00 +0000"
    mail["Message-ID"] = "<0a1b.1@mail.boutique.example>"
    mail["List-Id"] = "<cart.mail.boutique.example>"
    mail["List-Unsubscribe"] = "<https://mail.boutique.example/u/abc>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Feedback-ID"] = "1:cart:email:mail.boutique.example"
    mail.set_content(text)
    mail.add_alternative("<p>Bonjour  Julie\t,</p>", subtype="html")
    return mail.as_bytes()


def _verified(message: bytes, *keys: DkimKey) -> bool:
    """Whether one signature of each of the keys holds."""
    records = {key.name: key.record.encode() for key in keys}

    def text_of(name: bytes, timeout: int = 5) -> bytes | None:  # what dkimpy calls
        return records.get(name.decode().rstrip("."))

    def holds(place: int) -> bool:
        try:
            return bool(checked.verify(place, dnsfunc=text_of))
        except verifier.DKIMException:
            return False

    checked = verifier.DKIM(message)
    count = sum(1 for name, _ in checked.headers if name.lower() == b"dkim-signature")
    return sum(map(holds, range(count))) == len(keys)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_dkimpy_accepts_each_signature(key: DkimKey) -> None:
    """MAIL-02: RSA and Ed25519, alone and side by side."""
    assert _verified(sign(_mail(), [key], AT), key)
    assert _verified(sign(_mail(), KEYS), key)


def test_both_signatures_hold_together() -> None:
    """MAIL-02: neither signature disturbs the other."""
    signed = sign(_mail(), KEYS, AT)
    assert signed.count(b"DKIM-Signature:") == 2
    assert _verified(signed, *KEYS)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
@pytest.mark.parametrize("name", sorted(set(HEADERS)))
def test_a_changed_or_added_header_fails(key: DkimKey, name: str) -> None:
    """MAIL-02: each covered header, those of one-click unsubscribing among them; From even when a second is added."""
    signed = sign(_mail(), [key], AT)
    head, _, body = signed.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    place = next((at for at, line in enumerate(lines) if line.lower().startswith(f"{name}:".encode())), None)
    if place is None:
        added = signed.replace(b"\r\nTo:", f"\r\n{name}: other\r\nTo:".encode(), 1)
        assert not _verified(added, key)
        return
    lines[place] += b"x"
    assert not _verified(b"\r\n".join(lines) + b"\r\n\r\n" + body, key)


def test_a_second_from_fails() -> None:
    """MAIL-02: From is signed once more than it is there."""
    signed = sign(_mail(), [RSA], AT)
    assert not _verified(b"From: attacker@example.com\r\n" + signed, RSA)
    assert not _verified(signed.replace(b"\r\nTo:", b"\r\nFrom: attacker@example.com\r\nTo:", 1), RSA)


def test_a_changed_or_longer_body_fails() -> None:
    """MAIL-02: nothing can be appended."""
    signed = sign(_mail(), [RSA], AT)
    assert not _verified(signed + b"more\r\n", RSA)
    assert not _verified(signed.replace(b"Bonjour", b"Bonsoir", 1), RSA)


@given(st.text(alphabet=" \t\r\nab=é.", max_size=120))
def test_white_space_as_the_verifier_reads_it(body: str) -> None:
    """MAIL-02: relaxed canonical form, also of bodies that are only white space."""
    plain = body.replace("\r", "").replace("\n", "\r\n").encode() + b"\r\n"
    message = b"From: a@mail.boutique.example\r\nSubject:  two\t spaces \r\n  folded\r\n\r\n" + plain
    assert _verified(sign(message, [ED25519], AT), ED25519)


def test_opendkim_accepts_it(tmp_path: Path) -> None:
    """MAIL-02: a verifier in another language says the same. Version 2.11 does not know Ed25519."""
    key = RSA
    program = shutil.which("opendkim-testmsg")
    if program is None or shutil.which("opendkim") is None:
        pytest.skip("opendkim is not installed: apt-get install opendkim opendkim-tools")
    keys = tmp_path / "keys"
    keys.write_text(f"{key.name} {key.record}\n", encoding="ascii")
    conf = tmp_path / "conf"
    conf.write_text(f"Mode v\nTestPublicKeys {keys}\nSyslog no\nInternalHosts /dev/null\n", encoding="ascii")
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    good.write_bytes(sign(_mail(), [key], AT))
    bad.write_bytes(good.read_bytes().replace(b"One-Click", b"One-Klick"))
    answers = [
        subprocess.run(
            ["opendkim", "-x", str(conf), "-vv", "-t", str(mail)], capture_output=True, check=False, text=True
        )
        for mail in (good, bad)
    ]
    said = [answer.stdout + answer.stderr for answer in answers]
    assert answers[0].returncode == 0, said[0]
    assert "verification (s=relance1" in said[0]
    assert "succeeded" in said[0]
    assert "failed" in said[1]


def test_keys_survive_their_keeping() -> None:
    """SEC-12: what is sealed gives the same signatures again, and a record says how strong its key is."""
    for key in KEYS:
        assert load_key(key.domain, key.selector, key_bytes(key)).record == key.record
    assert public_bits(RSA.record) == 2048
    assert public_bits(ED25519.record) == 256
    assert public_bits("v=DKIM1; k=rsa; p=") is None
    assert "private" not in repr(RSA)
