"""The entry points of the Jupyter Server extension: they build its parts and mount the routes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback

from jupyter_sandfs.config import STORE_URL_VARIABLE, Options, SandFS
from jupyter_sandfs.filestore import FileStore, StoreLimits, default_store_url, open_file_store
from jupyter_sandfs.server import events, files, fs, signed, transfers, uploads
from jupyter_sandfs.server.api_document import ApiDocument
from jupyter_sandfs.server.links import Links
from jupyter_sandfs.server.resumable import ResumableUploads
from jupyter_sandfs.server.route import UnknownRoute
from jupyter_sandfs.server.sandboxes import Sandboxes
from jupyter_sandfs.server.staging import Staging
from jupyter_sandfs.server.upload_notes import UploadNotes

_MESSAGE_TYPES = ("sandfs_request", "sandfs_reply")
_CLEANUP_MILLISECONDS = 3_600_000


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "jupyter_sandfs.server.extension"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    options = SandFS(parent=serverapp).options(os.environ)
    url = options.store_url or default_store_url()
    os.environ[STORE_URL_VARIABLE] = url  # kernels inherit it: they use the same store
    staging = Staging(lambda: _open_store(url, options))
    settings = serverapp.web_app.settings
    settings["sandfs_links"] = Links(serverapp.kernel_manager, seconds=options.request_timeout)
    settings["sandfs_staging"] = staging
    settings["sandfs_uploads"] = ResumableUploads(
        UploadNotes(_notes_directory(url), options.upload_ttl), options.max_file_size
    )
    serverapp.event_logger.register_event_schema(events.SCHEMA)
    _leave_activity_alone(serverapp.kernel_manager)
    _mount(serverapp.web_app, settings["base_url"])
    serverapp.io_loop.add_callback(PeriodicCallback(staging.clean, _CLEANUP_MILLISECONDS).start)
    serverapp.log.info("jupyter_sandfs is enabled; staged files are kept in the store of %s", STORE_URL_VARIABLE)


def _open_store(url: str, options: Options) -> FileStore:
    limits = StoreLimits(
        max_file_size=options.max_file_size,
        max_total_bytes=options.max_total_bytes,
        default_ttl=options.default_ttl,
        upload_ttl=options.upload_ttl,
    )
    return open_file_store(url, limits=limits)


def _notes_directory(url: str) -> Path:
    """Where uploads to a store are noted: in Jupyter's data, each store apart."""
    return Path(jupyter_data_dir(), "sandfs", "uploads", hashlib.sha256(url.encode()).hexdigest()[:16])


def _leave_activity_alone(kernel_manager: Any) -> None:
    """Keep our messages on the control channel from counting as work: a culler would take a busy kernel for idle."""
    untracked = kernel_manager.untracked_message_types
    kernel_manager.untracked_message_types = [*untracked, *(each for each in _MESSAGE_TYPES if each not in untracked)]


def _mount(web_app: Any, base_url: str) -> None:
    version_1 = url_path_join(base_url, "sandfs/v1")
    routes = [
        *fs.routes(f"{version_1}/fs"),
        *transfers.routes(f"{version_1}/fs"),
        *files.routes(f"{version_1}/files"),
        *signed.routes(f"{version_1}/signed"),
        *uploads.routes(f"{version_1}/uploads"),
        (f"{version_1}/sandboxes", Sandboxes),
        (f"{version_1}/openapi.json", ApiDocument),
    ]
    web_app.settings["sandfs_routes"] = {path.removeprefix(version_1): route for path, route in routes}
    web_app.add_handlers(".*$", [*routes, (url_path_join(base_url, "sandfs/.*"), UnknownRoute)])
