from __future__ import annotations

import pytest

from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem


@pytest.fixture
def fs():
    return VirtualFileSystem()


@pytest.fixture
def shell(fs):
    return SandboxShell(fs)
