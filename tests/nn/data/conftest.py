"""The sample of MNIST, and a web server on loopback that serves it well or badly."""

import contextlib
import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nn.data.labelled_images import FILE_NAMES
from nn.data.sources import PublishedFile
from nn.errors import DataError

SAMPLE_DIRECTORY = Path(__file__).parents[2] / "data"


@pytest.fixture
def sample_directory() -> Path:
    return SAMPLE_DIRECTORY


@pytest.fixture(scope="session")
def sample_contents() -> dict[str, bytes]:
    """The sample's four files, decompressed."""
    return {name: gzip.decompress((SAMPLE_DIRECTORY / f"{name}.gz").read_bytes()) for name in FILE_NAMES}


@pytest.fixture(scope="session")
def sample_files(sample_contents) -> tuple[PublishedFile, ...]:
    """What is published about the sample: it stands in for the real files wherever those would be fetched."""
    return tuple(
        PublishedFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in sample_contents.items()
    )


@pytest.fixture
def refuses() -> Callable[..., contextlib.AbstractContextManager]:
    """`with refuses("part of the message"):` passes if a `DataError` of one line with that part is raised."""

    @contextlib.contextmanager
    def refuses(*parts: str, error: type[Exception] = DataError) -> Iterator[None]:
        with pytest.raises(error) as raised:
            yield
        message = str(raised.value)
        assert "\n" not in message
        for part in parts:
            assert part in message

    return refuses


class LoopbackServer(ThreadingHTTPServer):
    """Serves `/<behaviour>/<file>`; see `Handler` for the behaviours. `requested` lists the paths asked for."""

    daemon_threads = True

    def __init__(self, payloads: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.payloads = payloads
        self.requested: list[str] = []
        self.closing = threading.Event()

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"


class Handler(BaseHTTPRequestHandler):
    server: LoopbackServer

    def do_GET(self) -> None:
        self.server.requested.append(self.path)
        _, behaviour, file_name = self.path.split("/")
        payload = self.server.payloads[file_name]
        half = len(payload) // 2
        # The client hangs up on what it refuses.
        with contextlib.suppress(ConnectionError):
            match behaviour:
                case "good":
                    self.answer(payload)
                case "good-images-only" if "images" in file_name:
                    self.answer(payload)
                case "cut-off":
                    self.answer(payload[:half], announced=len(payload))
                case "cut-off-unannounced":
                    self.answer(payload[:half], announced=None)
                case "wrong-bytes":
                    self.answer(gzip.compress(gzip.decompress(payload)[:-1] + b"?"))
                case "damaged":
                    self.answer(payload[:half] + bytes(16) + payload[half + 16 :])
                case "login-page":
                    self.answer(b"<html>Please log in</html>")
                case "malformed-header":
                    self.answer(payload, announced="many")
                case "too-much":
                    self.answer(payload + bytes(1 << 20 if "labels" in file_name else 1 << 23))
                case "bomb":
                    self.answer(gzip.compress(bytes(1 << 22)))
                case "silent":
                    self.server.closing.wait(10)
                case "silent-midway":
                    self.answer(payload[:half], announced=len(payload))
                    self.server.closing.wait(10)
                case _:
                    self.send_error(404)

    def answer(self, body: bytes, announced: int | str | None = -1) -> None:
        self.send_response(200)
        if announced is not None:
            self.send_header("Content-Length", str(len(body) if announced == -1 else announced))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def sample_payloads(sample_contents) -> dict[str, bytes]:
    """What a mirror sends, by the names that it is asked for."""
    return {f"{name}.gz": gzip.compress(data) for name, data in sample_contents.items()}


@pytest.fixture
def server(sample_payloads, monkeypatch) -> Iterator[LoopbackServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with LoopbackServer(sample_payloads) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join(10)
