from __future__ import annotations

import json
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from jupyter_server.auth import User

from jupyter_sandfs.errors import InvalidSignature
from jupyter_sandfs.server.tenants import Tenants

MIB = 1 << 20
SIGN = '{"method": "GET", "key": "files/a", "expires": 60}'
TENANTS = Tenants("base", per_user=True, secret=b"s" * 32)


def test_users_share_a_tenant_unless_each_has_its_own():
    user = SimpleNamespace(username="ann")

    assert Tenants("base", per_user=False, secret=b"").of(user) == "base"
    assert TENANTS.of(user) == "base/ann"


def test_a_sealed_token_names_its_tenant():
    assert TENANTS.seal("base", "token") == "token"
    assert TENANTS.unseal("token") == ("base", "token")
    assert TENANTS.unseal(TENANTS.seal("base/änn", "a.b")) == ("base/änn", "a.b")


@pytest.mark.parametrize("change", [lambda s: s + "x", lambda s: "x" + s, lambda s: s.replace("~", "~0", 1)])
def test_a_seal_that_was_touched_is_refused(change):
    with pytest.raises(InvalidSignature):
        TENANTS.unseal(change(TENANTS.seal("base/ann", "token")))


@pytest.mark.parametrize("sealed", ["YQ~~t", "~", "~~", "é~é~é"])
def test_a_tenant_that_nobody_sealed_is_refused(sealed):
    with pytest.raises(InvalidSignature):
        TENANTS.unseal(sealed)


class TestEachUserHasFilesOfTheirOwn:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        jp_server_config["SandFS"] |= {"tenant": "team", "tenant_per_user": True}
        return jp_server_config

    @pytest.fixture
    def log_in(self, server, monkeypatch):
        def log_in(name: str) -> None:
            async def get_user(handler):
                handler._token_authenticated = True
                return User(name)

            monkeypatch.setattr(server.identity_provider, "get_user", get_user)

        return log_in

    async def test_and_sees_no_others(self, fetch, log_in):
        log_in("ann")
        await fetch("files", "a", method="PUT", body=b"ann's")
        tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "3"}
        upload = (await fetch("uploads", method="POST", headers=tus)).headers["Location"].rpartition("/")[2]
        log_in("bob")

        statuses = [
            (await fetch("files", "a")).status,
            (await fetch("files", "a", method="DELETE")).status,
            (await fetch("uploads", upload, method="HEAD", headers=tus)).status,
        ]

        assert statuses == [404, 404, 404]
        assert (await fetch("files")).json["count"] == 0

    async def test_and_limits_of_their_own(self, fetch, log_in):
        async def fill() -> list[int]:
            return [(await fetch("files", name, method="PUT", body=bytes(3 * MIB))).status for name in "abc"]

        log_in("ann")
        first = await fill()
        log_in("bob")

        assert (first, await fill()) == ([201, 201, 507], [201, 201, 507])

    async def test_and_links_lead_to_the_files_of_who_made_them(self, fetch, log_in):
        log_in("ann")
        await fetch("files", "a", method="PUT", body=b"ann's")
        url = (await fetch("files", "a", "sign", method="POST", body=json.dumps({}))).json["url"]
        token = urlsplit(url).path.rpartition("/")[2]
        log_in("bob")

        answer = await fetch("signed", token)

        assert (answer.status, answer.body) == (200, b"ann's")

    async def test_and_what_is_left_of_a_name_that_is_none_is_an_error(self, fetch, log_in):
        log_in("x" * 300)

        assert (await fetch("files")).problem == "invalid_request"

    async def test_and_what_concerns_all_is_for_nobody(self, fetch, log_in):
        log_in("ann")

        statuses = [(await fetch("store", "calls", name, method="POST")).status for name in ("cleanup", "recover")]

        assert statuses == [403, 403]

    async def test_and_the_whole_store_is_only_their_own(self, fetch, log_in):
        log_in("ann")
        await fetch("store", "bodies", method="PUT", params={"args": '{"key": "files/a"}'}, body=b"ann's")
        token = (await fetch("store", "calls", "sign", method="POST", params={"args": SIGN})).json
        log_in("bob")

        seen = (await fetch("store", "calls", "head", params={"args": '{"key": "files/a"}'})).status
        verify = json.dumps({"method": "GET", "token": token})
        foreign = await fetch("store", "calls", "verify", params={"args": verify})
        log_in("ann")
        own = await fetch("store", "calls", "verify", params={"args": verify})

        assert (seen, foreign.status, own.json) == (404, 403, ["files/a", None])
        assert (await fetch("signed", token)).body == b"ann's"
