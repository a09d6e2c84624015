"""The entry points of the Jupyter Server extension: they build its parts and mount the routes."""

from __future__ import annotations

import hashlib
import logging
import os
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.utils import url_path_join

from jupyter_sandfs.config import STORE_URL_VARIABLE, TENANT_VARIABLE, Options, SandFS, limit_variables
from jupyter_sandfs.filestore import FileStore, StoreLimits, default_store_url, open_file_store
from jupyter_sandfs.server import archives, events, feeds, files, fs, handover, mcp, signed, store, transfers, uploads
from jupyter_sandfs.server.api_document import ApiDocument
from jupyter_sandfs.server.caretaker import Caretaker, Duty, SessionFiles, Turn
from jupyter_sandfs.server.contents import downloads, handlers
from jupyter_sandfs.server.contents.folders import Folders
from jupyter_sandfs.server.contents.manager import SandboxContents
from jupyter_sandfs.server.links import Links
from jupyter_sandfs.server.resumable import ResumableUploads
from jupyter_sandfs.server.route import UnknownRoute
from jupyter_sandfs.server.sandboxes import Sandboxes
from jupyter_sandfs.server.seats import Seats
from jupyter_sandfs.server.staging import Staging
from jupyter_sandfs.server.tenants import KnownTenants, Tenants
from jupyter_sandfs.server.upload_notes import UploadNotes

_MOST_OPEN = 64  # stores of tenants at a time
_SHARED_BY_MACHINES = frozenset({"nats", "s3", "gs", "az"})
# A turn is over when the next round begins, also where that is a little early.
_PART_OF_INTERVAL = 0.9
_MESSAGE_TYPES = ("sandfs_request", "sandfs_reply")
_LABEXTENSION = Path(__file__).parents[1] / "labextension"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where `jupyter labextension develop` finds the built extension."""
    return [{"src": "labextension", "dest": "jupyter-sandfs"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "jupyter_sandfs.server.extension"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    """Set everything up; a second time does nothing, since the extension goes by two names of modules."""
    if "sandfs_links" in serverapp.web_app.settings:
        return
    options = SandFS(parent=serverapp).options(os.environ)
    url = options.store_url or default_store_url()
    # Kernels inherit these: they use the same store, within the same limits.
    os.environ |= {STORE_URL_VARIABLE: url, TENANT_VARIABLE: options.tenant, **limit_variables(options.store_limits)}
    if handover.is_private(url):
        serverapp.io_loop.add_callback(_hand_own_url_over, serverapp)
    settings = serverapp.web_app.settings
    settings |= _parts(serverapp, options, url)
    settings["sandfs_folders"] = Folders(settings)
    settings["sandfs_contents"] = SandboxContents(settings["sandfs_folders"], parent=serverapp)
    serverapp.event_logger.register_event_schema(events.SCHEMA)
    _leave_activity_alone(serverapp.kernel_manager)
    _mount(serverapp.web_app, settings["base_url"])
    serverapp.io_loop.add_callback(settings["sandfs_caretaker"].start)
    serverapp.log.info("jupyter_sandfs is enabled; staged files are kept in the store of %s", STORE_URL_VARIABLE)
    _say_what_is_missing(serverapp.log, _LABEXTENSION)


def _say_what_is_missing(log: logging.Logger, labextension: Path) -> None:
    """A clone that was installed where npm could not be reached has no JupyterLab extension; pip does not show why."""
    if not (labextension / "package.json").exists():
        log.warning(
            "jupyter_sandfs: the JupyterLab extension was not built when this was installed; all else works."
            " Install again where npm's registry can be reached (-v says what was wrong), or from a wheel"
        )


def _parts(serverapp: Any, options: Options, url: str) -> dict[str, Any]:
    """What the routes find in the settings of the application."""
    place = _place_of(url)
    most_open = None if handover.is_private(url) else _MOST_OPEN
    known = KnownTenants(place / "tenants", options.tenant)
    limits = options.store_limits
    open_store = partial(_open_store, url)
    staging = Staging(lambda tenant: open_store(tenant, limits), known, most_open=most_open)
    uploads = ResumableUploads(UploadNotes(place / "uploads", limits.upload_ttl), limits.max_file_size)
    sessions = SessionFiles(place / "sessions", staging.remove_all, options.session_ttl)
    sessions.follow(serverapp.session_manager)
    caretaker = Caretaker(
        None if handover.is_private(url) else place / "lock",
        options.cleanup_interval,
        (_cleaning(url, staging, options.cleanup_interval), uploads.clean, sessions.look),
    )
    secret: bytes = serverapp.cookie_secret
    return {
        "sandfs_links": Links(serverapp.kernel_manager, seconds=options.request_timeout),
        "sandfs_staging": staging,
        "sandfs_uploads": uploads,
        "sandfs_tenants": Tenants(options.tenant, options.tenant_per_user, secret),
        "sandfs_caretaker": caretaker,
        "sandfs_streams": Seats("streams of events", each=32, most=128),
        "sandfs_bodies": Seats("uploads", each=32, most=128),
        "sandfs_tool_timeout": options.tool_timeout,
        "sandfs_mcp_idle": options.mcp_session_ttl,
    }


def _hand_own_url_over(serverapp: Any) -> None:
    """Tell kernels to come to this server; it listens by now."""
    url = handover.own_url(serverapp)
    if url is None:
        serverapp.log.warning("jupyter_sandfs: memory: is not shared with kernels: this server has no token or port")
    else:
        os.environ |= {STORE_URL_VARIABLE: url, TENANT_VARIABLE: ""}  # the tenant is this server's: it knows it


def _open_store(url: str, tenant: str, limits: StoreLimits) -> FileStore:
    return open_file_store(url, tenant=tenant, limits=limits)


def _cleaning(url: str, staging: Staging, interval: float) -> Duty:
    """Cleaning the store: of the servers on one machine the caretaker's lock has chosen one already."""
    if urlsplit(url).scheme.lower() not in _SHARED_BY_MACHINES:
        return staging.clean
    return Turn(partial(_open_store, url), _PART_OF_INTERVAL * interval, staging.clean).carry_out


def _place_of(url: str) -> Path:
    """Where the server keeps what it notes about a store: in Jupyter's data, each store apart."""
    return Path(jupyter_data_dir(), "sandfs", "servers", hashlib.sha256(url.encode()).hexdigest()[:16])


def _leave_activity_alone(kernel_manager: Any) -> None:
    """Keep our messages on the control channel from counting as work: a culler would take a busy kernel for idle."""
    untracked = kernel_manager.untracked_message_types
    kernel_manager.untracked_message_types = [*untracked, *(each for each in _MESSAGE_TYPES if each not in untracked)]


def _mount(web_app: Any, base_url: str) -> None:
    version_1 = url_path_join(base_url, "sandfs/v1")
    routes = [
        *fs.routes(f"{version_1}/fs"),
        *transfers.routes(f"{version_1}/fs"),
        *archives.routes(f"{version_1}/fs"),
        *feeds.routes(f"{version_1}/fs"),
        *files.routes(f"{version_1}/files"),
        *signed.routes(f"{version_1}/signed"),
        *uploads.routes(f"{version_1}/uploads"),
        *store.routes(f"{version_1}/store"),
        (f"{version_1}/sandboxes", Sandboxes),
        (f"{version_1}/openapi.json", ApiDocument),
    ]
    web_app.settings["sandfs_routes"] = {path.removeprefix(version_1): route for path, route in routes}
    below = url_path_join(base_url, "sandfs")
    # Their protocols are described elsewhere, not in our document.
    others = [*mcp.routes(version_1), *handlers.routes(f"{below}/contents"), *downloads.routes(f"{below}/files")]
    web_app.add_handlers(".*$", [*routes, *others, (f"{below}/.*", UnknownRoute)])
