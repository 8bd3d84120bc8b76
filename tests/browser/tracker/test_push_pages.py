"""Web push in a real browser: a click subscribes, the service worker shows, opens and renews (MAIL-12, S1).

No push service is reached from here, and a headless browser has none: `PushManager` is a stand-in that gives out the
subscription of the fake push service. Page, permission, service worker, cache and server are real.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Worker
from tests.browser.tracker.conftest import WORKER, Visitor, until
from tests.fakes.push_service import Browser, PushService

from relance import consent, sending
from relance.clock import system_clock
from relance.consent import visitor_name

pytestmark = pytest.mark.browser

TEXT = "Tell me when my size is back."
STAND_IN = """
(told => {
  let held = null;
  const subscription = options => ({
    endpoint: told.endpoint, options,
    toJSON: () => told,
    unsubscribe: async () => { held = null; return true; },
  });
  PushManager.prototype.getSubscription = async () => held;
  PushManager.prototype.subscribe = async options => held = subscription(options);
})(%s)
"""
BUTTON = """
document.body.insertAdjacentHTML("beforeend", "<button id='news'>News</button>");
document.getElementById("news").addEventListener("click", () =>
  relance("push", { ...%s, done: state => { window.state = state; } }));
"""


def click(visitor: Visitor, **asked: Any) -> str:
    """Click on a button that asks for notifications, and what became of it."""
    visitor.run("document.getElementById('news')?.remove(); delete window.state")
    visitor.run(BUTTON % json.dumps({"text": TEXT, "worker": WORKER, **asked}))
    visitor.page.locator("#news").click()
    visitor.page.wait_for_function("window.state")
    return str(visitor.run("window.state"))


def turn_on(visitor: Visitor) -> Browser:
    """Web push is on, and the browser has a subscription to give."""
    house, shop = visitor.place.house, visitor.place.shop
    with house.store.begin() as connection:
        sending.turn_on_push(connection, shop, "mailto:shop@example.fr", house.key, system_clock())
    with house.store.read() as connection:
        key = sending.push_key(connection, shop, house.key)
    assert key is not None
    browser = PushService().subscribe(key)
    visitor.context.add_init_script(STAND_IN % json.dumps(browser.subscription()))
    visitor.context.grant_permissions(["notifications"], origin=visitor.place.elsewhere)
    return browser


def devices(visitor: Visitor) -> int:
    """How many devices the server knows."""
    with visitor.place.house.store.read() as connection:
        return sending.device_figures(connection, visitor.place.shop).devices


def awaited(visitor: Visitor, holds: Callable[[], object]) -> None:
    """Wait until something holds, while the browser goes on."""

    def look() -> object:
        visitor.page.wait_for_timeout(20)
        return holds()

    until(look)


def worker_of(visitor: Visitor) -> Worker:
    """The page's service worker."""
    awaited(visitor, lambda: visitor.context.service_workers)
    return visitor.context.service_workers[0]


def test_a_click_subscribes_with_its_text_and_another_ends_it(visitor: Visitor) -> None:
    turn_on(visitor)
    visitor.open("/")
    assert click(visitor) == "no_consent"  # to the tracker: nobody would ever know whose the device is
    assert visitor.left_behind() == []
    visitor.run("relance.consent(true)")
    assert click(visitor, text="") == "no_text"
    assert click(visitor) == "on"
    assert devices(visitor) == 1
    house, shop = visitor.place.house, visitor.place.shop
    anonymous_id = next(one["value"] for one in visitor.context.cookies() if one["name"] == "relance_id")
    with house.store.read() as connection:
        (said,) = consent.history(connection, shop, visitor_name(house.key, anonymous_id))
        assert consent.texts(connection, shop)[said.entry.evidence["text_version"]] == TEXT
    assert said.entry.evidence["page"] == f"{visitor.place.elsewhere}/"
    assert click(visitor) == "on"  # the same browser again
    assert devices(visitor) == 1
    assert click(visitor, off=True) == "off"
    assert devices(visitor) == 0
    assert ("OPTIONS", "/v1/push") not in visitor.sent()


def test_the_service_worker_shows_opens_and_renews(visitor: Visitor) -> None:
    old = turn_on(visitor)
    visitor.open("/")
    visitor.run("relance.consent(true)")
    assert click(visitor) == "on"
    worker = worker_of(visitor)
    url = f"{visitor.place.url}/c/token"
    shown = {"relance": 1, "title": "Bonjour", "text": "Back in your size", "url": url, "tag": "flow:a:b", "lang": "en"}
    deliver(visitor, json.dumps(shown))
    awaited(visitor, lambda: notifications(visitor))
    assert notifications(visitor) == [["Bonjour", "Back in your size", "flow:a:b", url]]
    deliver(visitor, json.dumps({**shown, "text": "Only two left"}))
    awaited(visitor, lambda: notifications(visitor)[0][1] == "Only two left")
    assert len(notifications(visitor)) == 1  # one of the same tag took its place
    deliver(visitor, json.dumps({"title": "of another program"}))
    opened = worker.evaluate("""async () => {
      const opened = [];
      clients.openWindow = async url => { opened.push(url); };
      const [notification] = await registration.getNotifications();
      dispatchEvent(new NotificationEvent("notificationclick", { notification }));
      return opened;
    }""")
    assert opened == [url]
    assert notifications(visitor) == []
    new = PushService().subscribe(old.server_key)
    worker.evaluate(
        """told => {
          const event = new ExtendableEvent("pushsubscriptionchange");
          const newSubscription = { endpoint: told.endpoint, toJSON: () => told };
          dispatchEvent(Object.assign(event, { oldSubscription: null, newSubscription }));
        }""",
        new.subscription(),
    )
    awaited(visitor, lambda: is_known(visitor, new.endpoint))
    assert devices(visitor) == 1
    assert not is_known(visitor, old.endpoint)


def is_known(visitor: Visitor, endpoint: str) -> bool:
    """Whether the server has a device at this endpoint."""
    house, shop = visitor.place.house, visitor.place.shop
    anonymous_id = next(one["value"] for one in visitor.context.cookies() if one["name"] == "relance_id")
    with house.store.begin() as connection:
        sending.link_devices(connection, shop, house.key, {anonymous_id: "c1"}, system_clock())
        found = sending.newest_devices(connection, shop, house.key, ["c1"])
    return "c1" in found and json.loads(found["c1"].recipient)["endpoint"] == endpoint


def notifications(visitor: Visitor) -> list[list[str]]:
    """What is shown: title, text, tag, where it leads."""
    found: list[list[str]] = visitor.run("""navigator.serviceWorker.ready
      .then(worker => worker.getNotifications())
      .then(all => all.map(one => [one.title, one.body, one.tag, one.data.relance]))""")
    return found


def deliver(visitor: Visitor, data: str) -> None:
    """A message arrives at the browser, as its push service would bring it."""
    session = visitor.context.new_cdp_session(visitor.page)
    registrations: list[str] = []

    def hear(told: Any) -> None:
        registrations.extend(one["registrationId"] for one in told["registrations"])

    session.on("ServiceWorker.workerRegistrationUpdated", hear)
    session.send("ServiceWorker.enable")
    awaited(visitor, lambda: registrations)
    told = {"origin": visitor.place.elsewhere, "registrationId": registrations[0], "data": data}
    session.send("ServiceWorker.deliverPushMessage", told)
    session.detach()
