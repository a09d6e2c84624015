"""What kind of file system a directory is on. SQLite's write-ahead log needs memory that all its users share."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOUNT_TABLE = Path("/proc/self/mounts")
_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "pvfs2",
        "smb3",
        "smbfs",
    }
)
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuseblk"})
_ESCAPE = re.compile(r"\\([0-7]{3})")


def on_network_filesystem(path: Path, *, table: str | None = None) -> bool:
    """Tell whether a path is on a network file system, as far as the mount table says (proc(5)).

    Args:
        path: need not exist.
        table: lines as in /proc/self/mounts; None reads that file. Where there is none, the answer is no.
    """
    target = os.path.realpath(path)
    kind = ""
    longest = 0
    for line in (_mounts() if table is None else table).splitlines():
        _, mount_point, this_kind, *_ = (*line.split(), "", "", "")
        place = _unescape(mount_point)
        # A later mount on the same place hides the earlier one.
        if len(place) >= longest and _is_within(target, place):
            kind, longest = this_kind, len(place)
    return kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def _is_within(target: str, place: str) -> bool:
    return bool(place) and (target == place or target.startswith(place.rstrip("/") + "/"))


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)


def _mounts() -> str:
    try:
        return _MOUNT_TABLE.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
