"""Parts that are not on PyPI: tests that need one skip without it, and fail without it where SANDFS_CI is set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest

_PACKAGES = {
    "chromium": "Debian's chromium",
    "node": "Node.js",
    "bash": "bash and the GNU tools",
    "bwrap": "Debian's bubblewrap",
    "redis-server": "Debian's redis-server",
}


@pytest.fixture(scope="session")
def part() -> Callable[[str], str]:
    """Give the path of a program, or skip the test naming what is missing."""

    def find(program: str) -> str:
        path = shutil.which(program)
        if path is not None:
            return path
        missing = f"needs {_PACKAGES[program]} ({program} on PATH)"
        if os.environ.get("SANDFS_CI"):
            pytest.fail(missing)
        pytest.skip(missing)

    return find
