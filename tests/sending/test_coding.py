"""MAIL-01: what a mail says travels in plain signs and arrives as it was written."""

from __future__ import annotations

import textwrap
from email import message_from_bytes
from email.policy import default
from quopri import decodestring
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from relance.sending.blocks import clean, one_line
from relance.sending.blocks_text import fold, point
from relance.sending.coding import quoted, recipient_line, subject_line
from relance.sending.dkim import WHITE, relaxed_body

texts = st.text(max_size=400).map(clean)


@given(st.lists(texts, max_size=6))
@example(["a" * 75, "b", ".", "From x", " ", "é" * 90, "end \n. \n"])
def test_pieces_that_travel_one_after_the_other_arrive_as_one_text(pieces: list[str]) -> None:
    coded = b"".join(map(quoted, pieces))
    assert coded.isascii()
    assert max(map(len, coded.split(b"\r\n"))) <= 76
    assert b"\n" not in coded.replace(b"\r\n", b"")
    assert decodestring(coded).decode() == "".join(pieces).replace("\n", "\r\n")


@given(st.text(max_size=300).map(one_line))
@example("=?utf-8?b?aGVsbG8=?=")
@example("Camille, votre code de 10\u202f% vous attend")
@example("a" * 250)
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    line = subject_line(subject)
    assert max(map(len, line.split(b"\r\n"))) <= 76
    read = message_from_bytes(line + b"\r\n", policy=default)
    assert read["Subject"] == subject
    assert not read.defects


def test_addresses_out_of_the_ordinary_are_written_as_they_must_be() -> None:
    for address in ("a@b.example", "o'neil@b.example", f"{'long' * 15}@{'host' * 12}.example", "a..b@c.example"):
        try:
            line = recipient_line(address)
        except ValueError:
            assert ".." in address
            continue
        assert message_from_bytes(line + b"\r\n", policy=default)["To"].addresses[0].addr_spec == address
        assert max(map(len, line.split(b"\r\n"))) <= 998


words = st.lists(st.text("abé\u202f-", max_size=90).map("a{}".format), max_size=40).map(" ".join)
whole: dict[str, Any] = {"break_on_hyphens": False, "break_long_words": False}


@given(words, st.integers(20, 90))
def test_paragraphs_are_folded_as_the_library_folds_them(text: str, width: int) -> None:
    assert fold(text, width) == textwrap.fill(text, width, **whole)
    listed = textwrap.fill(text, 72, initial_indent="- ", subsequent_indent="  ", **whole)
    assert point(text).strip() == (listed or "-").strip()


@given(st.text("a \t\r\n", max_size=60))
def test_white_space_is_relaxed_as_the_standard_says(text: str) -> None:
    body = text.replace("\r", "").replace("\n", "\r\n").encode()
    lines = [WHITE.sub(b" ", line).removesuffix(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    assert relaxed_body(body) == b"".join(line + b"\r\n" for line in lines)
