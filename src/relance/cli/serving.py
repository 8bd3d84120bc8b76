"""`relance serve` and `relance demo`: the web pages, the local socket and the worker in one process."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvicorn
from fastapi import FastAPI

from relance import api, pipeline, sending, web
from relance.channels import Channel
from relance.cli import demo
from relance.cli.ask import mail_route
from relance.cli.commands import COMMANDS, route_of
from relance.cli.house import Opening, open_house
from relance.cli.logs import set_up_logs
from relance.cli.options import AsJson, Session, environment_language, words
from relance.cli.show import progress_bar, show_json
from relance.config import Settings
from relance.errors import BadSetting, Interrupted, PortInUse
from relance.house import House
from relance.words import say
from relance.worker.loop import Loop, end_all, leave_garbage_to_loops
from relance.worker.receiving import Receiver

RECEIVE_PAUSE: Final = 0.5  # seconds
PATIENCE: Final = 10.0  # seconds that a step may go on after the server's end
Host = Annotated[str | None, typer.Option(help=words("option_host"))]
Port = Annotated[int | None, typer.Option(help=words("option_port"))]


def add_commands(app: typer.Typer) -> None:
    """Add `serve` and `demo` to the command line."""
    app.command("serve", help=words("serve"))(serve)
    app.command("demo", help=words("demo"))(run_demo)


def serve(context: typer.Context, host: Host = None, port: Port = None, as_json: AsJson = False) -> None:
    """Serve the web pages of the shop in the data folder."""
    session: Session = context.obj
    set_up_logs(session.settings())
    # To be stopped is how a server ends, also one that has not begun to answer yet.
    with (
        suppress(Interrupted, KeyboardInterrupt),
        listening(session.settings(HOST=host, PORT=_number(port))) as listener,
    ):
        opening = session.opening(HOST=host, PORT=bound_port(listener))
        with open_house(opening) as house:
            _announce(house, api.setup_link(house), as_json)
            _warn_of_links(opening.settings)
            with worker(house, opening.settings):
                serve_until_stopped(house, listener, as_json)
    _tell_stopped(as_json)


def run_demo(
    context: typer.Context,
    host: Host = None,
    port: Port = None,
    customers: Annotated[int, typer.Option(help=words("option_customers"))] = 20_000,
    fresh: Annotated[bool, typer.Option("--fresh", help=words("option_fresh"))] = False,
    once: Annotated[bool, typer.Option("--once", help=words("option_once"))] = False,
    as_json: AsJson = False,
) -> None:
    """Make a simulated shop, run its follow-ups and serve the web pages."""
    session: Session = context.obj
    set_up_logs(session.settings())
    data = session.data or "./relance-demo"
    begun = time.monotonic()
    with listening(session.settings(HOST=host, PORT=_number(port))) as listener:
        clock = demo.DemoClock()
        opening = Opening(session.settings(DATA=data, HOST=host, PORT=bound_port(listener)), clock, demo=True)
        demo.prepare_folder(opening.folder, fresh=fresh)
        with open_house(opening) as house:
            with progress_bar(environment_language()) as report:
                demo.play(house, clock, customers, report, lambda: running(house, listener))
            took = round(time.monotonic() - begun)
            if not as_json:
                typer.echo(say("cli.demo_ready", environment_language(), seconds=took))
                typer.echo(say("cli.demo_own_shop", environment_language()))
            elif once:
                show_json({"data": str(house.folder.path), "seconds": took})
            if not once:
                _serve_demo(house, opening.settings, listener, as_json)


def _serve_demo(house: House, settings: Settings, listener: socket.socket, as_json: bool) -> None:
    _announce(house, api.sign_in_link(house), as_json)
    with demo.mailbox(house) as route, worker(house, settings, route):
        serve_until_stopped(house, listener, as_json)
    _tell_stopped(as_json)


def _tell_stopped(as_json: bool) -> None:
    if not as_json:
        typer.echo(say("cli.stopped", environment_language()))


def bound_port(listener: socket.socket) -> str:
    """The port that a socket is bound to."""
    return str(listener.getsockname()[1])


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _announce(house: House, link: str | None, as_json: bool) -> None:
    if as_json:
        return show_json({"url": house.public_url, "link": link})
    language = environment_language()
    typer.echo(say("cli.serving", language, url=house.public_url))
    if link is not None:
        typer.echo(say("cli.first_link", language, link=link))
    return None


def _warn_of_links(settings: Settings) -> None:
    """Say so when mail would go out with links that only this machine can follow."""
    if settings.text("SMTP_HOST") and settings.text("PUBLIC_URL") is None:
        typer.echo(say("cli.links_lead_here", environment_language()), err=True)


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """A socket bound to the server's address. Raises PortInUse or BadSetting."""
    host, port = settings.required("HOST"), settings.number("PORT")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse("port_in_use", host=host, port=port) from error
        raise BadSetting("cli.cannot_listen", host=host, port=port) from error
    with listener:
        yield listener


@contextmanager
def worker(house: House, settings: Settings, route: dict[str, Any] | None = None) -> Iterator[None]:
    """The worker threads, for as long as the server runs, one a channel: what is down holds up nothing but its own."""
    way = route_of({"route": route or mail_route(settings)})
    receiver, stop = Receiver(house), threading.Event()
    loops = [
        Loop(receiver.step, RECEIVE_PAUSE, stop),
        Loop(lambda _stopping: pipeline.keep_up(house), 60.0, stop),
        Loop(lambda stopping: pipeline.pull_due(house, stopping), 20.0, stop),
        *(Loop(partial(_post, house, way, channel), 2.0, stop) for channel in sending.CHANNELS),
        Loop(lambda stopping: pipeline.run_errands(house, stopping), 30.0, stop),
    ]
    if not house.demo:
        loops.append(Loop(lambda _stopping: pipeline.look_around(house), 60.0, stop))
    with ExitStack() as running_loops:
        try:
            for loop in loops:
                running_loops.enter_context(loop)
            yield
        finally:
            end_all(loops, stop, house.warehouse.interrupt, PATIENCE)


def _post(house: House, mail: sending.MailRoute | None, channel: Channel, stopping: Callable[[], bool]) -> None:
    pipeline.post(house, mail, stopping, (channel,))


def serve_until_stopped(house: House, listener: socket.socket, as_json: bool) -> None:
    """Answer on the listener and on the local socket until SIGINT or SIGTERM."""
    # What comes over the network is not to wait for the worker's Python: 5 ms are the default.
    sys.setswitchinterval(0.0005)
    leave_garbage_to_loops()
    # The server finishes its answers, then raises the signal again: for a server that is an end like it should be.
    with local_socket(house), suppress(Interrupted, KeyboardInterrupt):
        uvicorn.Server(_config(api.create_app(house, web.site))).run(sockets=[listener])
    if not as_json:
        typer.echo(say("cli.stopping", environment_language()))


@contextmanager
def running(house: House, listener: socket.socket) -> Iterator[None]:
    """The web server in a thread, while the demo's customers click."""
    server = uvicorn.Server(_config(api.create_app(house, web.site)))
    copy = listener.dup()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [copy]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@contextmanager
def local_socket(house: House) -> Iterator[None]:
    """The socket in the data folder through which commands reach this process; for its owner only."""
    path = house.folder.socket
    with suppress(FileNotFoundError):
        path.unlink()
    with _bound(path) as listener:
        server = uvicorn.Server(_config(api.local_app(house, COMMANDS)))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            # A command that runs may be writing: it is waited for.
            server.should_exit = True
            thread.join()
            with suppress(FileNotFoundError):
                path.unlink()


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    """A listening local socket. A long path is bound from its folder: the kernel takes about 100 characters."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before, mask = Path.cwd(), os.umask(0o177)
    try:
        os.chdir(path.parent)
        listener.bind(path.name)
    finally:
        os.chdir(before)
        os.umask(mask)
    listener.listen(16)
    with listener:
        yield listener


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", server_header=False)
