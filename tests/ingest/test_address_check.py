"""Addresses looked at before they are written to: form, domain, role, throw-away mailboxes, slips of the hand (R5)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.message
import dns.rrset
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.channels import NameServers
from relance.ingest.address_check import COMMON, check_address, check_addresses

ZONE = {
    ("good.example.", "MX"): "10 mail.good.example.",
    ("null.example.", "MX"): "0 .",
    ("plain.example.", "A"): "192.0.2.1",
}


@pytest.mark.parametrize(
    ("address", "finding"),
    [
        ("ana@maison-clairval.fr", "good"),
        (" Ana.Lys+x@Gmail.com ", "good"),
        ("zoé@müller.example", "good"),
        ("contact@maison-clairval.fr", "role"),
        ("sav+retour@maison-clairval.fr", "role"),
        ("ana@yopmail.com", "disposable"),
        ("ana@box.mailinator.com", "disposable"),
        ("ana@gmial.com", "typo"),
        ("ana@gmail.con", "typo"),
        ("ana@maison-clairval.con", "typo"),
        ("ana@example.test", "domain"),
        ("ana@maison", "domain"),
        ("ana@-maison.fr", "domain"),
        ("ana..lys@maison-clairval.fr", "syntax"),
        ("ana lys@maison-clairval.fr", "syntax"),
        ('"ana lys"@maison-clairval.fr', "syntax"),
        ("maison-clairval.fr", "syntax"),
        ("", "syntax"),
        (f"{'a' * 65}@maison-clairval.fr", "syntax"),
    ],
)
def test_the_gravest_finding_is_told(address: str, finding: str) -> None:
    found = check_address(address)
    assert found.finding == finding
    assert found.can_be_used == (finding not in {"domain", "syntax"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [("ana@gmial.com", "ana@gmail.com"), ("ana@hotmial.fr", "ana@hotmail.fr"), ("ana@orane.fr", "ana@orange.fr")],
)
def test_a_slip_of_the_hand_is_seen(written: str, meant: str) -> None:
    assert check_address(written).suggestion == meant


def test_nobody_is_told_that_a_common_domain_is_another() -> None:
    """Even where two of them are one letter apart."""
    found = check_addresses(pa.array([f"ana@{domain}" for domain in COMMON]))
    assert set(found["finding"].to_pylist()) == {"good"}


@given(st.lists(st.one_of(st.none(), st.emails(), st.text(max_size=20)), max_size=8))
def test_a_set_is_looked_at_as_each_is(addresses: list[str | None]) -> None:
    together = check_addresses(pa.array(addresses, pa.string())).to_pylist()
    for address, row in zip(addresses, together, strict=True):
        if address is None:
            assert row["finding"] is None
        else:
            assert check_address(address).finding == row["finding"]


@pytest.fixture
def servers() -> Iterator[NameServers]:
    """A name server of our own on this machine."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(server,))
    thread.start()
    yield NameServers(["127.0.0.1"], server.getsockname()[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.sendto(b"", server.getsockname())
    thread.join()
    server.close()


def _serve(server: socket.socket) -> None:
    while True:
        wire, sender = server.recvfrom(4096)
        if not wire:
            return
        asked = dns.message.from_wire(wire)
        (question,) = asked.question
        answer = dns.message.make_response(asked)
        name, kind = str(question.name), dns.rdatatype.to_text(question.rdtype)
        if (name, kind) in ZONE:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, ZONE[name, kind]))
        elif not any(known == name for known, _ in ZONE):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), sender)


def test_the_mail_server_is_asked_for_only_on_request(servers: NameServers) -> None:
    found = {}
    for domain in ("good.example", "null.example", "plain.example", "none.example"):
        found[domain] = check_address(f"ana@{domain}", servers.takes_mail).finding
    assert found == {
        "good.example": "good",
        "null.example": "no_mail_server",
        "plain.example": "good",
        "none.example": "no_mail_server",
    }


def test_a_name_server_that_is_silent_condemns_nobody() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        assert NameServers(["127.0.0.1"], server.getsockname()[1], seconds=0.2).takes_mail("good.example")
