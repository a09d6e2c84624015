"""Which store a command works on: by options, by environment, by Jupyter's configuration."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit, urlunsplit

import click

from jupyter_sandfs.config import SandFS
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore import FileStore, default_store_url, open_file_store

_SERVER = re.compile(r"https?://", re.IGNORECASE)
_PAGES = ("/lab", "/tree", "/notebooks")


@dataclass(frozen=True, slots=True)
class Connection:
    """What `--store`, `--server` and `--token` say."""

    store: str | None = None
    server: str | None = None
    token: str | None = None

    def open(self) -> FileStore:
        """Open the store; close it in the end. Raises InvalidRequest, StoreError, Unsupported."""
        if self.store and self.server:
            raise click.UsageError("--store and --server exclude each other")
        server = self.server or (self.store if _SERVER.match(self.store or "") else None)
        if server:
            return _open_server(server, self.token)
        options = _configured().options(os.environ)
        url = self.store or options.store_url or default_store_url()
        return open_file_store(url, tenant=options.tenant, limits=options.store_limits)


def server_at(address: str, token: str | None) -> tuple[str, str | None]:
    """The base URL and the token of a server, whose address may be the one that it shows when it starts.

    Raises:
        InvalidRequest: it is no address of a server.
    """
    parts = urlsplit(address)
    name = parts.netloc.rpartition("@")[2]
    if not _SERVER.match(address) or not name:
        raise InvalidRequest("a server is http://host:port/base, the address that Jupyter shows when it starts")
    shown = parse_qs(parts.query).get("token", [unquote(parts.password or "")])[-1]
    return _base(parts, name), shown or token


def _open_server(address: str, token: str | None) -> FileStore:
    from jupyter_sandfs.filestore.remote import RemoteFileStore  # noqa: PLC0415  loads a client of HTTP

    base, shown = server_at(address, token)
    return RemoteFileStore(f"{base}/sandfs", token=shown)


def _base(parts: SplitResult, name: str) -> str:
    path = parts.path.rstrip("/")
    for page in _PAGES:
        path = path.removesuffix(page)
    return urlunsplit((parts.scheme, name, path.removesuffix("/sandfs"), "", ""))


def _configured() -> SandFS:
    """What the configuration of Jupyter Server says, so that a terminal uses the store that the server uses."""
    from jupyter_core.application import JupyterApp  # noqa: PLC0415  takes a while to load

    class Configuration(JupyterApp):
        name = "jupyter-server"
        config_file_name = "jupyter_server_config"

    app = Configuration()
    app.load_config_file()
    return SandFS(config=app.config)
