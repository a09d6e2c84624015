"""Who may come in: every route, every method."""

from __future__ import annotations

import os

import pytest
from jupyter_server.auth import Authorizer

from jupyter_sandfs.server.route import SandfsRoute

ROUTES = [
    ("GET", "fs/entries"),
    ("GET", "fs/file?path=a"),
    ("HEAD", "fs/file?path=a"),
    ("PUT", "fs/file?path=a"),
    ("DELETE", "fs/entry?path=a"),
    ("POST", "fs/mkdir?path=a"),
    ("POST", "fs/move"),
    ("GET", "fs/stat?path=a"),
    ("PATCH", "fs/file?path=a"),
    ("POST", "fs/copy"),
    ("GET", "fs/search?name=a"),
    ("GET", "fs/events"),
    ("POST", "fs/stage"),
    ("POST", "fs/publish"),
    ("GET", "fs/archive?path=a"),
    ("POST", "fs/upload-batch"),
    ("GET", "files"),
    ("POST", "files"),
    ("GET", "files/a"),
    ("HEAD", "files/a"),
    ("PUT", "files/a"),
    ("DELETE", "files/a"),
    ("POST", "files/a/sign"),
    ("POST", "files/a/copy"),
    ("POST", "uploads"),
    ("HEAD", "uploads/x"),
    ("PATCH", "uploads/x"),
    ("DELETE", "uploads/x"),
    ("GET", "store/calls/usage"),
    ("POST", "store/calls/cleanup"),
    ("GET", "store/bodies"),
    ("PUT", "store/bodies"),
    ("POST", "store/bodies"),
    ("GET", "sandboxes"),
    ("GET", "openapi.json"),
    ("GET", "no/such/route"),
    ("GET", "/contents"),
    ("GET", "/contents/k1/a"),
    ("POST", "/contents/k1"),
    ("PUT", "/contents/k1/a"),
    ("PATCH", "/contents/k1/a"),
    ("DELETE", "/contents/k1/a"),
    ("GET", "/contents/k1/a/checkpoints"),
    ("POST", "/contents/k1/a/checkpoints"),
    ("POST", "/contents/k1/a/checkpoints/checkpoint"),
    ("DELETE", "/contents/k1/a/checkpoints/checkpoint"),
    ("POST", "/contents/k1/a/trust"),
    ("GET", "/files/k1/a"),
    ("HEAD", "/files/k1/a"),
]


@pytest.mark.parametrize(("method", "route"), ROUTES)
async def test_without_a_login_nothing_is_answered(ask, fs, method, route):
    response = await ask(method, route)

    kind = "application/json" if "contents" in route else "application/problem+json"  # Jupyter's API has its own
    assert (response.code, response.headers["Content-Type"]) == (403, kind)
    assert fs.listdir("/") == []


class Nobody(Authorizer):
    """Refuses everything of ours."""

    asked: list[tuple[str, str]]

    def is_authorized(self, _handler, _user, action, resource):
        self.asked.append((action, resource))
        return False


@pytest.mark.parametrize(("method", "route"), ROUTES)
async def test_the_authorizer_is_asked_before_anything_happens(ask, fs, server, jp_auth_header, method, route):
    nobody = Nobody()
    nobody.asked = []
    server.web_app.settings["authorizer"] = nobody

    response = await ask(method, route, **jp_auth_header)

    assert response.code == 403
    assert nobody.asked == [("read" if method in {"GET", "HEAD"} else "write", "sandfs")]
    assert fs.listdir("/") == []


@pytest.mark.parametrize(
    ("method", "route"), [each for each in ROUTES if each[0] in {"PUT", "POST", "PATCH", "DELETE"}]
)
async def test_a_cookie_alone_does_not_write(ask, fs, server, jp_auth_header, method, route):
    """Another site could make a browser send it: XSRF, as in Jupyter's own routes."""
    login = await ask("GET", "sandboxes", **jp_auth_header)
    cookies = "; ".join(each.split(";")[0] for each in login.headers.get_list("Set-Cookie"))

    response = await ask(method, route, Cookie=cookies)

    assert cookies
    assert response.code == 403
    assert b"_xsrf" in response.body
    assert fs.listdir("/") == []


@pytest.mark.parametrize("route", ["fs/file?path=a", "/files/k1/a"])
async def test_a_download_by_cookie_needs_a_page_of_ours(ask, fs, jp_auth_header, route):
    fs.write_file("/a", b"x")
    login = await ask("GET", "sandboxes", Host="localhost:1", **jp_auth_header)
    cookies = "; ".join(each.split(";")[0] for each in login.headers.get_list("Set-Cookie"))

    foreign = await ask("GET", route, Cookie=cookies, Host="localhost:1", Referer="https://evil.example/")
    own = await ask("GET", route, Cookie=cookies, Host="localhost:1", Referer="http://localhost:1/lab")

    assert (foreign.code, own.code) == (403, 200)


async def test_a_route_that_is_none_is_a_problem(ask, server, jp_auth_header):
    response = await ask("GET", "no/such/route", **jp_auth_header)

    assert (response.code, response.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "route", "allowed"),
    [
        ("PUT", "files", "GET, POST"),
        ("PATCH", "files/a", "DELETE, GET, HEAD, PUT"),
        ("PUT", "uploads/x", "DELETE, HEAD, PATCH"),
        ("GET", "fs/mkdir", "POST"),
        ("DELETE", "sandboxes", "GET"),
    ],
)
async def test_a_method_that_a_route_does_not_take_is_told_those_it_takes(
    ask, server, jp_auth_header, method, route, allowed
):
    response = await ask(method, route, **jp_auth_header)

    assert (response.code, response.headers["Allow"]) == (405, allowed)


async def test_a_token_is_not_repeated(ask, server):
    token = server.identity_provider.token
    response = await ask("GET", f"fs/stat?path=/absent&token={token}")

    assert response.code == 404
    assert token.encode() not in response.body


async def test_what_nobody_foresaw_shows_nothing_of_the_inside(fetch, kernels, monkeypatch):
    def fail(_self, _name):
        secret = "secret of the inside"
        raise RuntimeError(secret)

    monkeypatch.setattr(SandfsRoute, "required", fail)
    answer = await fetch("fs", "stat", params={"path": "/"})

    assert (answer.status, answer.problem) == (500, "internal")
    assert b"secret" not in answer.body


async def test_loading_tells_kernels_the_store_and_keeps_messages_out_of_the_activity(server, tmp_path):
    assert os.environ["JUPYTER_SANDFS_STORE_URL"] == (tmp_path / "store").as_uri()
    assert os.environ["JUPYTER_SANDFS_MAX_FILE_SIZE"] == str(3 << 20)
    assert "JUPYTER_SANDFS_MAX_FILES" not in os.environ
    assert {"sandfs_request", "sandfs_reply"} <= set(server.kernel_manager.untracked_message_types)
