"""A real server in a thread, and parts that are not on PyPI.

Tests that need such a part skip without it, and fail without it where SANDFS_CI is set.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")  # what is generated depends neither on chance nor on how fast the machine is

_PACKAGES = {
    "azurite-blob": "Azurite (npm install -g azurite)",
    "bash": "bash and the GNU tools",
    "bc": "Debian's bc",
    "bwrap": "Debian's bubblewrap",
    "chromium": "Debian's chromium",
    "column": "Debian's bsdextrautils",
    "git": "git",
    "jq": "Debian's jq",
    "node": "Node.js",
    "patch": "Debian's patch",
    "redis-server": "Debian's redis-server",
    "rg": "ripgrep, of which the test extra has a wheel",
    "unzip": "Debian's unzip",
    "xxd": "Debian's xxd",
    "zip": "Debian's zip",
}


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> Iterator[None]:
    """Let Ctrl-C be heard, also by kernels that tests start: what a script starts in its background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def part() -> Callable[[str], str]:
    """Give the path of a program, or skip the test naming what is missing."""

    def find(program: str) -> str:
        # Programs of wheels lie beside the interpreter, which need not be on PATH.
        path = shutil.which(program) or shutil.which(program, path=Path(sys.executable).parent)
        if path is not None:
            return path
        missing = f"needs {_PACKAGES[program]} ({program} on PATH)"
        if os.environ.get("SANDFS_CI"):
            pytest.fail(missing)
        pytest.skip(missing)

    return find


@pytest.fixture(scope="session")
def node_packages(part: Callable[[str], str]) -> Path:
    """Where the packages of package.json are; without them the test skips, and fails where SANDFS_CI is set."""
    place = Path(__file__).parent / "kernel" / "browser" / "node_modules"
    if place.is_dir():
        part("node")
        return place
    missing = "needs `npm ci --prefix tests/kernel/browser`"
    if os.environ.get("SANDFS_CI"):
        pytest.fail(missing)
    pytest.skip(missing)


class JupyterServer:
    """A real server in a thread of its own, with our extension.

    Attributes:
        url: of its root, with a slash at the end.
    """

    token = "the token of the server"

    def __init__(self, root: Path) -> None:
        self._started = Future()
        self._count = itertools.count()
        self._thread = Thread(target=self._run, args=(root,), daemon=True)
        self._thread.start()
        self.app = self._started.result(60)
        self.url = f"http://127.0.0.1:{self.app.port}/"

    def _run(self, root: Path) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        try:
            app = self._start(root)
        except BaseException as error:  # noqa: BLE001  whoever waits raises it
            self._started.set_exception(error)
            return
        # It listens from the first turn of the loop on: whoever waits goes on behind that.
        self._loop.call_soon(self._started.set_result, app)
        self._loop.run_forever()
        self._loop.run_until_complete(self.app._cleanup())
        self._loop.run_until_complete(self.app.web_app.settings["sandfs_staging"].close())
        self._loop.close()

    def _start(self, root: Path):
        server = {
            "ip": "127.0.0.1",
            "port": 0,
            "root_dir": str(root),
            "allow_root": True,
            "open_browser": False,
            "jpserver_extensions": {"jupyter_sandfs.server.extension": True, "jupyter_server_terminals": False},
        }
        config = {
            "ServerApp": server,
            "IdentityProvider": {"token": self.token},
            "SandFS": {"store_url": root.as_uri()},
        }
        from jupyter_server.serverapp import ServerApp
        from traitlets.config import Config

        app = ServerApp(config=Config(config), log_level="CRITICAL")
        app.init_signal = lambda: None  # only the main thread may
        app.initialize(argv=[], find_extensions=False)
        return app

    def mount(self, store) -> str:
        """Serve one more store, beside the server's own; gives its URL."""
        from jupyter_sandfs.filestore import AsyncFileStore
        from jupyter_sandfs.server import store as routes_of_store

        prefix = f"{self.app.base_url}mounted/{next(self._count)}/sandfs"

        async def of_test(_handler) -> AsyncFileStore:
            return AsyncFileStore(store)

        def bound(kind: type) -> type:
            return type(kind.__name__, (kind,), {"store": of_test})

        routes = [(path, bound(kind)) for path, kind in routes_of_store.routes(f"{prefix}/v1/store")]
        asyncio.run_coroutine_threadsafe(self._add(routes), self._loop).result(10)
        return self.url.rstrip("/") + prefix

    async def _add(self, routes: list) -> None:
        self.app.web_app.add_handlers(".*$", routes)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    root = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(root / name))
        patch.setenv("JUPYTER_SANDFS_STORE_URL", "")  # what loading the extension sets is taken back
        server = JupyterServer(root)
        yield server
        server.stop()
