"""What `mcp` takes; that it serves is tested with the SDK's clients, in tests/agents and tests/live."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from jupyter_sandfs.cli.app import main


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--session-id", "k1"], "--session-id is about a sandbox on a server: give --server"),
        (["--view", "guest"], "--view is about a sandbox on a server: give --server"),
        (["--server", "http://h/", "--storage", "memory:"], "--storage and --server exclude each other"),
        (["--server", "http://h/", "--allow", "ls"], "--allow and --server exclude each other"),
        (["--server", "h"], "a server is http://host:port/base, the address that Jupyter shows when it starts"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments, why):
    result = CliRunner().invoke(main, ["mcp", *arguments])

    assert result.exit_code != 0
    assert why in result.stderr
