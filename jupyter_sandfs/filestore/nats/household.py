"""The directory of an embedded server: its files and locks, for those who use it and for its supervisor.

Three locks say all that has to be known about who lives, also after a kill, for the system drops them with their
process: `owners.lock` is shared by all who use the server, `supervisor.lock` is held by the one who runs it, and
`start.lock` by whoever is starting it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from jupyter_sandfs.errors import StoreError

_PAUSE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Residence:
    """Where the server is found. Only its user may read the file with it.

    Attributes:
        host: name of the machine, whose loopback is meant.
    """

    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)


class Household:
    """The directory; it is made, 0700, if it is missing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)

    @property
    def data(self) -> Path:
        return self.root / "jetstream"

    @property
    def config(self) -> Path:
        return self.root / "nats-server.json"

    @property
    def log(self) -> Path:
        return self.root / "nats-server.log"

    @property
    def pid_file(self) -> Path:
        """Written by the server itself."""
        return self.root / "nats-server.pid"

    def residence(self) -> Residence | None:
        """What the last start wrote down; None before the first one."""
        try:
            return Residence(**json.loads((self.root / "server.json").read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise StoreError(f"damaged, delete it: {self.root / 'server.json'}") from error

    def write_residence(self, residence: Residence) -> None:
        self.write(self.root / "server.json", json.dumps(asdict(residence)))

    def write(self, path: Path, text: str) -> None:
        """Write a file that only the user may read, whole or not at all."""
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        fresh.replace(path)

    def lock(self, name: str) -> Lock:
        return Lock(self.root / f"{name}.lock")


class Lock:
    """A lock on a file (flock), held until it is released or the process ends."""

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._file: BinaryIO = os.fdopen(handle, "r+b", buffering=0)

    def share(self, seconds: float) -> Self:
        """Hold it beside others. Raises StoreError when someone holds it alone for so long."""
        return self._take(fcntl.LOCK_SH, seconds)

    def take(self, seconds: float) -> Self:
        """Hold it alone. Raises StoreError when others hold it for so long."""
        return self._take(fcntl.LOCK_EX, seconds)

    def wait(self) -> None:
        """Hold it alone, however long that takes."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Hold it alone, if nobody else does."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go; doing so twice is no error."""
        self._file.close()

    def _take(self, kind: int, seconds: float) -> Self:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._file, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self.release()
                    raise StoreError("the embedded NATS server neither starts nor stops; see its log") from None
                time.sleep(_PAUSE_SECONDS)
            else:
                return self
