from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from jupyter_sandfs.filestore import open_file_store
from jupyter_sandfs.server import handover


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["SandFS"]["store_url"] = "memory:"
    return jp_server_config


def app(**changes) -> SimpleNamespace:
    settings = {"ip": "", "port": 8888, "base_url": "/a%40b/", "certfile": "", "sock": ""} | changes
    return SimpleNamespace(identity_provider=SimpleNamespace(token=settings.pop("token", "t@k")), **settings)


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "http://:t%40k@127.0.0.1:8888/a%40b/sandfs"),
        ({"ip": "0.0.0.0", "certfile": "x"}, "https://:t%40k@127.0.0.1:8888/a%40b/sandfs"),
        ({"ip": "10.0.0.1"}, "http://:t%40k@10.0.0.1:8888/a%40b/sandfs"),
        ({"ip": "::1"}, "http://:t%40k@[::1]:8888/a%40b/sandfs"),
        ({"token": ""}, None),
        ({"sock": "/run/jupyter.sock"}, None),
    ],
)
def test_the_url_of_a_server_carries_its_token(changes, url):
    assert handover.own_url(app(**changes)) == url


async def test_kernels_of_a_server_with_a_store_in_memory_come_to_the_server(fetch, jp_asyncio_loop):
    await fetch("files", "a", method="PUT", body=b"1")

    url = os.environ["JUPYTER_SANDFS_STORE_URL"]
    content = await jp_asyncio_loop.run_in_executor(None, lambda: open_file_store(url).get("files/a"))

    assert (url.startswith("http://:"), content) == (True, b"1")
