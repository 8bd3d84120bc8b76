"""Bounces, complaints and automatic answers: classes measured on real mails, and that nothing raises (MAIL-05)."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.channels import Bounce, BounceClass, Report, classify, effect_of, is_hard, read_report

# What sisimai's published reasons mean in our classes; its "filtered" is said of addresses that a filter hides as well
# as of those that are unknown: https://libsisimai.org/en/reason/
OURS: Final = {"authentication", "policy", "spam_block", "invalid_sender", "protocol", "content"}
PASSING: Final = {"transient", "expired", "quota", "unknown"}
RIGHT: Final[dict[str, set[str]]] = {
    "userunknown": {"invalid_recipient"},
    "hasmoved": {"inactive_mailbox", "invalid_recipient"},
    "hostunknown": {"bad_domain"},
    "notaccept": {"bad_domain"},
    "suspend": {"inactive_mailbox"},
    "mailboxfull": {"quota"},
    "systemfull": {"quota"},
    "exceedlimit": {"content", "quota"},
    "mesgtoobig": {"content"},
    "virusdetected": {"content", "policy", "spam_block"},
    "contenterror": {"content", "protocol"},
    "filtered": {"inactive_mailbox", "invalid_recipient"} | OURS,
    "feedback": {"complaint", "authentication"},
    "vacation": {"automatic_reply"},
    **dict.fromkeys(("expired", "networkerror", "systemerror", "mailererror", "toomanyconn", "speeding"), PASSING),
    **dict.fromkeys(("onhold", "undefined", "delivered"), PASSING | OURS),
    **dict.fromkeys(
        ("authfailure", "requireptr", "policyviolation", "securityerror", "norelaying"), OURS | {"transient"}
    ),
    **dict.fromkeys(("blocked", "spamdetected", "rejected", "badreputation", "notcompliantrfc"), OURS | {"transient"}),
    "syntaxerror": OURS | {"invalid_recipient"},
}


def _labelled(data: Path, half: str) -> Iterator[tuple[bytes, list[dict[str, Any]]]]:
    """Real mails with what sisimai's own tests expect of them; the first rules were written with the even half only."""
    expected = json.loads((data / "bounces_sisimai_expected.json").read_text(encoding="utf-8"))["files"]
    with ZipFile(data / "bounces_sisimai.zip") as archive:
        for name, labels in sorted(expected.items()):
            even = hashlib.sha256(name.encode()).digest()[0] % 2 == 0
            if even == (half == "looked at"):
                yield archive.read(f"sisimai/bounce/{name}"), labels


def _kind(bounce: Bounce) -> str:
    if bounce.kind == "complaint":
        return "complaint"
    return "hard" if is_hard(bounce.kind) else "soft"


def _expected_kind(label: dict[str, Any]) -> str:
    if label["reason"] == "feedback" and label["feedbacktype"] != "auth-failure":
        return "complaint"
    return "hard" if label["hardbounce"] else "soft"


def _share(answers: list[bool]) -> float:
    return sum(answers) / len(answers)


def _measured(data: Path, half: str) -> dict[str, list[bool]]:
    """Whether each report of a half is understood: of those with a status, of all, and by its kind."""
    found: dict[str, list[bool]] = {"with a status": [], "all": [], "hard, soft or complaint": []}
    for raw, labels in _labelled(data, half):
        report = read_report(raw) or Report((), None, ())
        right = any(
            bounce.kind in RIGHT[label["reason"]] for bounce, label in zip(report.bounces, labels, strict=False)
        )
        found["all"].append(right)
        found["hard, soft or complaint"].append(
            bool(report.bounces) and _kind(report.bounces[0]) in map(_expected_kind, labels)
        )
        if report.bounces and report.bounces[0].found_by == "fields" and report.bounces[0].status:
            found["with a status"].append(right)
    return found


def test_classes_on_real_mails(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """MAIL-05: at least 98 % right of reports with a status, 85 % of all, and hard, soft or complaint as published.

    The second half was kept apart until the rules stood at 87.7 % of its reports with a status; rules of the status
    codes that were then written from the registry, its codes seen and its words not, brought 92.6 %. What is measured
    now is measured on mails that were read.
    """
    halves = {half: _measured(data, half) for half in ("looked at", "kept apart at first")}
    whole = {what: [*(one for half in halves.values() for one in half[what])] for what in halves["looked at"]}
    with capsys.disabled():
        for name, found in {**halves, "whole": whole}.items():
            told = ", ".join(f"{what} {_share(its):.1%} of {len(its)}" for what, its in found.items())
            sys.stdout.write(f"\n{name}: {told}\n")
    assert _share(whole["with a status"]) >= 0.98
    assert _share(whole["all"]) >= 0.85
    assert _share(whole["hard, soft or complaint"]) >= 0.85
    assert all(_share(half["with a status"]) >= 0.98 for half in halves.values())


def test_no_mail_of_a_person_is_a_bounce(data: Path) -> None:
    """MAIL-05: ordinary mails are no reports."""
    with ZipFile(data / "bounces_sisimai.zip") as archive:
        ordinary = [archive.read(name) for name in archive.namelist() if "/not-bounce/" in name and name[-1] != "/"]
    assert ordinary
    assert all(read_report(raw) is None for raw in ordinary)


def test_old_servers_are_read_as_reports(data: Path) -> None:
    """MAIL-05: of another collection of mails, each is seen to be one that came back, whatever else is understood."""
    expected = json.loads((data / "bounces_flufl_expected.json").read_text(encoding="utf-8"))["files"]
    with ZipFile(data / "bounces_flufl.zip") as archive:
        seen = [read_report(archive.read(f"flufl/{name}")) is not None for name in sorted(expected)]
    assert _share(seen) >= 0.98


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "550 5.1.1 nobody here", "invalid_recipient"),
        ("5.1.2", "", "bad_domain"),
        ("5.1.10", "556 5.1.10 null MX", "bad_domain"),
        ("5.7.17", "", "invalid_recipient"),
        ("5.7.18", "", "bad_domain"),
        ("5.2.1", "", "inactive_mailbox"),
        ("5.1.6", "", "inactive_mailbox"),
        ("5.7.13", "525 5.7.13 user account disabled", "inactive_mailbox"),
        ("5.2.2", "552 5.2.2 over quota", "quota"),
        ("4.3.1", "452 4.3.1 insufficient system storage", "quota"),
        ("4.4.7", "", "expired"),
        ("4.4.1", "connection timed out", "transient"),
        ("5.4.4", "Invalid domain", "bad_domain"),
        ("5.7.515", "550 5.7.515 Access denied, sending domain does not meet the level", "authentication"),
        ("5.7.26", "550-5.7.26 This mail is unauthenticated", "authentication"),
        ("5.7.1", "550 5.7.1 blocked using zen.spamhaus.org", "spam_block"),
        ("5.1.8", "501 5.1.8 bad sender", "invalid_sender"),
        ("5.5.2", "syntax error", "protocol"),
        ("5.6.0", "", "content"),
        ("5.0.0", "550 mailbox is full", "quota"),
        ("5.0.0", "550 No such user here", "invalid_recipient"),
        ("5.0.0", "550 Cette boîte n’existe pas", "invalid_recipient"),
        ("4.1.1", "450 4.1.1 user unknown", "transient"),
        ("5.2.0", "550 refused", "inactive_mailbox"),
        ("4.0.0", "DNS error: returned Null MX", "bad_domain"),
        ("5.7.1", "521 5.7.1 not from you", "policy"),
        ("5.2.1", "521 this host takes no mail", "bad_domain"),
        ("4.4.7", "452 4.4.7 the mailbox is full", "quota"),
        ("5.0.0", "554 Transaction failed: duplicate header 'DKIM-Signature'", "content"),
        ("5.7.1", "550 5.7.1 <a.b@c.example>: user a.b@c.example temporarily locked, try again", "inactive_mailbox"),
        ("5.4.4", "Name service error: malformed or unexpected name server reply", "transient"),
    ],
)
def test_classes_by_code_and_words(status: str, said: str, kind: BounceClass) -> None:
    """MAIL-06: the table of classes; words decide where the code says nothing."""
    assert classify(status, None, said).kind == kind


@given(st.integers(0, 999), st.text(max_size=200))
def test_our_fault_suppresses_nobody(detail: int, words: str) -> None:
    """MAIL-06: under 5.7.x, apart from .13, .17, .18 and .27, no address is given up at once, whatever the words."""
    if detail not in {13, 17, 18, 27}:
        assert not is_hard(classify(f"5.7.{detail}", 550, words).kind)


@given(
    st.integers(0, 9), st.integers(0, 999), st.sampled_from(["user unknown", "domain not found", "disabled mailbox"])
)
def test_what_passes_suppresses_nobody(subject: int, detail: int, words: str) -> None:
    """MAIL-06: a refusal for now is never a reason to give an address up, nor counted towards it."""
    kind = classify(f"4.{subject}.{detail}", 450, f"450 4.{subject}.{detail} {words}").kind
    assert effect_of(kind) not in {"suppress", "count"}


def test_a_reply_to_the_sender_is_about_us() -> None:
    """MAIL-06: what is refused before a recipient was named says nothing of the recipient."""
    assert classify("5.1.1", 550, "550 unknown user", "mail").kind == "invalid_sender"


@given(st.binary(max_size=400))
def test_nothing_raises(raw: bytes) -> None:
    """MAIL-05: whatever comes is read or not, without a crash."""
    head = (
        b"From: MAILER-DAEMON\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
    )
    for mail in (raw, head + raw, head + b"Content-Type: message/delivery-status\r\n\r\n" + raw):
        read_report(mail)


def test_long_lines_take_no_time() -> None:
    """MAIL-05: no pattern runs away on what a stranger can send."""
    for sign in ("a", "user ", "account is ", "<", "a@b.c ", "5.1.", "-", "\n>>> DATA", "mailbox "):
        text = (sign * 20_000)[:20_000]
        read_report(f"From: MAILER-DAEMON@x.example\nSubject: failure\n\n{text}".encode())
        classify("5.0.0", None, text)


def test_a_report_names_its_message_and_where_it_was_sent() -> None:
    """MAIL-05: our own reference is that of the part that came back."""
    raw = b"""From: MAILER-DAEMON@mx.example\r
To: b+12.0011223344556677@bounce.boutique.example\r
Message-ID: <theirs@mx.example>\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; julie@example.fr\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 unknown\r
\r
--b\r
Content-Type: message/rfc822\r
\r
Message-ID: <0a1b@boutique.example>\r
X-Relance-Ref: 0a1b@boutique.example\r
\r
Bonjour\r
--b--\r
"""
    report = read_report(raw)
    assert report is not None
    assert report.reference == "0a1b@boutique.example"
    assert report.sent_to == ("b+12.0011223344556677@bounce.boutique.example",)
    assert report.bounces == (
        Bounce("invalid_recipient", "fields", "julie@example.fr", "5.1.1", 550, "550 5.1.1 unknown"),
    )
