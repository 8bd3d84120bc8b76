"""The way of each channel: chosen by the shop, secrets sealed, left alone for a while when it refuses us (F9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.channels.scripted import scripted
from tests.sending.post import KEY, Post, intent, route_to
from tests.sending.provider_desk import Account, serve_desk

from relance.channels import Provider, ProviderKind
from relance.errors import BadSetting, NotFound
from relance.sending import MailRoute, Route, list_routes, remove_route, resume_route, routes_of, save_route, states
from relance.sending.routes import REST
from relance.store import tables


def made(values: Mapping[str, str]) -> Provider:
    if "port" not in values or "api_key" not in values:
        raise BadSetting("channels.missing_setting", provider="desk", name="api_key")
    return Account(int(values["port"]))


KINDS = {("email", "desk"): ProviderKind("desk", "email", ("port",), ("api_key",), made)}
GIVEN = {"port": "25", "api_key": "geheim", "sender": "Shop <a@clairval.example>", "postal_address": "Lyon"}


def choose(post: Post, **changes: str) -> None:
    with post.store.begin() as connection:
        save_route(connection, post.shop, "email", "desk", {**GIVEN, **changes}, KEY, post.clock(), KINDS)


def names(post: Post, mail: MailRoute | None = None, since: timedelta = timedelta(hours=1)) -> list[str]:
    return [one.provider_name for one in ways(post, mail, since)]


def ways(post: Post, mail: MailRoute | None = None, since: timedelta = timedelta(hours=1)) -> list[Route]:
    with post.store.begin() as connection:
        return routes_of(
            connection, post.shop, mail, KEY, post.clock() - since, post.clock(), private=True, kinds=KINDS
        )[1]


def test_the_shop_s_provider_goes_before_the_mail_server_of_the_settings(post: Post) -> None:
    mail = route_to(post.port)
    assert names(post) == []
    assert names(post, mail) == ["smtp"]
    with serve_desk() as desk:
        choose(post, port=str(desk.port), connections="2")
        (chosen,) = ways(post, mail)
        assert (chosen.provider_name, chosen.max_connections, chosen.postal_address) == ("desk", 2, "Lyon")
        post.agree("c1")
        post.plan(intent("c1"))
        assert post.send(route=chosen).states == {"accepted": 1}
    with post.store.begin() as connection:
        remove_route(connection, post.shop, "email")
        with pytest.raises(NotFound):
            remove_route(connection, post.shop, "email")
    assert names(post, mail) == ["smtp"]


def test_secrets_are_sealed(post: Post) -> None:
    choose(post)
    with post.store.read() as connection:
        row = connection.execute(select(tables.route)).one()
        (told,) = list_routes(connection, post.shop)
    assert b"geheim" not in row.sealed
    assert "geheim" not in str(row) + str(told)
    assert dict(told.settings) == {name: value for name, value in GIVEN.items() if name != "api_key"}


@pytest.mark.parametrize(
    ("provider", "given", "named"),
    [
        ("pigeon", GIVEN, "pigeon"),
        ("desk", {**GIVEN, "colour": "red"}, "colour"),
        ("desk", {"port": "25"}, "api_key"),
    ],
)
def test_what_no_way_can_be_is_named(post: Post, provider: str, given: dict[str, str], named: str) -> None:
    with post.store.begin() as connection, pytest.raises(BadSetting, match=named):
        save_route(connection, post.shop, "email", provider, given, KEY, post.clock(), KINDS)


def test_a_way_that_refuses_us_rests_and_is_told_of_once(post: Post) -> None:
    post.agree("c1", "c2", "c3")
    mail = route_to(post.port)
    for news, customer in ((True, "c1"), (False, "c2")):
        post.plan(intent(customer))
        with scripted({"MAIL": "530 5.7.0 authentication required"}) as fake:
            report = post.send(route=route_to(fake.port))
        assert report.problem is not None
        assert report.is_news is news
    assert names(post, mail) == []
    assert names(post, mail, since=timedelta(0)) == ["smtp"]
    with post.store.begin() as connection:
        (told,) = list_routes(connection, post.shop)
        assert (told.channel, told.provider, told.stopped_at) == ("email", "smtp", post.clock())
        assert "authentication required" in (told.stop_reason or "")
        resume_route(connection, post.shop, "email")
    assert names(post, mail) == ["smtp"]
    with scripted({"MAIL": "530 5.7.0 authentication required"}) as fake:
        post.plan(intent("c3"))
        post.send(route=route_to(fake.port))
    assert names(post, mail) == []
    post.clock.now += REST + timedelta(seconds=1)
    assert names(post, mail) == ["smtp"]
    with post.store.read() as connection:
        assert states(connection, post.shop)["accepted"] == 0
    post.clock.now += timedelta(hours=2)
    assert post.send(route=mail).states["accepted"] == 3
    with post.store.read() as connection:
        (told,) = list_routes(connection, post.shop)
    assert (told.stopped_at, told.stop_reason) == (None, None), "it works again, and nobody had to say so"
