import sys
from types import SimpleNamespace

import pytest

from jupyter_sandfs.errors import NotFound
from jupyter_sandfs.kernel.browser import widget
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.interface import FileSystem

MODEL = "application/vnd.jupyter.widget-view+json"


def ask(browser, content, *buffers):
    browser._handle_custom_msg(content, list(buffers))


def test_a_request_of_the_page_is_answered_by_the_dispatcher(browser, sent):
    ask(browser, {"id": "1", "op": "read", "arguments": {"path": "/notes.md"}})

    ((content, buffers),) = sent
    assert content["id"] == "1"
    assert content["value"]["size"] == 8
    assert buffers == [b"# Notes\n"]


def test_a_body_of_the_page_reaches_the_file_system(browser, fs, sent):
    ask(browser, {"id": "1", "op": "write", "arguments": {"path": "/new.bin"}}, memoryview(b"\x00\x01"))

    assert fs.read_bytes("/new.bin") == b"\x00\x01"
    assert sent[0][0]["value"]["bytesWritten"] == 2


def test_an_error_of_an_operation_reaches_the_page_with_code_and_text(browser, sent):
    ask(browser, {"id": "7", "op": "read", "arguments": {"path": "/missing"}})

    error = {
        "code": "not_found",
        "facts": {"path": "/missing", "detail": None},
        "text": "/missing: No such file or directory",
    }
    assert sent == [({"id": "7", "error": error}, [])]


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"op": "stats"},
        {"op": 1, "arguments": {}},
        {"op": "stats", "arguments": []},
        {"op": "stats", "arguments": None},
    ],
)
def test_a_message_that_is_no_request_gets_an_error(browser, sent, question):
    ask(browser, {"id": "1", **question})

    assert sent[0][0]["error"]["code"] == "invalid_request"


@pytest.mark.parametrize(
    "content", [None, [], "text", {}, {"id": 1, "op": "stats"}, {"id": "x" * 65, "op": "stats", "arguments": {}}]
)
def test_a_message_without_an_id_is_ignored(browser, sent, content):
    ask(browser, content)

    assert sent == []


def test_the_page_cannot_choose_the_sandbox_or_the_view(make_browser, asked):
    browser = make_browser(name="lesson", view="student")
    browser.set_state({"name": "other", "view": None})

    ask(browser, {"id": "1", "op": "stats", "arguments": {}, "sandbox": "other", "view": None})

    assert asked == [("lesson", "student")]


def test_changes_are_told_with_their_paths(browser, fs, sent):
    fs.write_file("/data/new.csv", "1")
    fs.write_file("/data/new.csv", "2")
    browser._watch.flush()

    assert ({"event": "changed", "paths": ["/data/new.csv"]}, []) in sent


@pytest.mark.parametrize(("count", "told"), [(200, 200), (201, None)])
def test_very_many_changes_are_told_without_paths(browser, sent, count, told):
    browser._announce([Change(ChangeKind.ADDED, f"/f{number}") for number in range(count)])

    paths = sent[0][0]["paths"]
    assert (None if paths is None else len(paths)) == told


def test_a_closed_browser_watches_no_more(browser, fs, sent):
    watch = browser._watch
    browser.close()
    browser.close()

    fs.write_file("/later.txt", "")
    watch.flush()

    assert (watch.closed, sent) == (True, [])


def test_only_small_state_is_synced(browser, fs):
    fs.write_file("/secret.txt", "do not save with the notebook")

    state = {name: browser.get_state()[name] for name in ("name", "view", "kernel_id", "path", "selected", "expanded")}
    assert state == {"name": "default", "view": None, "kernel_id": "k1", "path": "/", "selected": "", "expanded": []}
    assert "do not save" not in str(browser.get_state())


@pytest.mark.parametrize(
    ("start", "path", "selected", "expanded"),
    [
        ("/", "/", "", []),
        ("data", "/data", "/data", ["/data"]),
        ("/data/rain.csv", "/data", "/data/rain.csv", ["/data"]),
    ],
)
def test_it_opens_at_a_path(make_browser, start, path, selected, expanded):
    browser = make_browser(path=start)

    assert (browser.path, browser.selected, browser.expanded) == (path, selected, expanded)


def test_a_start_path_that_is_not_there_is_an_error(make_browser):
    with pytest.raises(NotFound) as caught:
        make_browser(path="/nowhere")

    assert caught.value.path == "/nowhere"


def test_messages_run_in_the_subshell_that_they_name():
    class Comm:
        def _reply_subshell_for(self, _data, _named):
            return "that of the last publisher"

    comm, plain = Comm(), object()
    widget.keep_subshell(comm)
    widget.keep_subshell(plain)

    assert comm._reply_subshell_for({}, "named") == "named"


def test_outside_a_kernel_there_is_no_kernel_id():
    assert widget.own_kernel_id() == ""


def test_the_kernel_id_is_that_of_the_connection_file(monkeypatch):
    class App:
        connection_file = "/run/user/1/jupyter/kernel-0f8e.json"
        initialized = staticmethod(lambda: True)

        @classmethod
        def instance(cls):
            return cls

    monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", SimpleNamespace(IPKernelApp=App))

    assert widget.own_kernel_id() == "0f8e"


def test_where_widgets_are_not_shown_there_is_a_tree_of_text(browser):
    data, metadata = browser._repr_mimebundle_()

    assert data["text/plain"] == "/\n├── data/\n│   └── rain.csv\n└── notes.md"
    assert (set(data), metadata) == ({"text/plain", MODEL}, {})


def test_it_needs_nothing_of_a_file_system_but_the_interface(browser):
    assert isinstance(browser._fs, FileSystem)
