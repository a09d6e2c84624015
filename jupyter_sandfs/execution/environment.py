"""Where a command of the host finds itself: its variables, and which directories are somebody's home."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

_MOST_THREADS = 4  # of numerical libraries: each takes address space, which is limited


def homes() -> list[str]:
    """Where this user's own files are: as the environment and as the accounts say. A container may have neither."""
    import pwd  # noqa: PLC0415 - not on Windows, where there is no host command

    found = []
    with contextlib.suppress(RuntimeError):
        found.append(str(Path.home()))
    with contextlib.suppress(KeyError):
        found.append(pwd.getpwuid(os.getuid()).pw_dir)
    return found


def variables(prefixes: Iterable[str], home: str) -> dict[str, str]:
    """All that a command finds in its environment."""
    threads = str(min(os.cpu_count() or 1, _MOST_THREADS))
    return {
        "PATH": ":".join([*(f"{prefix}/bin" for prefix in prefixes), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": home,
        "USER": "sandbox",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # it would come back with `sync`
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
    }
