"""`relance sending`: what became of messages and who decides; `relance sender`: one more process that sends."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from relance import consent, sending
from relance.channels import Channel
from relance.cli.ask import mail_route, run
from relance.cli.commands import route_of
from relance.cli.logs import set_up_logs
from relance.cli.options import AsJson, Session, environment_language
from relance.cli.show import show_facts, show_json, show_table
from relance.clock import system_clock
from relance.errors import BadInput, FileProblem
from relance.store import DataFolder, Shop, Store, find_shop, open_store, sqlite_url
from relance.words import say
from relance.worker.loop import Loop, leave_garbage_to_loops

DOUBT_COLUMNS: Final = ("outbox_id", "customer_id", "channel", "source", "provider", "doubt_at", "reason")
DEAD_COLUMNS: Final = ("source", "channel", "state", "reason", "count")
PAUSE: Final = 2.0  # seconds
LOOK_PAUSE: Final = 60.0


def _told(name: str, /, **facts: object) -> str:
    return say(f"outbox.{name}", environment_language(), **facts)


asked = typer.Typer(help=_told("about"), no_args_is_help=True)
Source = Annotated[str, typer.Argument(metavar="SOURCE", help=_told("argument_source"))]


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(asked, name="sending")
    app.command("sender", help=_told("about_sender"))(run_sender)


@asked.command("doubts", help=_told("about_doubts"))
def show_doubts(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the messages in doubt."""
    result = run(context, "doubts", {})
    if as_json:
        return show_json(result)
    return show_table(DOUBT_COLUMNS, [[one[name] for name in DOUBT_COLUMNS] for one in result["doubts"]])


@asked.command("decide", help=_told("about_decide"))
def decide(
    context: typer.Context,
    decision: Annotated[Literal["accepted", "send_again", "give_up"], typer.Argument(help=_told("argument_decision"))],
    messages: Annotated[list[int], typer.Argument(metavar="ID…", help=_told("argument_messages"))],
    as_json: AsJson = False,
) -> None:
    """End doubts by a person's decision."""
    result = run(context, "decide", {"decision": decision, "messages": messages})
    return show_json(result) if as_json else show_facts(result, environment_language())


@asked.command("relay-log", help=_told("about_relay_log"))
def relay_log(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_told("argument_log"))],
    as_json: AsJson = False,
) -> None:
    """End doubts by the log of a relay of one's own."""
    result = run(context, "relay_log", {"file": str(file.absolute())})
    return show_json(result) if as_json else show_facts(result, environment_language())


@asked.command("dead", help=_told("about_dead"))
def show_dead(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the dead letters."""
    result = run(context, "dead", {})
    if as_json:
        return show_json(result)
    return show_table(DEAD_COLUMNS, [[one[name] for name in DEAD_COLUMNS] for one in result["dead"]], numbers=(4,))


@asked.command("again", help=_told("about_again"))
def send_again(
    context: typer.Context,
    source: Annotated[str | None, typer.Option(metavar="SOURCE", help=_told("option_source"))] = None,
    reason: Annotated[str | None, typer.Option(metavar="REASON", help=_told("option_reason"))] = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters again."""
    result = run(context, "again", {"source": source, "reason": reason})
    return show_json(result) if as_json else show_facts(result, environment_language())


@asked.command("pause", help=_told("about_pause"))
def pause(context: typer.Context, source: Source, as_json: AsJson = False) -> None:
    """Let nothing of a source be sent."""
    _act(context, source, "hold", as_json=as_json)


@asked.command("resume", help=_told("about_resume"))
def resume(context: typer.Context, source: Source, as_json: AsJson = False) -> None:
    """Let the messages of a source go again."""
    _act(context, source, "release", as_json=as_json)


@asked.command("cancel", help=_told("about_cancel"))
def cancel(context: typer.Context, source: Source, as_json: AsJson = False) -> None:
    """Cancel what has not gone yet."""
    _act(context, source, "cancel", as_json=as_json)


@asked.command("route", help=_told("about_route"))
def choose_route(
    context: typer.Context,
    channel: Annotated[Literal["email", "sms", "push", "webhook"], typer.Argument(help=_told("argument_channel"))],
    provider: Annotated[str | None, typer.Argument(metavar="PROVIDER", help=_told("argument_provider"))] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help=_told("option_set"))] = None,
    as_json: AsJson = False,
) -> None:
    """Choose the provider of a channel."""
    settings = dict(_setting(one) for one in setting or ())
    result = run(context, "route", {"channel": channel, "provider": provider, "settings": settings})
    return show_json(result) if as_json else show_facts(result, environment_language())


@asked.command("metrics", help=_told("about_metrics"))
def show_metrics(context: typer.Context) -> None:
    """Print the conservation law for Prometheus."""
    sys.stdout.write(run(context, "metrics", {})["text"])


def run_sender(context: typer.Context) -> None:
    """Send what is due until SIGINT or SIGTERM, beside a running server or on another machine (S3, S4)."""
    session: Session = context.obj
    settings = session.settings()
    set_up_logs(settings)
    opening = session.opening()
    folder, mail = opening.folder, route_of({"route": mail_route(settings)})
    folder.create()
    store = open_store(settings.text("STORE_URL") or sqlite_url(folder.store_file))
    private, ended = settings.switch("PRIVATE_ADDRESSES"), threading.Event()
    sender = _Sender(store, folder, mail, shared_key(store, folder), system_clock(), private, opening.public_url)
    signal.signal(signal.SIGTERM, lambda _number, _frame: ended.set())
    signal.signal(signal.SIGINT, lambda _number, _frame: ended.set())
    leave_garbage_to_loops()
    typer.echo(_told("sender_begins"))
    # each channel by itself: a mail server that cannot be reached, or a long queue, keeps none of the others waiting
    with ExitStack() as running:
        for channel in sending.CHANNELS:
            running.enter_context(Loop(partial(sender.send, channel), PAUSE, ended))
        running.enter_context(Loop(sender.look_for_doubts, LOOK_PAUSE, ended))
        ended.wait()
    store.close()
    typer.echo(_told("sender_ended"))


@dataclass(frozen=True)
class _Sender:
    """A process that sends: what it does again and again."""

    store: Store
    folder: DataFolder
    mail: sending.MailRoute | None
    key: bytes
    since: datetime
    private: bool
    public_url: str

    def send(self, channel: Channel, stopping: Callable[[], bool]) -> None:
        """Send what is due on a channel. Raises what keeps its way from being used, once."""
        shop, routes = self._ways_out((channel,))
        for route in routes:
            if shop is None:
                return
            report = sending.send_due(
                self.store, shop, route, self.key, self.public_url, system_clock, self.folder, stop=stopping
            )
            if report.problem is not None and report.is_news:
                raise report.problem

    def look_for_doubts(self, _stopping: Callable[[], bool]) -> None:
        """Repeat what is in doubt where that is safe, and ask the providers that can be asked, as the server does."""
        shop, routes = self._ways_out(sending.CHANNELS)
        if shop is None:
            return
        with self.store.read() as connection:
            now = sending.instant(connection, system_clock)
        sending.repeat_doubts(self.store, shop, routes, self.key, self.public_url, now)
        sending.search_doubts(self.store, shop, routes, now)

    def _ways_out(self, channels: Sequence[Channel]) -> tuple[Shop | None, list[sending.Route]]:
        private = self.private
        return ways_out(self.store, self.folder, self.mail, self.key, self.since, private=private, channels=channels)


def shared_key(store: Store, folder: DataFolder) -> bytes:
    """The installation's key. Raises FileProblem where the shop was made with one that this folder does not have."""
    with store.read() as connection:
        if find_shop(connection) is not None and not folder.key_file.exists():
            raise FileProblem("outbox.no_key", path=str(folder.key_file))
    return folder.secret_key()


def ways_out(
    store: Store,
    folder: DataFolder,
    mail: sending.MailRoute | None,
    key: bytes,
    since: datetime,
    *,
    private: bool,
    channels: Sequence[Channel] = sending.CHANNELS,
) -> tuple[Shop | None, list[sending.Route]]:
    """The shop and the ways that may be used now; none for a restored backup, which is held until it is released."""
    with store.begin() as connection:
        shop = find_shop(connection)
        if shop is None:
            return None, []
        if consent.is_behind(connection, shop, folder.journal_file):
            sending.hold(connection, shop, sending.EVERYTHING)
        if sending.is_all_held(connection, shop):
            return shop, []
        now = system_clock()
        return sending.routes_of(connection, shop, mail, key, since, now, private=private, channels=channels)


def _act(context: typer.Context, source: str, act: str, *, as_json: bool) -> None:
    result = run(context, "hold", {"source": source, "act": act})
    return show_json(result) if as_json else show_facts(result, environment_language())


def _setting(text: str) -> tuple[str, str]:
    """A setting's name and value; a value of `-` is read from standard input, so that a secret is in no history."""
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise BadInput("outbox.bad_setting", text=name)
    return name, sys.stdin.readline().strip() if value == "-" else value
