"""The URL of the staging store that kernels of this server are told."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

_EVERYWHERE = {"", "*", "0.0.0.0", "::", "localhost"}  # noqa: S104  what an administrator may have bound to


def is_private(url: str) -> bool:
    """Whether only this process can open the store."""
    return url.lower().startswith("memory:")


def own_url(serverapp: Any) -> str | None:
    """Where kernels on this machine reach the store of this server; None when they would have no token to show.

    Ask only once the server listens: before, its port may be 0.
    """
    token = serverapp.identity_provider.token
    if not token or serverapp.sock:
        return None
    scheme = "https" if serverapp.certfile else "http"
    host = "127.0.0.1" if serverapp.ip in _EVERYWHERE else serverapp.ip
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://:{quote(token, safe='')}@{shown}:{serverapp.port}{serverapp.base_url}sandfs"
