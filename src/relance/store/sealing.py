"""What is kept encrypted: AES-256-GCM under a key of its own for each purpose, derived from the data folder's key."""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from relance.errors import Conflict

NONCE: Final = 12  # bytes, as NIST SP 800-38D §8.2.2 has random ones: https://doi.org/10.6028/NIST.SP.800-38D


def seal(key: bytes, purpose: str, content: bytes) -> bytes:
    """The content encrypted and guarded against change; it opens under the same key and purpose only."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_derived(key, purpose)).encrypt(nonce, content, purpose.encode())


def unseal(key: bytes, purpose: str, sealed: bytes) -> bytes:
    """The content again. Raises Conflict when it was sealed under another key or was changed."""
    try:
        return AESGCM(_derived(key, purpose)).decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise Conflict("sealed_otherwise") from error


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"relance:{purpose}".encode()).derive(key)
