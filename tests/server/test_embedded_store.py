"""The server and its kernels with one embedded NATS server between them."""

from __future__ import annotations

import os

import pytest

from jupyter_sandfs.filestore import open_file_store


@pytest.fixture
def jp_server_config(jp_server_config, tmp_path):
    jp_server_config["SandFS"]["store_url"] = f"nats-embedded://{tmp_path / 'nats'}"
    return jp_server_config


async def test_what_comes_in_by_http_is_there_for_those_who_take_the_url_from_the_environment(server, fetch):
    answer = await fetch("files", "files/a.csv", method="PUT", body=b"id\n1\n")

    with open_file_store(os.environ["JUPYTER_SANDFS_STORE_URL"]) as kernels:
        body = kernels.get("files/a.csv")
        kernels.put("runs/r/output/b.txt", b"done")
    back = await fetch("files", "runs/r/output/b.txt", method="GET")

    assert (answer.status, body, back.body) == (201, b"id\n1\n", b"done")
