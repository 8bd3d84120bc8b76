"""REL-07, S14: whatever a mail server does at whatever moment, we know its fate or say that we do not."""

from __future__ import annotations

import pytest
from tests.channels.scripted import FAULTS, Scripted, scripted

from relance.channels import Answered, ChannelError, ConnectionLost, NotReached, RouteRefused, Server, Timeouts, connect
from relance.channels.events import text_of

QUICK = Timeouts(connect=0.3, command=0.3, body=0.3, final=0.3)
MESSAGE = b"Subject: one\r\n\r\nfirst\r\n.second\r\n"


def server(fake: Scripted, **changes: object) -> Server:
    values = {"starttls": False, "user": None, "password": None, **changes}
    return Server("127.0.0.1", fake.port, helo="clairval.example", timeouts=QUICK, **values)  # type: ignore[arg-type]


def attempt(fake: Scripted) -> str:
    """What became of one message: an error's name, or a reply's outcome."""
    try:
        door = connect(server(fake))
        reply = door.stream("shop@clairval.example", "c1@exemple.fr", MESSAGE)
        if reply is None:
            reply = door.finish()
            return f"finish:{reply.outcome}"
        return f"stream:{reply.outcome}"
    except ChannelError as error:
        return type(error).__name__


BEFORE = {
    "4xx": "stream:deferred",
    "5xx": "stream:failed",
    "silence": "ConnectionLost",
    "half-close": "ConnectionLost",
    "reset": "ConnectionLost",
    "nonsense": "stream:deferred",
}
REFUSED = {**BEFORE, "5xx": "RouteRefused"}
OPENING = {**dict.fromkeys(FAULTS, "NotReached"), "5xx": "RouteRefused"}
AFTER = {**dict.fromkeys(FAULTS, "finish:doubt"), "4xx": "finish:deferred", "5xx": "finish:failed"}
TABLE = {"greeting": OPENING, "EHLO": OPENING, "MAIL": REFUSED, "RCPT": BEFORE, "DATA": BEFORE, "dot": AFTER}


PIPELINES = {"EHLO": "250-here\r\n250 PIPELINING"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", TABLE)
def test_each_fault_at_each_verb(verb: str, fault: str) -> None:
    """F8 to F11."""
    with scripted({verb: fault}) as fake:
        assert attempt(fake) == TABLE[verb][fault]
        assert (len(fake.taken) == 1) is (verb == "dot")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "dot"])
def test_each_fault_when_the_commands_go_together(verb: str, fault: str) -> None:
    """F8 to F12: a server that takes commands together (RFC 2920) is no less sure."""
    with scripted({**PIPELINES, verb: fault}) as fake:
        assert attempt(fake) == TABLE[verb][fault]
        assert (len(fake.taken) == 1) is (verb == "dot")


def test_a_sign_that_no_text_can_hold_is_left_out_of_an_answer() -> None:
    """PostgreSQL keeps no text with a NUL in it: the answer would have been lost."""
    with scripted({"RCPT": "550 no\0 such\tmailbox"}) as fake:
        reply = connect(server(fake)).stream("shop@clairval.example", "c1@exemple.fr", MESSAGE)
        assert reply == Answered("failed", 550, "no such mailbox")
    assert text_of("no\0 such\nnumber") == "no such number"


@pytest.mark.parametrize(("verb", "reply"), [("MAIL", "354 what"), ("RCPT", "354 what"), ("DATA", "250 thanks")])
def test_a_yes_at_the_wrong_moment_is_no_acceptance(verb: str, reply: str) -> None:
    with scripted({verb: reply}) as fake:
        assert attempt(fake) == "stream:deferred"


@pytest.mark.parametrize("fault", ["half-close", "reset"])
def test_a_cut_in_the_middle_of_a_body_hands_nothing_over(fault: str) -> None:
    """Small bodies fit the socket's buffer: the cut may show at the dot only, and then it is a doubt, never a yes."""
    with scripted({"body": fault}) as fake:
        assert attempt(fake) in {"ConnectionLost", "finish:doubt"}
        assert fake.taken == []


@pytest.mark.parametrize("code", [250, 251, 200])
def test_any_yes_is_a_yes(code: int) -> None:
    with scripted({"dot": f"{code} kept as 42"}) as fake:
        assert attempt(fake) == "finish:accepted"


def test_the_message_travels_with_its_dots_and_the_connection_serves_again() -> None:
    with scripted({}) as fake:
        door = connect(server(fake))
        for _ in range(3):
            assert door.stream("shop@clairval.example", "c1@exemple.fr", MESSAGE) is None
            assert door.finish() == Answered("accepted", 250, "kept")
        door.close()
        assert fake.taken == [b"Subject: one\r\n\r\nfirst\r\n..second\r\n"] * 3
        assert not door.alive


def test_nothing_is_taken_before_the_dot() -> None:
    with scripted({}) as fake:
        door = connect(server(fake))
        assert door.stream("shop@clairval.example", "c1@exemple.fr", MESSAGE) is None
        door.abandon()
        assert fake.taken == []


def test_a_refused_recipient_leaves_the_connection_usable() -> None:
    with scripted({"RCPT": "550 5.1.1 nobody"}) as fake:
        door = connect(server(fake))
        assert door.stream("a@b.example", "gone@exemple.fr", MESSAGE) == Answered("failed", 550, "5.1.1 nobody")
        assert door.alive
        assert b"RSET\r\n" in fake.lines


def test_commands_go_together_where_the_server_takes_that() -> None:
    with scripted(PIPELINES) as fake:
        door = connect(server(fake))
        for _ in range(2):
            assert door.stream("shop@clairval.example", "c1@exemple.fr", MESSAGE) is None
            assert door.finish() == Answered("accepted", 250, "kept")
        assert len(fake.taken) == 2


def test_a_refused_recipient_among_commands_that_went_together() -> None:
    """F12: no body travels for a recipient who was refused, even when the server would take one."""
    with scripted({**PIPELINES, "RCPT": "550 5.1.1 nobody"}) as fake:
        door = connect(server(fake))
        assert door.stream("a@b.example", "gone@exemple.fr", MESSAGE) == Answered("failed", 550, "5.1.1 nobody")
        assert not door.alive
        assert fake.taken == []
    refusing = {**PIPELINES, "RCPT": "550 5.1.1 nobody", "DATA": "503 5.5.1 no valid recipient"}
    with scripted(refusing) as fake:
        door = connect(server(fake))
        assert door.stream("a@b.example", "gone@exemple.fr", MESSAGE) == Answered("failed", 550, "5.1.1 nobody")
        assert door.alive


def test_a_server_that_closes_says_so() -> None:
    with scripted({"MAIL": "421 4.7.0 enough for today"}) as fake:
        door = connect(server(fake))
        reply = door.stream("a@b.example", "c1@exemple.fr", MESSAGE)
        assert reply is not None
        assert (reply.outcome, door.alive) == ("deferred", False)


def test_encryption_that_was_stripped_is_refused() -> None:
    with scripted({}) as fake, pytest.raises(RouteRefused, match="STARTTLS"):
        connect(server(fake, starttls=True))


@pytest.mark.parametrize(
    ("reply", "problem"),
    [("535 5.7.8 wrong", RouteRefused), ("454 4.7.0 later", NotReached), ("421 4.3.2 closing", NotReached)],
)
def test_a_refused_login_is_the_route_s_fault_and_one_put_off_is_nobody_s(
    reply: str, problem: type[ChannelError]
) -> None:
    """F8, F9."""
    with scripted({"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": reply}) as fake, pytest.raises(ChannelError) as told:
        connect(server(fake, user="shop", password="secret"))
    assert type(told.value) is problem


@pytest.mark.parametrize(
    ("reply", "problem"),
    [("454 4.7.0 no encryption now", NotReached), ("554 5.7.0 never", RouteRefused), ("half-close", NotReached)],
)
def test_encryption_that_is_put_off_is_tried_again(reply: str, problem: type[ChannelError]) -> None:
    """F8, F13."""
    script = {"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": reply}
    with scripted(script) as fake, pytest.raises(ChannelError) as told:
        connect(server(fake, starttls=True))
    assert type(told.value) is problem


def test_a_server_that_wants_a_login_first() -> None:
    with scripted({"MAIL": "530 5.7.0 authentication required"}) as fake:
        door = connect(server(fake))
        with pytest.raises(RouteRefused, match="login"):
            door.stream("a@b.example", "c1@exemple.fr", MESSAGE)


def test_nobody_there() -> None:
    with pytest.raises(NotReached, match="cannot be reached"):
        connect(Server("127.0.0.1", 1, False, None, None, "clairval.example", QUICK))


@pytest.mark.parametrize("address", ["a@b\r\nRCPT TO:<x@y>", "a b@c", "<a@b>", "é@b.fr", "a@b\n"])
def test_an_address_cannot_break_out_of_its_command(address: str) -> None:
    """SEC-03."""
    with scripted({}) as fake:
        door = connect(server(fake))
        reply = door.stream("shop@clairval.example", address, MESSAGE)
        assert reply is not None
        assert reply.outcome == "failed"
        assert not any(b"RCPT" in line for line in fake.lines)


def test_losses_are_errors_of_one_tree() -> None:
    assert issubclass(ConnectionLost, ChannelError)
    assert "secret" not in repr(Server("h", 1, True, "u", "secret", "x"))
