"""Machine or human (S17): the rules, and that neither order nor repetition matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.tracking import Hit, HitKind, Message, judge

ACCEPTED = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NETWORKS = ("192.0.2.0/24", "198.51.100.0/24")


def hit(
    seconds: float,
    link: int = 1,
    *,
    number: int = 1,
    method: str = "GET",
    agent: str = BROWSER,
    network: str = NETWORKS[0],
    honeypot: bool = False,
    kind: HitKind = "click",
) -> Hit:
    """A hit some seconds after acceptance."""
    return Hit(number, link, honeypot, method, ACCEPTED + timedelta(seconds=seconds), agent, network, kind)


def verdicts(hits: list[Hit], links: int = 4) -> list[tuple[str, str]]:
    """Judgement and rule of each hit, in the given order."""
    numbered = [replace(one, hit_id=number) for number, one in enumerate(hits)]
    found = judge(Message(links, ACCEPTED), numbered)
    return [(found[number].judgement, found[number].rule) for number in range(len(hits))]


HUMAN = ("human", "no_machine_sign")


def test_a_click_without_any_sign_counts_as_human() -> None:
    assert verdicts([hit(600)]) == [HUMAN]


def test_head_is_a_machine_and_the_click_after_it_is_not() -> None:
    assert verdicts([hit(600, method="HEAD"), hit(601)]) == [("machine", "head"), HUMAN]


def test_the_honeypot_gives_away_its_network_for_ten_seconds() -> None:
    hits = [hit(600), hit(605, 9, honeypot=True), hit(615), hit(615.1), hit(606, network=NETWORKS[1])]
    machine = ("machine", "honeypot")
    assert verdicts(hits) == [machine, machine, machine, HUMAN, HUMAN]


@pytest.mark.parametrize(("seconds", "rule"), [(-3, "too_soon"), (4.999, "too_soon"), (5, "no_machine_sign")])
def test_nobody_clicks_within_five_seconds(seconds: float, rule: str) -> None:
    assert verdicts([hit(seconds)])[0][1] == rule


@pytest.mark.parametrize(
    "agent",
    [
        "curl/8.5.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1)",
        "Barracuda Sentinel",
        "SomeGateway/2.0",
        "Mozilla/5.0",
        "",
        "Mozilla/5.0 (compatible; LinkCheck; +https://gateway.example/about)",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    ],
)
def test_listed_programs_are_machines(agent: str) -> None:
    assert verdicts([hit(600, agent=agent)]) == [("machine", "agent")]


def test_a_phone_whose_maker_is_called_like_a_robot_is_none() -> None:
    phone = "Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/103.0 Mobile"
    assert verdicts([hit(600, agent=phone)]) == [HUMAN]


@pytest.mark.parametrize(
    ("network", "rule"),
    [
        ("40.107.218.0/24", "network"),
        ("52.103.9.0/24", "network"),
        ("2a01:111:f400::/48", "network"),
        ("35.157.190.0/24", "network"),  # what is kept of an address is wider than the published range
        ("40.126.1.0/24", "no_machine_sign"),
        ("2001:db8:1234::/48", "no_machine_sign"),
        ("", "no_machine_sign"),
    ],
)
def test_networks_that_look_mail_through(network: str, rule: str) -> None:
    """S17: the dated list; a web mail's own network is not in it."""
    assert verdicts([hit(600, network=network)])[0][1] == rule


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        (BROWSER, HUMAN),
        ("Outlook-iOS/711.3061168.prod.iphone", HUMAN),
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            ("unknown", "proxy"),
        ),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", ("unknown", "proxy")),
        ("Mozilla/5.0", ("machine", "agent")),
        ("python-requests/2.32.0", ("machine", "agent")),
    ],
)
def test_openings(agent: str, verdict: tuple[str, str]) -> None:
    """S17: of a picture that was fetched by a proxy or ahead of time nobody can say that a person saw it."""
    assert verdicts([hit(600, agent=agent, kind="open")]) == [verdict]


def test_a_picture_is_no_link() -> None:
    """S17: who reads, loads the picture and follows two links is no scanner; whoever scans loads the picture too."""
    reading = [hit(600, kind="open"), hit(603, 1), hit(606, 2)]
    assert verdicts(reading, links=2) == [HUMAN] * 3
    scan = [
        hit(600, kind="open"),
        hit(600, 1),
        hit(600.2, 2),
        hit(600.4, 3),
        hit(601, kind="open", network=NETWORKS[1]),
    ]
    assert verdicts(scan, links=3) == [("machine", "all_links")] * 4 + [HUMAN]


def test_the_way_out_is_one_of_the_links() -> None:
    page = replace(hit(602, kind="unsubscribe_page"), link_id=None)
    assert verdicts([hit(600, 1), hit(601, 2), page], links=2) == [("machine", "all_links")] * 3
    assert verdicts([hit(600, 1), page], links=2) == [HUMAN] * 2


def test_four_of_five_links_within_ten_seconds() -> None:
    spread = [hit(600, 1), hit(603, 2), hit(606, 3), hit(610, 4)]
    assert verdicts(spread, links=5) == [("machine", "all_links")] * 4
    assert verdicts([*spread[:3], hit(610.1, 4)], links=5) == [HUMAN] * 4
    assert verdicts(spread[:3], links=5) == [HUMAN] * 3


def test_a_message_with_two_links_has_no_burst() -> None:
    assert verdicts([hit(600, 1), hit(601, 2)], links=2) == [HUMAN] * 2


def test_the_same_link_again_and_again_is_no_burst() -> None:
    assert verdicts([hit(600 + second, 1) for second in range(9)]) == [HUMAN] * 9


def test_a_person_who_clicks_after_the_scanner_is_seen() -> None:
    scanner = [hit(2, link) for link in (1, 2, 3, 4)]
    assert verdicts([*scanner, hit(300, 2)])[-1] == HUMAN


a_hit = st.builds(
    hit,
    st.integers(-5, 60).map(lambda halves: halves / 2),
    st.integers(1, 4),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
    agent=st.sampled_from([BROWSER, BROWSER, "curl/8.5.0"]),
    network=st.sampled_from(NETWORKS),
    honeypot=st.sampled_from([False, False, False, True]),
    kind=st.sampled_from(["click", "click", "open", "unsubscribe_page"]),
)


@given(st.lists(a_hit, min_size=1, max_size=12), st.data())
def test_any_order_and_any_repetition_give_the_same_verdicts(hits: list[Hit], data: st.DataObject) -> None:
    """S17. The property that lets hits be recorded late, twice and out of order."""
    alone = dict(zip(hits, verdicts(hits), strict=True))
    again = data.draw(st.lists(st.sampled_from(hits), max_size=12))
    mixed = data.draw(st.permutations([*hits, *again]))
    assert all(alone[one] == verdict for one, verdict in zip(mixed, verdicts(mixed), strict=True))


@given(st.lists(a_hit, min_size=1, max_size=12), st.lists(a_hit, max_size=6))
def test_a_verdict_that_is_final_never_changes(hits: list[Hit], later: list[Hit]) -> None:
    """Hits that come 120 seconds after another one cannot touch its verdict."""
    end = max(one.at for one in hits) + timedelta(seconds=120)
    late = [replace(one, at=end + (one.at - ACCEPTED) + timedelta(seconds=5)) for one in later]
    assert verdicts([*hits, *late])[: len(hits)] == verdicts(hits)
