"""Behind JupyterHub's proxy: below a base URL, under another name, and over https on the way to it."""

from __future__ import annotations

import json

import pytest

OUTSIDE = {"Host": "hub.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def jp_base_url():
    return "/user/ann%40example.org/"


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["ServerApp"]["allow_remote_access"] = True
    return jp_server_config


@pytest.fixture(autouse=True)
def proxied(http_server):
    """As `c.ServerApp.trust_xheaders` has it; the server of these tests is not the one that this sets up."""
    http_server.xheaders = True


async def test_what_the_server_names_is_reached_from_outside(fetch, ask, fs, jp_base_url):
    await fetch("files", "a", method="PUT", body=b"12345")

    link = await fetch("files", "a", "sign", method="POST", body=json.dumps({}), headers=dict(OUTSIDE))
    upload = await fetch(
        "uploads", method="POST", headers={**OUTSIDE, "Tus-Resumable": "1.0.0", "Upload-Length": "3"}, body=b""
    )
    signed = await ask("GET", link.json["url"].partition("/sandfs/v1/")[2], Host="hub.example.org")

    outside = f"https://hub.example.org{jp_base_url}sandfs/v1/"
    assert link.json["url"].startswith(f"{outside}signed/")
    assert upload.headers["Location"].startswith(f"{outside}uploads/")
    assert (signed.code, signed.body, fs.listdir("/")) == (200, b"12345", [])


async def test_sandboxes_and_their_contents_are_reached_below_the_base_url(fetch, jp_fetch, fs, jp_base_url):
    written = await fetch("fs", "file", method="PUT", params={"path": "/a"}, body=b"x", headers=dict(OUTSIDE))
    body = json.dumps({"type": "file", "format": "text", "content": "y"})
    made = await jp_fetch("sandfs", "contents", "k1", "b.txt", method="PUT", body=body, headers=dict(OUTSIDE))
    document = await fetch("openapi.json", headers=dict(OUTSIDE))

    assert (written.status, made.headers["Location"]) == (200, f"{jp_base_url}sandfs/contents/k1/b.txt")
    assert document.json["servers"] == [{"url": f"{jp_base_url}sandfs/v1"}]
    assert sorted(fs.listdir("/")) == ["a", "b.txt"]
