"""Small tools between numpy and Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from relance.demo.timeline import Bools, Floats, Ints, moments

# Arrow's type stubs refuse some of the calls that its functions allow.
Column: TypeAlias = Any
kernels: Any = pyarrow.compute


def texts(values: Sequence[str | None], index: Ints) -> Column:
    """The texts that `index` chooses; null where it is negative."""
    return kernels.take(pa.array(values, pa.string()), pa.array(index, mask=index < 0))


def ids(prefix: str, numbers: Ints) -> Column:
    """Ids such as `o12`; null where the number is negative."""
    written = kernels.cast(pa.array(numbers, mask=numbers < 0), pa.string())
    return kernels.binary_join_element_wise(prefix, written, "")


def instants(seconds: Ints, missing: Bools | None = None) -> Column:
    """Naive UTC timestamps; null where `missing`."""
    return pa.array(moments(seconds), pa.timestamp("us"), mask=missing)


def dates(days: Ints, missing: Bools | None = None) -> Column:
    """Dates of days counted from 1970-01-01; null where `missing`."""
    return pa.array(days.astype("datetime64[D]"), pa.date32(), mask=missing)


def constant(value: Any, count: int, kind: pa.DataType) -> Column:
    """The same value `count` times."""
    repeat: Any = pa.repeat
    return repeat(pa.scalar(value, kind), count)


def ranks(group: Ints) -> Ints:
    """The place of each row within its group, from 0; rows of a group stand together."""
    count = len(group)
    if count == 0:
        return np.zeros(0, np.int64)
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    return np.asarray(np.arange(count) - np.repeat(starts, np.diff(np.r_[starts, count])))


def choose(rng: np.random.Generator, weights: Sequence[float] | Floats, count: int) -> Ints:
    """`count` indexes, each drawn with its weight."""
    edges = np.cumsum(np.asarray(weights, np.float64))
    found = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    return np.asarray(np.minimum(found, len(edges) - 1))


def sums(group: Ints, values: npt.NDArray[np.int64], size: int) -> Ints:
    """The sum of `values` by group; exact below 2**53."""
    return np.bincount(group, values, size).astype(np.int64)
