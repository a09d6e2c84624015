"""`/sandfs/v1/openapi.json`: what this server offers, for programs."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado import web

import jupyter_sandfs
from jupyter_sandfs.server.openapi.document import document
from jupyter_sandfs.server.route import SandfsRoute


class ApiDocument(SandfsRoute):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        base_url = url_path_join(self.base_url, "sandfs/v1")
        self.answer(document(base_url, jupyter_sandfs.__version__, self.settings["sandfs_routes"]))
