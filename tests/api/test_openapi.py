"""The description that the interface's client is generated from."""

from __future__ import annotations

import json
from pathlib import Path

from relance.api.openapi import description

KEPT = Path(__file__).parent.parent.parent / "ui" / "openapi.json"


def test_the_kept_description_is_that_of_the_code() -> None:
    """To renew it: python -m relance.api.openapi > ui/openapi.json."""
    assert json.loads(KEPT.read_text(encoding="utf-8")) == description()


def test_every_operation_has_a_name_and_a_sentence() -> None:
    operations = [operation for path in description()["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) >= 25
    assert all(operation["description"].endswith(".") for operation in operations)
