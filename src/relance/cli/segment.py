"""`relance segment`: a query is tried at once; a word that is the name of a command runs that command."""

from __future__ import annotations

from typing import Any, Final

import typer
from typer.core import TyperGroup

from relance.cli.options import words

TRY: Final = "try"


class QueryGroup(TyperGroup):
    """Commands on segments; what is none of their names is a query, as in `relance segment "age > 30"`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with the command that tries a query before a query."""
        named = args and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named or not args else [TRY, *args])


segment = typer.Typer(cls=QueryGroup, help=words("segment_group"), no_args_is_help=True)
