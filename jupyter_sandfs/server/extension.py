"""The entry points of the Jupyter Server extension: they build its parts and mount the routes."""

from __future__ import annotations

import os
from typing import Any

from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback

from jupyter_sandfs.config import STORE_URL_VARIABLE, Options, SandFS
from jupyter_sandfs.filestore import FileStore, StoreLimits, default_store_url, open_file_store
from jupyter_sandfs.server import archives, files, fs, handover, store
from jupyter_sandfs.server.links import Links
from jupyter_sandfs.server.route import UnknownRoute
from jupyter_sandfs.server.sandboxes import Sandboxes
from jupyter_sandfs.server.staging import Staging

_MESSAGE_TYPES = ("sandfs_request", "sandfs_reply")
_CLEANUP_MILLISECONDS = 3_600_000


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "jupyter_sandfs.server.extension"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    options = SandFS(parent=serverapp).options(os.environ)
    url = options.store_url or default_store_url()
    os.environ[STORE_URL_VARIABLE] = url  # kernels inherit it: they use the same store
    if handover.is_private(url):
        serverapp.io_loop.add_callback(_hand_own_url_over, serverapp)
    staging = Staging(lambda: _open_store(url, options))
    settings = serverapp.web_app.settings
    settings["sandfs_links"] = Links(serverapp.kernel_manager, seconds=options.request_timeout)
    settings["sandfs_staging"] = staging
    _leave_activity_alone(serverapp.kernel_manager)
    _mount(serverapp.web_app, settings["base_url"])
    serverapp.io_loop.add_callback(PeriodicCallback(staging.clean, _CLEANUP_MILLISECONDS).start)
    serverapp.log.info("jupyter_sandfs is enabled; staged files are kept in the store of %s", STORE_URL_VARIABLE)


def _hand_own_url_over(serverapp: Any) -> None:
    """Tell kernels to come to this server; it listens by now."""
    url = handover.own_url(serverapp)
    if url is None:
        serverapp.log.warning("jupyter_sandfs: memory: is not shared with kernels: this server has no token or port")
    else:
        os.environ[STORE_URL_VARIABLE] = url


def _open_store(url: str, options: Options) -> FileStore:
    limits = StoreLimits(
        max_file_size=options.max_file_size,
        max_total_bytes=options.max_total_bytes,
        default_ttl=options.default_ttl,
    )
    return open_file_store(url, limits=limits)


def _leave_activity_alone(kernel_manager: Any) -> None:
    """Keep our messages on the control channel from counting as work: a culler would take a busy kernel for idle."""
    untracked = kernel_manager.untracked_message_types
    kernel_manager.untracked_message_types = [*untracked, *(each for each in _MESSAGE_TYPES if each not in untracked)]


def _mount(web_app: Any, base_url: str) -> None:
    version_1 = url_path_join(base_url, "sandfs/v1")
    routes = [
        *fs.routes(f"{version_1}/fs"),
        *archives.routes(f"{version_1}/fs"),
        *files.routes(f"{version_1}/files"),
        *store.routes(f"{version_1}/store"),
        (f"{version_1}/sandboxes", Sandboxes),
        (url_path_join(base_url, "sandfs/.*"), UnknownRoute),
    ]
    web_app.add_handlers(".*$", routes)
