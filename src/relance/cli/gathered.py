"""Options that several commands have in common, declared once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

Command = Callable[..., None]


def gathered(**makers: Callable[..., Any]) -> Callable[[Command], Command]:
    """A command some of whose parameters are made from further options.

    The parameter of that name gives way to the maker's parameters, and the command is handed what the maker returns.
    """

    def around(command: Command) -> Command:
        own = signature(command, eval_str=True)
        options = {name: signature(maker, eval_str=True).parameters for name, maker in makers.items()}

        @wraps(command)
        def run(**given: Any) -> None:
            for name, maker in makers.items():
                given[name] = maker(**{option: given.pop(option) for option in options[name]})
            command(**given)

        parameters = [
            parameter.replace(kind=Parameter.KEYWORD_ONLY)
            for name, each in own.parameters.items()
            for parameter in (options[name].values() if name in options else [each])
        ]
        run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return run

    return around
