from __future__ import annotations

import json
import logging
import os
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import HTTPClientError

from jupyter_sandfs.filestore import signing

MIB = 1 << 20


@pytest.fixture
def sign(fetch):
    async def sign(key: str = "a", **fields) -> str:
        """Make a link; give what follows the version of the routes."""
        answer = await fetch("files", key, "sign", method="POST", body=json.dumps(fields))
        assert answer.status == 201, answer.body
        return urlsplit(answer.json["url"]).path.partition("/sandfs/v1/")[2]

    return sign


@pytest.fixture
def stranger(server, jp_base_url, http_server_client):
    """Send a request without a login."""

    async def stranger(method: str, route: str, body: bytes | None = None, **kwargs):
        try:
            return await http_server_client.fetch(f"{jp_base_url}sandfs/v1/{route}", method=method, body=body, **kwargs)
        except HTTPClientError as error:
            return error.response

    return stranger


async def test_a_link_says_what_it_is_good_for(fetch):
    answer = await fetch("files", "a b", "sign", method="POST", body=json.dumps({"method": "PUT", "expires": 60}))

    assert answer.status == 201
    assert (answer.json["method"], answer.json["file_key"]) == ("PUT", "files/a b")
    assert answer.json["url"].startswith("http://127.0.0.1:")
    assert answer.json["expires_at"].endswith("Z")


async def test_whoever_has_a_link_can_read_the_file(fetch, sign, stranger):
    await fetch("files", "a", method="PUT", body=b"0123456789")
    link = await sign()

    whole, part, head = (
        await stranger("GET", link),
        await stranger("GET", link, headers={"Range": "bytes=2-3"}),
        await stranger("HEAD", link),
    )

    assert (whole.code, whole.body) == (200, b"0123456789")
    assert whole.headers["Content-Security-Policy"].endswith("; sandbox")
    assert (whole.headers["X-Content-Type-Options"], whole.headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert (part.code, part.body) == (206, b"23")
    assert (head.code, head.headers["Content-Length"], head.body) == (200, "10", b"")


@pytest.mark.parametrize("size", [5, 2 * MIB])
async def test_whoever_has_a_link_can_write_the_file(fetch, sign, stranger, size):
    content = os.urandom(size)
    link = await sign(method="PUT")

    first, second = await stranger("PUT", link, content), await stranger("PUT", link, content)

    assert (first.code, second.code) == (201, 200)
    assert (await fetch("files", "a")).body == content


async def test_a_link_is_good_for_its_method_only(fetch, sign, stranger):
    await fetch("files", "a", method="PUT", body=b"x")
    read, write = await sign(), await sign(method="PUT")

    refused = [
        await stranger("PUT", read, b"y"),
        await stranger("GET", write),
        await stranger("DELETE", read),
        await stranger("POST", write, b"y"),
    ]

    assert [each.code for each in refused] == [403, 403, 403, 403]
    assert (await fetch("files", "a")).body == b"x"


async def test_a_link_may_bound_the_size(fetch, sign, stranger):
    link = await sign(method="PUT", max_size=5)

    async def produce(write):
        await write(b"123")
        await write(b"456")

    declared, counted = await stranger("PUT", link, b"123456"), await stranger("PUT", link, body_producer=produce)
    fitting = await stranger("PUT", link, b"12345")

    assert [each.code for each in (declared, counted, fitting)] == [413, 413, 201]


async def test_a_link_ends(fetch, server, stranger):
    await fetch("files", "a", method="PUT", body=b"x")
    store = (await server.web_app.settings["sandfs_staging"].store()).sync
    long_ago = signing.Grant(method="GET", key="files/a", tenant="", expires=1000.0)
    token = signing.sign(store._vault.blobs.secret(), long_ago, now=0)

    response = await stranger("GET", f"signed/{token}")

    assert (response.code, json.loads(response.body)["detail"]) == (403, "the link has expired; ask for a new one")


@pytest.mark.parametrize("token", ["x", "a.b", "..", "%00", "e30.e30", "x" * 20_000])
async def test_what_was_not_signed_opens_nothing(stranger, token):
    response = await stranger("GET", f"signed/{token}")

    assert response.code in {403, 404}
    assert response.headers["Content-Type"] == "application/problem+json"


async def test_a_changed_link_opens_nothing(fetch, sign, stranger):
    await fetch("files", "a", method="PUT", body=b"x")
    link = await sign()
    changed = link[:-1] + ("A" if link[-1] != "A" else "B")

    response = await stranger("GET", changed)

    assert (response.code, json.loads(response.body)["detail"]) == (403, "the link is not valid")


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "DELETE"},
        {"method": 1},
        {"expires": 0},
        {"expires": 7 * 24 * 3600 + 1},
        {"expires": "1"},
        {"max_size": -1},
        {"max_size": 1.5},
        {"tenant": "other"},
    ],
)
async def test_what_cannot_be_granted_is_not_signed(fetch, fields):
    answer = await fetch("files", "a", "sign", method="POST", body=json.dumps(fields))

    assert (answer.status, answer.problem) == (400, "invalid_request")


async def test_signing_needs_a_login(ask, server):
    assert (await ask("POST", "files/a/sign")).code == 403


async def test_a_token_stands_in_no_log_and_in_no_problem(fetch, sign, stranger, server, caplog):
    link = await sign()
    token = link.rpartition("/")[2]
    server.log.propagate = True
    caplog.set_level(logging.DEBUG)

    absent = await stranger("GET", link)
    forged = await stranger("GET", f"{link}x")

    assert (absent.code, forged.code) == (404, 403)
    assert json.loads(absent.body)["instance"].endswith("/sandfs/v1/signed/[token]")
    assert "signed/[token]" in caplog.text
    assert token not in caplog.text + absent.body.decode() + forged.body.decode()


async def test_a_file_can_be_copied_to_another_key(fetch):
    await fetch("files", "a.csv", method="PUT", body=b"x", headers={"Content-Type": "text/special"})

    async def copy(**fields):
        return await fetch("files", "a.csv", "copy", method="POST", body=json.dumps(fields))

    first, again, forced = await copy(to="b"), await copy(to="b"), await copy(to="b", overwrite=True)
    new, bad = await copy(), await copy(to="../x")

    assert [each.status for each in (first, again, forced, new, bad)] == [201, 412, 201, 201, 400]
    assert (first.json["file_key"], first.json["content_type"]) == ("files/b", "text/special")
    assert new.json["file_key"].startswith("files/f_")
    assert (await fetch("files", "b")).body == b"x"


async def test_a_post_below_a_key_that_means_nothing_is_refused(fetch):
    assert (await fetch("files", "a", "explode", method="POST")).status == 405
