"""What the playground's page talks to: a server for this machine alone, whose addresses begin with a secret."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections import OrderedDict
from collections.abc import Callable
from importlib import resources
from typing import Any

from autograd_core import AutogradError
from nn.errors import SettingsError
from nn.playground.points import DATA
from nn.playground.session import EXTENT, RESOLUTION, Session
from nn.playground.settings import ACTIVATIONS, MOST_LAYERS, MOST_UNITS, PENALTIES, Settings
from nn.training.protocols import Optimizer

LOOPBACK = "127.0.0.1"
_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_SESSIONS = 8  # pages that are open at once; of more, the one that has waited longest begins anew
_STEPS = 200  # that may be asked for at once
_LONGEST = 10_000  # bytes that a page may send


class Playground:
    """The sessions of the open pages, and what each page may ask for."""

    def __init__(self, optimizer: Callable[[list[Any], float], Optimizer]) -> None:
        self._optimizer = optimizer
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def choices(self) -> dict[str, Any]:
        """What the page offers, so that it stands in one place."""
        usual = Settings()
        return {
            "data": list(DATA),
            "activation": list(ACTIVATIONS),
            "penalty": list(PENALTIES),
            "most_layers": MOST_LAYERS,
            "most_units": MOST_UNITS,
            "resolution": RESOLUTION,
            "extent": EXTENT,
            "usual": {name: getattr(usual, name) for name in usual.__dataclass_fields__},
        }

    def new(self, asked: Any) -> dict[str, Any]:
        """A new network, by {"settings": ..., "session": the one that it takes the place of, if any}."""
        if not isinstance(asked, dict):
            raise SettingsError(f"a request is names with values, got a {type(asked).__name__}")
        session = Session(Settings.of(asked.get("settings", {})), self._optimizer)
        self._sessions.pop(str(asked.get("session")), None)
        name = secrets.token_urlsafe(8)
        self._sessions[name] = session
        while len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)
        return {"session": name, "points": session.data(), "state": session.state()}

    def step(self, asked: Any) -> dict[str, Any]:
        """Some steps of a network, by {"session": ..., "steps": ...}."""
        name = asked.get("session") if isinstance(asked, dict) else None
        if not isinstance(name, str) or name not in self._sessions:
            raise SettingsError("this network is there no longer; press Reset")
        steps = asked.get("steps", 1)
        if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= _STEPS:
            raise SettingsError(f"steps must be a whole number from 1 to {_STEPS}, got {steps!r}")
        self._sessions.move_to_end(name)
        self._sessions[name].step(steps)
        return {"state": self._sessions[name].state()}


def application(playground: Playground, token: str) -> Any:
    """The server's addresses, all below /token/. Raises `SettingsError` without tornado, the extra `playground`."""
    try:
        from tornado.web import Application, RequestHandler
    except ModuleNotFoundError:
        raise SettingsError(
            "the playground is served by tornado, which is not installed; pip install 'autograd-core[playground]'"
        ) from None

    class Handler(RequestHandler):
        def prepare(self) -> None:
            # A name of somebody else's that leads here would let his page read what it must not.
            if self.request.host_name not in (LOOPBACK, "localhost"):
                self.send_error(403)

        def set_default_headers(self) -> None:
            self.set_header("Content-Security-Policy", "default-src 'self'; img-src data:; frame-ancestors 'none'")
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header("Referrer-Policy", "no-referrer")  # the address has the secret in it
            self.set_header("Cache-Control", "no-store")

    class File(Handler):
        def get(self, name: str) -> None:
            name = name or "playground.html"
            self.set_header("Content-Type", f"{_KINDS[name.rpartition('.')[2]]}; charset=utf-8")
            self.write(page_file(name))

    class Choices(Handler):
        def get(self) -> None:
            self.write(playground.choices())

    class Ask(Handler):
        def initialize(self, answer: Callable[[Any], dict[str, Any]]) -> None:
            self._answer = answer

        def post(self) -> None:
            try:
                self.write(self._answer(json.loads(self.request.body)))
            except (AutogradError, ValueError) as error:  # ValueError: what is no JSON
                self.set_status(400)
                self.write({"error": str(error)})

    return Application(
        [
            (rf"/{token}/(|playground\.css|playground\.js)", File),
            (rf"/{token}/choices", Choices),
            (rf"/{token}/new", Ask, {"answer": playground.new}),
            (rf"/{token}/step", Ask, {"answer": playground.step}),
        ],
        log_function=lambda handler: None,
    )


def page_file(name: str) -> str:
    """A file of the page."""
    return (resources.files("nn.playground") / "page" / name).read_text(encoding="utf-8")


async def serve(optimizer: Callable[[list[Any], float], Optimizer], port: int, ready: Callable[[str], None]) -> None:
    """Serve the playground to this machine until it is cancelled; `ready(address)` is called when it can be opened.

    Port 0 is any that is free. Raises `SettingsError` if the port is taken, or without tornado.
    """
    token = secrets.token_urlsafe(16)
    app = application(Playground(optimizer), token)
    from tornado.httpserver import HTTPServer

    try:
        listening = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise SettingsError(f"port {port} cannot be had ({error.strerror}); choose another --port") from error
    server = HTTPServer(app, max_body_size=_LONGEST)
    listening.setblocking(False)
    server.add_socket(listening)
    try:
        ready(f"http://{LOOPBACK}:{listening.getsockname()[1]}/{token}/")
        await asyncio.Event().wait()
    finally:
        server.stop()
        await server.close_all_connections()
