"""Which columns of its tables decide an expression's answer.

An expression carries many columns along that nobody asks for in the end: whoever picks rows of a table beforehand need
not read those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import ibis.expr.operations as ops
from ibis.common.graph import Graph
from ibis.expr.types import Table

# relations whose columns are those of the one below, each as it is
PASSING: Final = (ops.Filter, ops.Sort, ops.Limit, ops.Reference, ops.DropColumns)
# what reads how many rows a relation has, and no column of it
COUNTING: Final = (ops.CountStar, ops.JoinLink)


def columns_read(expression: Table) -> Mapping[str, frozenset[str]]:
    """The columns that decide the answer, by the names of their tables; where a step is not known, all that it has."""
    root: Any = expression.op()
    asked: dict[Any, set[str]] = defaultdict(set)
    asked[root] = set(root.schema)
    found: dict[str, set[str]] = defaultdict(set)
    upwards: Any = Graph.from_bfs(root).toposort()
    for node in reversed(upwards[0]):
        if isinstance(node, ops.PhysicalTable):
            found[node.name] |= asked[node]
        elif isinstance(node, ops.Relation):
            _ask_below(node, asked)
    return {name: frozenset(columns) for name, columns in found.items()}


def _ask_below(node: Any, asked: dict[Any, set[str]]) -> None:
    """Note what a relation reads of those below, for what is asked of it."""
    wanted = asked[node]
    match node:
        case ops.Project():
            _ask_by((node.values[name] for name in wanted), asked)
        case ops.Aggregate():
            metrics = (value for name, value in node.metrics.items() if name in wanted)
            _ask_by([*node.groups.values(), *metrics], asked)
        case ops.JoinChain():
            _ask_by([*(node.values[name] for name in wanted), *node.rest], asked)
        case ops.Union(distinct=False):
            asked[node.left] |= wanted
            asked[node.right] |= wanted
        case _ if isinstance(node, PASSING):
            asked[node.parent] |= wanted
            _ask_by((child for child in node.__children__ if child != node.parent), asked)
        case _:
            _ask_by([node], asked)


def _ask_by(readers: Iterable[Any], asked: dict[Any, set[str]]) -> None:
    """Note the columns that these read, down to the next relations; of one that is read whole, all columns."""
    waiting, done = list(readers), set[Any]()
    while waiting:
        if (one := waiting.pop()) in done:
            continue
        done.add(one)
        if isinstance(one, ops.Field):
            asked[one.rel].add(one.name)
            continue
        for child in one.__children__:
            if not isinstance(child, ops.Relation):
                waiting.append(child)
            elif not isinstance(one, COUNTING):
                asked[child] |= set(child.schema)
