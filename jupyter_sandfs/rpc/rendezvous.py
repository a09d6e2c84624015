"""Where the two ends of the kernel link meet: the runtime file beside the kernel's connection file.

`kernel-<id>.json` gets a neighbour `sandfs-<id>.json`, for its owner only, that says where the kernel listens.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_sandfs.errors import InvalidRequest

SOCKET_PATH_BYTES = 100  # sun_path holds 104 on macOS, 108 on Linux
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Address:
    """Where a kernel listens: the path of a unix socket, or a port of the loopback interface.

    With neither, the extension is loaded all the same, and its control channel answers.

    Attributes:
        pid: the process that listens.
    """

    pid: int
    socket: str | None = None
    port: int | None = None

    def document(self) -> dict[str, Any]:
        return {"pid": self.pid, "socket": self.socket, "port": self.port}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Address:
        """Read the JSON form; raises InvalidRequest for what is none."""
        match document:
            case {"pid": int(pid), "socket": str(socket)}:
                return cls(pid, socket=socket)
            case {"pid": int(pid), "port": int(port)}:
                return cls(pid, port=port)
            case {"pid": int(pid), "socket": None, "port": None}:
                return cls(pid)
        raise InvalidRequest("a runtime file has a pid, and a socket or a port")


def runtime_file(connection_file: Path) -> Path:
    """The file that says where the kernel of a connection file listens."""
    return connection_file.with_name(f"sandfs-{_identity(connection_file)}.json")


def socket_file(connection_file: Path) -> Path | None:
    """Where its unix socket should be; None if that path would be too long for one."""
    path = connection_file.with_name(f"sandfs-{_identity(connection_file)}.sock")
    return path if len(os.fsencode(path)) <= SOCKET_PATH_BYTES else None


def publish(connection_file: Path, address: Address) -> Path:
    """Write the runtime file in one step, for the owner only."""
    path = runtime_file(connection_file)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(address.document(), stream)
    draft.replace(path)
    return path


def find(connection_file: Path) -> Address | None:
    """Read the runtime file; None if there is none.

    Raises:
        InvalidRequest: it is not what `publish` writes, or others may have written it.
    """
    try:
        descriptor = os.open(runtime_file(connection_file), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidRequest(f"the runtime file can't be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as stream:
        _refuse_foreign(os.fstat(descriptor))
        return _parse(stream.read(_MAX_BYTES))


def _refuse_foreign(found: os.stat_result) -> None:
    if not hasattr(os, "getuid"):  # Windows: the user's profile is private already
        return
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077 or not stat.S_ISREG(found.st_mode):
        raise InvalidRequest("the runtime file is not private to this user")


def _parse(raw: bytes) -> Address:
    try:
        document = json.loads(raw)
    except ValueError:
        raise InvalidRequest("the runtime file is not JSON") from None
    return Address.from_document(document if isinstance(document, dict) else {})


def _identity(connection_file: Path) -> str:
    return connection_file.stem.removeprefix("kernel-")
