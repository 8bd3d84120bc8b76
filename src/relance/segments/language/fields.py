"""What fields, functions and parameters declare, and the register that finds them by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum


class Kind(StrEnum):
    """What a field or a parameter holds; the kind says which operators it takes (`operators.py`)."""

    TEXT = "text"
    ENUM = "enum"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"
    TEXT_LIST = "text_list"
    ID_LIST = "id_list"
    ID = "id"
    DURATION = "duration"
    POINT = "point"
    STEPS = "steps"


@dataclass(frozen=True)
class Field:
    """A fact of a customer that a condition can ask for.

    `values` is the closed list of an enum. `unit` is days, percent, points … or empty. `profiling` fields have no
    value for a customer who objects to profiling (S19). A field that is not `available` resolves to NotAvailableYet.
    """

    name: str
    kind: Kind
    nullable: bool = True
    values: tuple[str, ...] = ()
    unit: str = ""
    profiling: bool = True
    available: bool = True


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function, with the same declarations as a field."""

    name: str
    kind: Kind
    nullable: bool = True
    values: tuple[str, ...] = ()
    unit: str = ""
    available: bool = True


@dataclass(frozen=True)
class Function:
    """Related rows of a customer (orders, products, events …) that MATCHES looks at.

    `any_property`: parameters named `properties.key` are taken as text or number, by the value written.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    profiling: bool = True
    available: bool = True
    any_property: bool = False

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, if there is one."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


@dataclass(frozen=True)
class Fields:
    """The register of all names. `own` declares the shop's metafields and properties by their full name.

    `segments` are the ids of the segments that a query may name, by name in lower case; None: not known here.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    segments: Mapping[str, str] | None = None

    @classmethod
    def of(
        cls,
        fields: Iterable[Field] = (),
        functions: Iterable[Function] = (),
        own: Mapping[str, Kind] | None = None,
    ) -> Fields:
        """A register of these declarations; `own` maps `metafields.ns.key` or `properties.key` to its kind."""
        declared = {declared.name: declared for declared in fields}
        declared |= {name: Field(name, kind) for name, kind in (own or {}).items()}
        return cls(declared, {function.name: function for function in functions})

    def with_known(self, other: Fields) -> Fields:
        """This register, and the fields, functions and parameters of `other` that it lacks, marked as not available."""
        fields = {name: replace(found, available=False) for name, found in other.fields.items()}
        functions = {name: replace(found, available=False) for name, found in other.functions.items()}
        mine = {name: _with_parameters(found, functions.get(name)) for name, found in self.functions.items()}
        return Fields({**fields, **self.fields}, {**functions, **mine}, self.segments)

    def field(self, name: str) -> Field | None:
        """The field of that name, if there is one."""
        return self.fields.get(name)

    def function(self, name: str) -> Function | None:
        """The function of that name, if there is one."""
        return self.functions.get(name)

    def nearest(self, name: str) -> str | None:
        """The known name that looks most like `name`: for "Did you mean"."""
        return nearest(name, [*self.fields, *self.functions])


def _with_parameters(function: Function, known: Function | None) -> Function:
    """The function, and the parameters of `known` that it lacks, marked as not available."""
    if known is None:
        return function
    own = {parameter.name for parameter in function.parameters}
    more = tuple(replace(found, available=False) for found in known.parameters if found.name not in own)
    return replace(function, parameters=function.parameters + more)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of `known` that looks most like `word`, or None when nothing comes near."""
    by_case = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), list(by_case), n=1, cutoff=0.6)
    return by_case[found[0]] if found else None
