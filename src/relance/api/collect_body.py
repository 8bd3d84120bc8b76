"""Reading the body of a request that anybody may send: bounded before and after unpacking, and never further."""

from __future__ import annotations

import zlib
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Receive

from relance.errors import BadInput

BATCH: Final = 500 * 1024
LARGEST: Final = 2_000_000
EXPANSION: Final = 10
GZIP: Final = 16 + zlib.MAX_WBITS


class BodyTooLarge(BadInput):
    """The body is larger than it may be."""


async def read_body(receive: Receive, headers: Headers, most: int) -> bytes:
    """The body, unpacked where it is gzip: at most `most` bytes, and beyond 500 KB at most ten times what was sent.

    Raises BodyTooLarge as soon as that is clear, and BadInput for a body that cannot be unpacked.
    """
    said = headers.get("content-length", "")
    if said.isdecimal() and int(said) > most:
        raise _too_large(most)
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in {"", "identity", "gzip"}:
        raise BadInput("calls.unknown_packing", packing=packing[:40])
    unpacked = _Unpacked(most) if packing == "gzip" else _Plain(most)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadInput("calls.bad_packing")
        unpacked.add(message.get("body", b""))
        if not message.get("more_body", False):
            return unpacked.whole()


class _Plain:
    """A body as it was sent."""

    def __init__(self, most: int) -> None:
        self.most, self.size = most, 0
        self.parts: list[bytes] = []

    def add(self, part: bytes) -> None:
        """Take a part. Raises BodyTooLarge."""
        self.size += len(part)
        if self.size > self.most:
            raise _too_large(self.most)
        self.parts.append(part)

    def whole(self) -> bytes:
        """All parts together."""
        return b"".join(self.parts)


class _Unpacked(_Plain):
    """A body that was sent as gzip."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.unpack = zlib.decompressobj(GZIP)
        self.sent = 0

    def add(self, part: bytes) -> None:
        """Unpack a part. Raises BodyTooLarge before more is unpacked than may be, BadInput for what is no gzip."""
        self.sent += len(part)
        room = min(self.most, max(BATCH, EXPANSION * self.sent)) - self.size
        try:
            got = self.unpack.decompress(part, room + 1)
        except zlib.error as error:
            raise BadInput("calls.bad_packing") from error
        if len(got) > room:
            raise _too_large(self.most)
        super().add(got)

    def whole(self) -> bytes:
        """All that was packed. Raises BadInput when the end is missing or something follows it."""
        if not self.unpack.eof or self.unpack.unused_data:
            raise BadInput("calls.bad_packing")
        return super().whole()


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge("calls.body_too_large", most=most // 1024)
