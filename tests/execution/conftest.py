from __future__ import annotations

import os
import tempfile

import pytest

from jupyter_sandfs.execution import bubblewrap, scratch
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem


@pytest.fixture
def fs():
    return VirtualFileSystem()


@pytest.fixture
def wall(part):
    """A bubblewrap that works here."""
    part("bwrap")
    found = bubblewrap.find()
    if isinstance(found, str):
        (pytest.fail if os.environ.get("SANDFS_CI") else pytest.skip)(found)
    return found


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The directory in which private ones are made: empty before, and to be empty after."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    monkeypatch.setattr(scratch, "MEMORY", directory)
    scratch._sweep_once.cache_clear()
    return directory
