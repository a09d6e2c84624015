"""Notebooks run with a home of their own: what they publish never reaches a person's staging store."""

from __future__ import annotations

import os
import tempfile

_HOME = tempfile.TemporaryDirectory(prefix="sandfs-notebooks-")


def pytest_sessionstart() -> None:
    """Set the home before nbval starts a kernel."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        os.environ[name] = os.path.join(_HOME.name, name.lower())
