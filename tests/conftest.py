"""Parts that are not on PyPI: tests that need one skip without it, and fail without it where SANDFS_CI is set."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_PACKAGES = {
    "bash": "bash and the GNU tools",
    "bc": "Debian's bc",
    "chromium": "Debian's chromium",
    "column": "Debian's bsdextrautils",
    "jq": "Debian's jq",
    "node": "Node.js",
    "rg": "ripgrep, of which the test extra has a wheel",
    "unzip": "Debian's unzip",
    "xxd": "Debian's xxd",
    "zip": "Debian's zip",
}


@pytest.fixture(scope="session")
def part() -> Callable[[str], str]:
    """Give the path of a program, or skip the test naming what is missing."""

    def find(program: str) -> str:
        # Programs of wheels lie beside the interpreter, which need not be on PATH.
        path = shutil.which(program) or shutil.which(program, path=Path(sys.executable).parent)
        if path is not None:
            return path
        missing = f"needs {_PACKAGES[program]} ({program} on PATH)"
        if os.environ.get("SANDFS_CI"):
            pytest.fail(missing)
        pytest.skip(missing)

    return find
