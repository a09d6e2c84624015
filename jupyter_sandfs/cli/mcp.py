"""`jupyter sandfs mcp`: a sandbox for a program that speaks the Model Context Protocol."""

from __future__ import annotations

import asyncio

import click

from jupyter_sandfs.sandbox import Sandbox


@click.command()
@click.option("--storage", metavar="URL", help="Keep the files there, such as sqlite:///work.sqlite.")
@click.option("--store", "store_url", metavar="URL", help="The staging store, such as file:///srv/files.")
@click.option("--agent", default="mcp", show_default=True, help="Who acts, in the journal.")
@click.option("--allow", metavar="COMMAND", multiple=True, help="Leave the shell only this command; may be repeated.")
def mcp(storage: str | None, store_url: str | None, agent: str, allow: tuple[str, ...]) -> None:
    """Serve a sandbox of its own on standard input and output.

    A client starts this command, and talks to it; it ends with the client. The sandbox is in memory unless --storage
    says where to keep it.
    """
    from jupyter_sandfs.agents.mcp import McpServer  # noqa: PLC0415  the SDK is an extra, and heavy

    sandbox = Sandbox("mcp", storage=storage, store_url=store_url)
    try:
        asyncio.run(McpServer(sandbox, agent, allowed_commands=allow or None).serve_stdio())
    finally:
        sandbox.close()
