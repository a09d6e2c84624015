"""A sandbox, its tools and an agent's view of it."""

from __future__ import annotations

import pytest

from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.sandbox import Sandbox


@pytest.fixture
def sandbox(tmp_path):
    made = Sandbox("work", store_url=f"file://{tmp_path}/store")
    yield made
    made.close()


@pytest.fixture
def tools(sandbox):
    return Toolset(sandbox, "bob")
