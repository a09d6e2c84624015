"""What Jupyter's contents API promises, on a sandbox."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime

import nbformat
import pytest
from jupyter_server.auth import User
from nbformat.v4 import new_code_cell, new_notebook, new_output

from jupyter_sandfs.vfs.policy import NodePolicy

MIB = 1 << 20
TEXT = {"type": "file", "format": "text"}
BINARY = {"type": "file", "format": "base64"}


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


class TestReading:
    @pytest.mark.usefixtures("notebook")
    async def test_the_top_lists_the_sandboxes(self, contents):
        told = await contents("GET")

        assert told.status == 200
        assert {name: told.json[name] for name in ("name", "path", "type", "format", "writable")} == {
            "name": "",
            "path": "",
            "type": "directory",
            "format": "json",
            "writable": False,
        }
        assert [(each["name"], each["path"], each["type"], each["content"]) for each in told.json["content"]] == [
            ("analysis", "analysis", "directory", None)
        ]

    async def test_a_folder_lists_what_is_in_it(self, contents, notebook):
        notebook.write_file("/data/a.csv", "1,2\n")
        notebook.write_file("/data/b.ipynb", "{}")
        notebook.mkdir("/data/sub")

        told = await contents("GET", "analysis/data")

        assert (told.json["path"], told.json["type"], told.json["mimetype"]) == ("analysis/data", "directory", None)
        assert [(each["path"], each["type"], each["size"], each["content"]) for each in told.json["content"]] == [
            ("analysis/data/a.csv", "file", 4, None),
            ("analysis/data/b.ipynb", "notebook", 2, None),
            ("analysis/data/sub", "directory", None, None),
        ]

    async def test_a_text_file_comes_as_text(self, contents, notebook):
        notebook.write_file("/a ü.txt", "héllo")
        stat = notebook.stat("/a ü.txt")

        told = await contents("GET", "analysis/a ü.txt")

        assert (seconds(told.json.pop("created")), seconds(told.json["last_modified"])) == (
            stat.created_at.timestamp(),
            stat.modified_at.timestamp(),
        )
        assert {name: told.json[name] for name in told.json if name not in {"created", "last_modified"}} == {
            "name": "a ü.txt",
            "path": "analysis/a ü.txt",
            "type": "file",
            "writable": True,
            "size": 6,
            "mimetype": "text/plain",
            "content": "héllo",
            "format": "text",
            "hash": None,
            "hash_algorithm": None,
        }

    async def test_other_bytes_come_as_base64(self, contents, notebook):
        notebook.write_file("/a.bin", b"\xff\x00")

        told = await contents("GET", "analysis/a.bin")

        assert (told.json["format"], told.json["mimetype"]) == ("base64", "application/octet-stream")
        assert base64.b64decode(told.json["content"]) == b"\xff\x00"

    async def test_text_comes_as_base64_if_wanted(self, contents, notebook):
        notebook.write_file("/a.txt", "x")

        told = await contents("GET", "analysis/a.txt", format="base64")

        assert (told.json["format"], told.json["content"]) == ("base64", "eA==")

    async def test_a_file_larger_than_a_chunk_comes_whole(self, contents, notebook):
        notebook.write_file("/a.txt", "ab" * MIB)

        assert (await contents("GET", "analysis/a.txt")).json["content"] == "ab" * MIB

    async def test_without_content_there_is_none(self, contents, notebook):
        notebook.write_file("/a.bin", b"x")

        told = await contents("GET", "analysis/a.bin", content="0")

        assert (told.json["content"], told.json["format"], told.json["size"]) == (None, None, 1)

    @pytest.mark.parametrize("content", ["0", "1"])
    async def test_a_hash_is_that_of_the_bytes(self, contents, notebook, content):
        notebook.write_file("/a", b"x" * (MIB + 1))

        told = await contents("GET", "analysis/a", content=content, hash="1")

        assert told.json["hash_algorithm"] == "sha256"
        assert told.json["hash"] == hashlib.sha256(b"x" * (MIB + 1)).hexdigest()

    async def test_a_notebook_comes_as_a_document(self, contents, notebook):
        notebook.write_file("/a.ipynb", nbformat.writes(new_notebook(cells=[new_code_cell("1")])))

        told = await contents("GET", "analysis/a.ipynb")

        assert (told.json["type"], told.json["format"], told.json["mimetype"]) == ("notebook", "json", None)
        assert [each["source"] for each in told.json["content"]["cells"]] == ["1"]

    async def test_a_notebook_comes_as_a_file_if_wanted(self, contents, notebook):
        notebook.write_file("/a.ipynb", "{}")

        told = await contents("GET", "analysis/a.ipynb", type="file")

        assert (told.json["type"], told.json["content"]) == ("file", "{}")

    async def test_a_notebook_that_breaks_its_schema_comes_with_a_message(self, contents, notebook):
        document = new_notebook(cells=[new_code_cell("1")])
        document.cells[0]["surprise"] = 1
        notebook.write_file("/a.ipynb", json.dumps(document))

        told = await contents("GET", "analysis/a.ipynb")

        assert told.status == 200
        assert told.json["message"].startswith("Notebook validation failed")

    async def test_a_dynamic_file_comes_computed(self, contents, notebook):
        notebook.mount_file("/now.txt", lambda _context: "12:00")

        told = await contents("GET", "analysis/now.txt")

        assert (told.json["content"], told.json["size"]) == ("12:00", 5)

    async def test_what_must_not_be_written_says_so(self, contents, notebook):
        for name, policy in (("a", NodePolicy(writable=False)), ("b", NodePolicy(append_only=True))):
            notebook.write_file(f"/{name}", "x")
            notebook.set_policy(f"/{name}", policy)
        notebook.write_file("/c", "x")

        told = await contents("GET", "analysis")

        assert [each["writable"] for each in told.json["content"]] == [False, False, True]

    @pytest.mark.parametrize(
        ("path", "params", "status"),
        [
            ("analysis/absent", {}, 404),
            ("analysis/a.txt/b", {}, 404),
            ("nobody", {}, 404),
            ("nobody/a", {}, 404),
            ("analysis/.secret", {}, 404),
            ("analysis/.git/config", {}, 404),
            ("analysis/%00", {}, 404),
            ("analysis/d", {"type": "file"}, 400),
            ("analysis/d", {"type": "notebook"}, 400),
            ("analysis/a.txt", {"type": "directory"}, 400),
            ("analysis/a.txt", {"type": "notebook"}, 400),
            ("analysis/b.bin", {"format": "text"}, 400),
            ("analysis/a.txt", {"format": "yaml"}, 400),
            ("analysis/a.txt", {"content": "2"}, 400),
            ("analysis/a.txt", {"hash": "maybe"}, 400),
            ("", {"type": "file"}, 400),
        ],
    )
    async def test_what_can_not_be_read_is_a_json_error(self, contents, notebook, path, params, status):
        notebook.mkdir("/d")
        notebook.write_file("/a.txt", "x")
        notebook.write_file("/b.bin", b"\xff")
        notebook.write_file("/.secret", "x")
        notebook.write_file("/.git/config", "x")

        assert (await contents("GET", path, **params)).status == status

    async def test_hidden_files_are_not_listed(self, contents, notebook):
        for name in (".git/config", "__pycache__/a.pyc", "a~", "b"):
            notebook.write_file(f"/{name}", "x")

        assert (await contents("GET", "analysis")).names == ["b"]

    async def test_hidden_files_are_shown_if_configured(self, contents, notebook, server):
        notebook.write_file("/.git/config", "x")
        server.web_app.settings["sandfs_contents"].allow_hidden = True

        assert (await contents("GET", "analysis")).names == [".git"]
        assert (await contents("GET", "analysis/.git/config")).json["content"] == "x"


class TestMaking:
    @pytest.mark.parametrize(
        ("model", "name", "content"),
        [
            (None, "untitled", b""),
            ({"ext": ".txt"}, "untitled.txt", b""),
            ({"type": "file", "ext": ".csv"}, "untitled.csv", b""),
        ],
    )
    async def test_a_new_file_gets_a_name(self, contents, notebook, model, name, content):
        told = await contents("POST", "analysis", model)

        assert (told.status, told.json["name"], told.json["path"]) == (201, name, f"analysis/{name}")
        assert told.headers["Location"].endswith(f"/sandfs/contents/analysis/{name}")
        assert notebook.read_bytes(f"/{name}") == content

    @pytest.mark.usefixtures("notebook")
    async def test_further_ones_are_numbered(self, contents):
        told = [(await contents("POST", "analysis", {"ext": ".txt"})).json["name"] for _ in range(3)]

        assert told == ["untitled.txt", "untitled1.txt", "untitled2.txt"]

    async def test_a_new_folder_gets_a_name(self, contents, notebook):
        told = [(await contents("POST", "analysis", {"type": "directory"})).json["name"] for _ in range(2)]

        assert told == ["Untitled Folder", "Untitled Folder 1"]
        assert notebook.is_dir("/Untitled Folder 1")

    async def test_a_new_notebook_is_one(self, contents, notebook):
        told = await contents("POST", "analysis", {"type": "notebook"})

        assert (told.status, told.json["name"], told.json["type"]) == (201, "Untitled.ipynb", "notebook")
        assert nbformat.reads(notebook.read_text("/Untitled.ipynb"), as_version=4).cells == []

    @pytest.mark.parametrize(
        ("model", "content"),
        [(TEXT | {"content": "héllo"}, "héllo".encode()), (BINARY | {"content": "/wA=\n"}, b"\xff\0")],
    )
    async def test_a_file_is_uploaded_under_its_name(self, contents, notebook, model, content):
        told = await contents("PUT", "analysis/a.x", model)

        assert (told.status, told.json["path"], told.json["size"]) == (201, "analysis/a.x", len(content))
        assert (told.json["content"], told.json["format"]) == (None, None)
        assert notebook.read_bytes("/a.x") == content

    async def test_a_file_larger_than_a_chunk_is_uploaded(self, contents, notebook):
        await contents("PUT", "analysis/a.txt", TEXT | {"content": "ab" * MIB})

        assert notebook.read_text("/a.txt") == "ab" * MIB

    async def test_a_folder_is_made_under_its_name(self, contents, notebook):
        told = await contents("PUT", "analysis/d", {"type": "directory"})

        assert (told.status, told.json["type"]) == (201, "directory")
        assert notebook.is_dir("/d")

    async def test_a_file_that_is_there_is_saved(self, contents, notebook):
        notebook.write_file("/a.txt", "old")

        told = await contents("PUT", "analysis/a.txt", TEXT | {"content": "new"})

        assert (told.status, notebook.read_text("/a.txt")) == (200, "new")

    async def test_what_must_not_be_replaced_is_refused_in_words(self, contents, notebook):
        notebook.write_file("/a", "x")
        notebook.set_policy("/a", NodePolicy(writable=False))

        told = await contents("PUT", "analysis/a", TEXT | {"content": "y"})

        assert (told.status, notebook.read_text("/a")) == (403, "x")
        assert "/a" in told.json["message"]

    async def test_a_notebook_is_saved_as_jupyter_writes_it(self, contents, notebook):
        document = new_notebook(cells=[new_code_cell("1 + 1")])

        told = await contents("PUT", "analysis/a.ipynb", {"type": "notebook", "content": document})
        read = await contents("GET", "analysis/a.ipynb")

        assert (told.status, told.json["type"]) == (201, "notebook")
        assert read.json["content"]["cells"][0]["source"] == "1 + 1"
        assert notebook.read_text("/a.ipynb").startswith('{\n "cells": [')

    @pytest.mark.parametrize(
        ("method", "path", "model", "status"),
        [
            ("PUT", "analysis/a", {"type": "file", "content": "x"}, 400),
            ("PUT", "analysis/a", {"type": "file", "content": "x", "format": "json"}, 400),
            ("PUT", "analysis/a", TEXT | {"content": 3}, 400),
            ("PUT", "analysis/a", BINARY | {"content": "not base64!"}, 400),
            ("PUT", "analysis/a", TEXT | {"content": "\ud800"}, 400),
            ("PUT", "analysis/a", {"type": "notebook", "content": "x"}, 400),
            ("PUT", "analysis/a", {"copy_from": "analysis/file"}, 400),
            ("PUT", "analysis/a", [1], 400),
            ("PUT", "analysis/a", {"type": 3}, 400),
            ("PUT", "analysis/a", TEXT | {"content": "x", "chunk": "1"}, 400),
            ("PUT", "analysis/.a", TEXT | {"content": "x"}, 400),
            ("PUT", "analysis/none/a", TEXT | {"content": "x"}, 404),
            ("PUT", "analysis/none/a", {"type": "directory"}, 404),
            ("PUT", "analysis/file/a", TEXT | {"content": "x"}, 404),
            ("PUT", "a", TEXT | {"content": "x"}, 400),
            ("PUT", "analysis", {"type": "directory"}, 400),
            ("PUT", "nobody/a", TEXT | {"content": "x"}, 404),
            ("POST", "", {"type": "directory"}, 400),
            ("POST", "analysis/none", {"type": "directory"}, 404),
            ("POST", "analysis/file", {}, 400),
            ("POST", "analysis", {"copy_from": "analysis/none"}, 404),
            ("POST", "analysis", {"copy_from": "analysis"}, 400),
            ("PATCH", "analysis/file", {"path": "analysis/d"}, 409),
            ("PATCH", "analysis/none", {"path": "analysis/b"}, 404),
            ("PATCH", "analysis/file", {"path": "analysis/none/b"}, 404),
            ("PATCH", "analysis/file", {"path": "b"}, 400),
            ("PATCH", "analysis", {"path": "b"}, 400),
            ("PATCH", "analysis/file", {"path": "analysis/.b"}, 400),
            ("PATCH", "analysis/file", None, 400),
            ("DELETE", "analysis", None, 400),
            ("DELETE", "", None, 400),
            ("DELETE", "analysis/none", None, 404),
        ],
    )
    async def test_what_can_not_be_done_is_a_json_error_and_changes_nothing(
        self, contents, notebook, method, path, model, status
    ):
        notebook.write_file("/file", "x")
        notebook.mkdir("/d")

        told = await contents(method, path, model)

        assert (told.status, told.headers["Content-Type"]) == (status, "application/json")
        assert told.json["message"] != ""
        assert (notebook.listdir("/"), notebook.read_text("/file")) == (["d", "file"], "x")


class TestChunks:
    async def test_a_file_that_comes_in_chunks_is_seen_when_the_last_is_there(self, contents, notebook):
        told = []
        for number, part in ((1, "a"), (2, "b"), (-1, "c")):
            told.append(await contents("PUT", "analysis/big", TEXT | {"content": part * MIB, "chunk": number}))
            if number != -1:
                assert notebook.listdir("/") == []

        assert [each.status for each in told] == [201, 201, 201]
        assert [each.json["size"] for each in told] == [MIB, 2 * MIB, 3 * MIB]
        assert notebook.read_text("/big") == "a" * MIB + "b" * MIB + "c" * MIB

    async def test_a_first_chunk_begins_again(self, contents, notebook):
        for number, part in ((1, "x"), (2, "y"), (1, "a"), (-1, "b")):
            await contents(
                "PUT", "analysis/big", BINARY | {"content": "eHh4" if part in "xy" else "YQ==", "chunk": number}
            )

        assert notebook.read_text("/big") == "aa"

    async def test_two_pages_that_send_to_one_path_are_told_apart_and_the_last_one_wins(self, contents, notebook):
        told = []
        for number in (1, 2, -1):
            for page in ("a", "b", ""):
                model = TEXT | {"content": f"{page}{number} ", "chunk": number, "sender": page}
                told.append(await contents("PUT", "analysis/big", model))

        assert [each.status for each in told] == [201] * 7 + [200] * 2
        assert notebook.read_text("/big") == "1 2 -1 "

    async def test_two_users_with_tokens_of_their_own_are_told_apart(self, contents, notebook, server, monkeypatch):
        told = []
        for number in (1, -1):
            for name in ("ann", "bob"):

                async def get_user(handler, name=name):
                    handler._token_authenticated = True
                    return User(name)

                monkeypatch.setattr(server.identity_provider, "get_user", get_user)
                model = TEXT | {"content": f"{name}{number} ", "chunk": number}
                told.append((await contents("PUT", "analysis/big", model)).status)

        assert told == [201, 201, 201, 200]
        assert notebook.read_text("/big") == "bob1 bob-1 "

    @pytest.mark.parametrize("numbers", [(2,), (-1,), (1, 3), (1, 2, 2), (1, 0)])
    async def test_a_chunk_out_of_order_ends_the_upload(self, contents, notebook, numbers):
        statuses = [
            (await contents("PUT", "analysis/big", TEXT | {"content": "x", "chunk": number})).status
            for number in (*numbers, -1)
        ]

        assert statuses[-2:] == [400, 400]
        assert notebook.listdir("/") == []

    async def test_a_sandbox_that_is_full_refuses_and_keeps_nothing(self, contents, notebook):
        statuses = [
            (await contents("PUT", "analysis/big", TEXT | {"content": "x" * 2 * MIB, "chunk": number})).status
            for number in (1, 2, 3)
        ]

        assert statuses == [201, 201, 413]
        assert notebook.listdir("/") == []

    @pytest.mark.usefixtures("notebook")
    async def test_only_files_come_in_chunks(self, contents):
        told = await contents("PUT", "analysis/a.ipynb", {"type": "notebook", "content": {}, "chunk": 1})

        assert told.status == 400


class TestMoving:
    async def test_a_file_is_renamed(self, contents, notebook):
        notebook.write_file("/a.txt", "x")
        notebook.mkdir("/d")

        told = await contents("PATCH", "analysis/a.txt", {"path": "analysis/d/b.txt"})

        assert (told.status, told.json["path"], told.json["name"]) == (200, "analysis/d/b.txt", "b.txt")
        assert told.headers["Location"].endswith("/sandfs/contents/analysis/d/b.txt")
        assert (notebook.listdir("/"), notebook.read_text("/d/b.txt")) == (["d"], "x")

    async def test_a_file_renamed_to_itself_stays(self, contents, notebook):
        notebook.write_file("/a", "x")

        assert (await contents("PATCH", "analysis/a", {"path": "/analysis/a"})).status == 200
        assert notebook.read_text("/a") == "x"

    async def test_a_file_is_copied_beside_itself(self, contents, notebook):
        notebook.write_file("/d/a.tar.gz", b"\xff")

        told = [
            (await contents("POST", "analysis/d", {"copy_from": "analysis/d/a.tar.gz"})).json["name"] for _ in range(2)
        ]

        assert told == ["a-Copy1.tar.gz", "a-Copy2.tar.gz"]
        assert notebook.read_bytes("/d/a-Copy2.tar.gz") == b"\xff"

    async def test_a_folder_is_copied_within_its_sandbox(self, contents, notebook):
        notebook.write_file("/d/a", "x")

        told = await contents("POST", "analysis", {"copy_from": "analysis/d"})

        assert (told.status, told.json["name"], told.json["type"]) == (201, "d-Copy1", "directory")
        assert notebook.read_text("/d-Copy1/a") == "x"

    async def test_files_and_folders_are_deleted(self, contents, notebook):
        notebook.write_file("/d/e/a", "x")
        notebook.write_file("/b", "x")

        statuses = [(await contents("DELETE", f"analysis/{each}")).status for each in ("d", "b")]

        assert (statuses, notebook.listdir("/")) == ([204, 204], [])


class TestCheckpoints:
    async def test_a_file_goes_back_to_its_checkpoint(self, contents, notebook):
        notebook.write_file("/a.txt", "one")

        before = await contents("GET", "analysis/a.txt/checkpoints")
        made = await contents("POST", "analysis/a.txt/checkpoints")
        notebook.write_file("/a.txt", "two")
        restored = await contents("POST", "analysis/a.txt/checkpoints/checkpoint")

        assert (before.json, made.status, restored.status) == ([], 201, 204)
        assert made.headers["Location"].endswith("/sandfs/contents/analysis/a.txt/checkpoints/checkpoint")
        assert (await contents("GET", "analysis/a.txt/checkpoints")).json == [made.json]
        assert notebook.read_text("/a.txt") == "one"

    async def test_a_checkpoint_is_deleted(self, contents, notebook):
        notebook.write_file("/a.txt", "one")
        await contents("POST", "analysis/a.txt/checkpoints")

        statuses = [(await contents("DELETE", "analysis/a.txt/checkpoints/checkpoint")).status for _ in range(2)]

        assert statuses == [204, 404]
        assert (await contents("POST", "analysis/a.txt/checkpoints/checkpoint")).status == 404

    async def test_it_goes_with_the_file_also_in_a_folder(self, contents, notebook):
        notebook.write_file("/d/a.txt", "one")
        await contents("POST", "analysis/d/a.txt/checkpoints")
        await contents("PATCH", "analysis/d", {"path": "analysis/e"})
        notebook.write_file("/e/a.txt", "two")

        restored = await contents("POST", "analysis/e/a.txt/checkpoints/checkpoint")

        assert (restored.status, notebook.read_text("/e/a.txt")) == (204, "one")

    async def test_it_is_gone_with_the_file(self, contents, notebook):
        notebook.write_file("/d/a.txt", "one")
        await contents("POST", "analysis/d/a.txt/checkpoints")
        await contents("DELETE", "analysis/d")
        notebook.write_file("/d/a.txt", "new")

        assert (await contents("GET", "analysis/d/a.txt/checkpoints")).json == []

    async def test_a_saved_notebook_has_one(self, contents, notebook):
        await contents("PUT", "analysis/a.ipynb", {"type": "notebook", "content": new_notebook()})

        assert [each["id"] for each in (await contents("GET", "analysis/a.ipynb/checkpoints")).json] == ["checkpoint"]
        assert notebook.listdir("/") == ["a.ipynb"]

    @pytest.mark.usefixtures("notebook")
    @pytest.mark.parametrize("path", ["analysis/none", "analysis", "nobody/a", ""])
    async def test_what_is_no_file_has_none(self, contents, path):
        told = await contents("POST", f"{path}/checkpoints")

        assert told.status in {400, 404}


async def test_a_notebook_from_elsewhere_is_trusted_only_when_told(contents, notebook):
    output = new_output("display_data", {"text/html": "<script>"})
    notebook.write_file("/a.ipynb", nbformat.writes(new_notebook(cells=[new_code_cell("1", outputs=[output])])))

    async def trusted() -> bool:
        told = await contents("GET", "analysis/a.ipynb")
        return told.json["content"]["cells"][0]["metadata"]["trusted"]

    before = await trusted()
    told = await contents("POST", "analysis/a.ipynb/trust")

    assert (before, told.status, await trusted()) == (False, 201, True)
