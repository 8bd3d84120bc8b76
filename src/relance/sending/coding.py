"""How a mail's words travel: bodies quoted-printable, headers in encoded words; all of it in plain signs.

By hand, where the library's way takes ten times as long; what is out of the ordinary goes the library's way.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from typing import Final

# an address that needs neither quotes nor a second line: RFC 5322 §3.2.3 and §2.1.1
PLAIN_ADDRESS: Final = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
PLAIN_LENGTH: Final = 68
# bytes of one encoded word: a line that holds one has at most 76 signs (RFC 2047 §2)
WORD_BYTES: Final = 39


def quoted(text: str) -> bytes:
    """The text quoted-printable with a soft break at its end: pieces that follow each other read as one text.

    See RFC 2045 §6.7. Line ends become CRLF.
    """
    return (b2a_qp(text.encode(), istext=True) + b"=\n").replace(b"\n", b"\r\n") if text else b""


@lru_cache(maxsize=100)
def sender_line(name: str, address: str) -> bytes:
    """The From header. Raises ValueError for what is no address."""
    return _line("From", Address(name, addr_spec=address))


def recipient_line(address: str) -> bytes:
    """The To header. Raises ValueError for what is no address."""
    if len(address) <= PLAIN_LENGTH and PLAIN_ADDRESS.fullmatch(address):
        return f"To: {address}\r\n".encode("ascii")
    return _line("To", Address(addr_spec=address))


def subject_line(subject: str) -> bytes:
    """The Subject header of a text on one line."""
    if subject.isascii() and subject.isprintable() and len(subject) <= PLAIN_LENGTH and "=?" not in subject:
        return f"Subject: {subject}\r\n".encode("ascii")
    words = [f"=?utf-8?b?{b64encode(one).decode('ascii')}?=" for one in _words(subject)]
    return f"Subject: {f'{chr(13)}{chr(10)} '.join(words)}\r\n".encode("ascii")


def _words(text: str) -> Iterator[bytes]:
    """The text in pieces that hold whole signs."""
    word = b""
    for sign in text:
        coded = sign.encode()
        if len(word) + len(coded) > WORD_BYTES:
            yield word
            word = b""
        word += coded
    yield word


def _line(name: str, value: Address) -> bytes:
    message = EmailMessage(policy=SMTP)
    message[name] = value
    return message.as_bytes().removesuffix(b"\r\n")
