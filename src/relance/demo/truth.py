"""The parameters behind the simulated shop. They are kept, so that analyses can be compared with them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final

import numpy as np

from relance.demo.timeline import Bools, Floats, Ints


@dataclass(frozen=True)
class Behaviour:
    """How one type of customer behaves; rates are a year, chances between 0 and 1."""

    name: str
    share: float
    orders_a_year: float  # mean of the latent rate, a gamma with shape 2
    dropout: float  # chance of never coming back, after each order
    products: float  # distinct products in a basket, mean
    taste: float  # above 0 prefers dear products, below 0 cheap ones
    coupon: float  # chance that an order carries a code
    curve: str
    visits: float  # sessions a year without order, while active
    subscribes: float
    opens: float  # chance a newsletter
    clicks: float  # chance an opened newsletter
    unsubscribes: float  # chance a newsletter
    orders_after_click: float  # chance that a click causes an order that would not have been: the e-mail effect
    refund: float  # chance an order


BEHAVIOURS: Final = (
    Behaviour("prospect", 0.20, 0.0, 0.0, 1.0, 0.0, 0.0, "everyday", 5, 0.88, 0.26, 0.10, 0.0040, 0.02, 0.0),
    Behaviour("one_shot", 0.24, 0.2, 0.97, 2.3, 0.0, 0.20, "everyday", 3, 0.50, 0.16, 0.06, 0.0050, 0.02, 0.05),
    Behaviour("lapsing", 0.11, 5.0, 0.36, 2.6, 0.0, 0.18, "everyday", 6, 0.60, 0.22, 0.09, 0.0040, 0.05, 0.05),
    Behaviour("gift", 0.09, 2.0, 0.30, 2.6, 0.3, 0.15, "gifts", 3, 0.55, 0.24, 0.10, 0.0025, 0.05, 0.06),
    Behaviour("bargain", 0.12, 4.2, 0.10, 3.0, -0.5, 0.75, "bargains", 10, 0.80, 0.40, 0.22, 0.0020, 0.14, 0.06),
    Behaviour("regular", 0.17, 6.0, 0.05, 3.0, 0.1, 0.14, "everyday", 9, 0.78, 0.45, 0.20, 0.0010, 0.10, 0.04),
    Behaviour("high_value", 0.07, 6.5, 0.04, 3.5, 0.9, 0.08, "everyday", 11, 0.75, 0.42, 0.18, 0.0010, 0.10, 0.04),
)
NAMES: Final = tuple(behaviour.name for behaviour in BEHAVIOURS)
RATE_SHAPE: Final = 2.0


@dataclass(frozen=True)
class Companion:
    """A product that buyers of another add with a known chance, sometimes only in their next order."""

    product: str
    bought_with: str
    chance: float
    later: float  # the share of those who take it at their next order, when there is one
    buyers: float  # the share of buyers who take the first product at all


RAZOR: Final = "Rasoir de sûreté premium"
FOAM: Final = "Mousse à raser"
COMPANIONS: Final = (
    Companion(FOAM, RAZOR, 0.80, 0.15, 0.07),
    Companion("Lames de rasoir par 10", RAZOR, 0.55, 0.80, 0.07),
    Companion("Thé vert en vrac sencha 100 g", "Théière en fonte noire", 0.45, 0.20, 0.04),
    Companion("Séchoir à pâtes en hêtre", "Machine à pâtes manuelle", 0.35, 0.10, 0.03),
)


@dataclass(frozen=True)
class Harmful:
    """A product whose first buyers do not come back (R10)."""

    product: str
    first_orders: float  # the share of first orders that hold it
    leaves: float  # the chance that it makes a customer leave who would have stayed


@dataclass(frozen=True)
class Costly:
    """Customers who cost more than they bring (R11)."""

    share: float  # of the buyers of the types that come back
    refund: float  # chance an order
    contacts: float  # with the support, an order, mean
    usual_contacts: float  # of everybody else


@dataclass(frozen=True)
class FollowUp:
    """How a personal follow-up does beside a newsletter; factors of the behaviour's own chances."""

    clicks: float
    orders: float  # caused by a click
    coupon: float  # another factor of those orders, when the message has a code
    gone: float  # another one, for people who had dropped out
    most: float  # no chance of an order after a click is higher
    unsubscribes: float
    bounces: float  # chance, besides the addresses that do not exist
    window_days: int  # orders that come anyway are drawn for this long after the message


FOLLOW_UP: Final = FollowUp(
    clicks=3.0, orders=2.5, coupon=1.5, gone=0.6, most=0.5, unsubscribes=2.0, bounces=0.002, window_days=5
)
HARMFUL: Final = Harmful("Diffuseur d’huiles essentielles Éclat", 0.06, 0.88)
COSTLY: Final = Costly(0.04, 0.55, 1.4, 0.05)
RETURNING: Final = ("bargain", "regular", "high_value")


@dataclass(frozen=True)
class Truth:
    """What the simulator decided: parameters, and one value a customer in each array."""

    seed: int
    first_day: date
    until: date
    customer_ids: tuple[str, ...]
    behaviour: Ints  # index in NAMES
    rate: Floats  # latent orders a year
    active: Bools  # ordered, and has not dropped out
    costly: Bools
    harmed: Bools  # took the harmful product in the first order
    scanned: Bools  # a mail scanner fetches every link
    invalid: Bools  # the address does not exist
    behaviours: tuple[Behaviour, ...]
    companions: tuple[Companion, ...]
    harmful: Harmful
    harmful_id: str
    costly_rule: Costly
    follow_up: FollowUp
    caused_orders: tuple[str, ...]  # orders that a newsletter's click caused
    season: dict[str, tuple[float, ...]]  # the liveliness of each day, by curve

    def types(self) -> tuple[str, ...]:
        """The behaviour type of each customer."""
        return tuple(NAMES[index] for index in self.behaviour.tolist())


def truth_to_json(truth: Truth) -> str:
    """The truth as the text of `simulation.json`."""
    values = {field.name: getattr(truth, field.name) for field in fields(truth)}
    return json.dumps(values, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.ndarray):
        # Rates are drawn with more digits than anybody can compare.
        return (value.round(6) if value.dtype.kind == "f" else value).tolist()
    return asdict(value)


def truth_from_json(text: str) -> Truth:
    """The truth that `truth_to_json` wrote (rates to six decimals). Raises KeyError when a part is missing."""
    values = json.loads(text)
    return Truth(
        seed=values["seed"],
        first_day=date.fromisoformat(values["first_day"]),
        until=date.fromisoformat(values["until"]),
        customer_ids=tuple(values["customer_ids"]),
        behaviour=np.array(values["behaviour"], np.int64),
        rate=np.array(values["rate"], np.float64),
        active=np.array(values["active"], np.bool_),
        costly=np.array(values["costly"], np.bool_),
        harmed=np.array(values["harmed"], np.bool_),
        scanned=np.array(values["scanned"], np.bool_),
        invalid=np.array(values["invalid"], np.bool_),
        behaviours=tuple(Behaviour(**row) for row in values["behaviours"]),
        companions=tuple(Companion(**row) for row in values["companions"]),
        harmful=Harmful(**values["harmful"]),
        harmful_id=values["harmful_id"],
        costly_rule=Costly(**values["costly_rule"]),
        follow_up=FollowUp(**values["follow_up"]),
        caused_orders=tuple(values["caused_orders"]),
        season={name: tuple(levels) for name, levels in values["season"].items()},
    )
