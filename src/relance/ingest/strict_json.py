"""JSON as its standard has it: numbers that are none, and numbers beyond every float, are not read."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

from relance.errors import BadInput


def read_json(raw: bytes) -> Any:
    """What a text says; every number in it is finite. Raises BadInput for what is no JSON."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _read_slowly(raw)


def _read_slowly(raw: bytes) -> Any:
    """What the quick reader refuses: half a sign (a lone surrogate) is JSON, and its call alone cannot be kept."""
    try:
        return json.loads(raw, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        problem = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise BadInput("calls.no_json", problem=problem) from error


def _no_number(text: str) -> float:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)
