"""Run as a program: sends events with the official Python client, and prints what it sent and what it was told."""

from __future__ import annotations

import json
import logging
import sys


class Waits(logging.Handler):
    """Counts how often the client was asked to wait."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count a refusal that names a time to wait."""
        self.count += "Rate-limited (status 429)" in record.getMessage()


def main(url: str, key: str, events: int) -> None:
    """Send so many events, packed, in batches of 25."""
    # The client stands in an environment of its own, which has no Relance.
    from segment.analytics.client import Client  # noqa: PLC0415

    waits = Waits()
    failed: list[str] = []
    logging.getLogger("segment").setLevel(logging.DEBUG)
    client = Client(
        key,
        host=url,
        gzip=True,
        upload_size=25,
        log_handler=waits,
        on_error=lambda error, _batch: failed.append(str(error)),
    )
    sent = []
    for number in range(events):
        _, message = client.track(f"user-{number % 7}", "Product Viewed", {"product_id": str(number), "price": 9.5})
        sent.append(message["messageId"])
    client.flush()
    client.join()
    sys.stdout.write(json.dumps({"sent": sent, "waits": waits.count, "failed": failed}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
