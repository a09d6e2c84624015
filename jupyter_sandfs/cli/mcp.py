"""`jupyter sandfs mcp`: a sandbox for a program that speaks the Model Context Protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

import click

from jupyter_sandfs.cli.connection import server_at
from jupyter_sandfs.sandbox import Sandbox


@click.command()
@click.option("--storage", metavar="URL", help="Keep the files there, such as sqlite:///work.sqlite.")
@click.option("--store", "store_url", metavar="URL", help="The staging store, such as file:///srv/files.")
@click.option("--allow", metavar="COMMAND", multiple=True, help="Leave the shell only this command; may be repeated.")
@click.option("--agent", metavar="NAME", help="Who acts, in the journal. [default: mcp]")
@click.option("--server", metavar="URL", help="Serve a sandbox in a kernel there: the address that Jupyter shows.")
@click.option("--token", envvar="JUPYTER_TOKEN", help="Its token; better given as JUPYTER_TOKEN.")
@click.option("--session-id", metavar="ID", help="A kernel or session there. [default: the only one with a sandbox]")
@click.option("--sandbox", metavar="NAME", help="A sandbox in that kernel. [default: default]")
@click.option("--view", metavar="NAME", help="A view that the kernel has registered.")
def mcp(
    *,
    storage: str | None,
    store_url: str | None,
    allow: tuple[str, ...],
    agent: str | None,
    server: str | None,
    token: str | None,
    **there: str | None,
) -> None:
    """Serve a sandbox on standard input and output: one of its own, or with --server one in a running kernel.

    A client starts this command, and talks to it; it ends with the client. A sandbox of its own is in memory unless
    --storage says where to keep it.
    """
    own = storage, store_url, allow
    if server is None:
        _refuse_given(there, "is about a sandbox on a server: give --server")
        _serve(*own, agent or "mcp")
    else:
        _refuse_given(dict(zip(("storage", "store", "allow"), own, strict=True)), "and --server exclude each other")
        _connect(server, token, there | {"agent": agent})


def _serve(storage: str | None, store_url: str | None, allow: tuple[str, ...], agent: str) -> None:
    from jupyter_sandfs.agents.mcp import McpServer  # noqa: PLC0415  the SDK is an extra, and heavy

    sandbox = Sandbox("mcp", storage=storage, store_url=store_url)
    try:
        asyncio.run(McpServer(sandbox, agent, allowed_commands=allow or None).serve_stdio())
    finally:
        sandbox.close()


def _connect(server: str, token: str | None, query: dict[str, str | None]) -> None:
    import jupyter_sandfs.agents.mcp  # noqa: F401, PLC0415  says which extra is missing
    from jupyter_sandfs.cli.mcp_bridge import bridge  # noqa: PLC0415  as above

    base, shown = server_at(server, token)
    asked = urlencode({name: value for name, value in query.items() if value is not None})
    asyncio.run(bridge(f"{base}/sandfs/v1/mcp?{asked}", shown))


def _refuse_given(options: Mapping[str, object], why: str) -> None:
    for name in [name for name, value in options.items() if value]:
        raise click.UsageError(f"--{name.replace('_', '-')} {why}")
