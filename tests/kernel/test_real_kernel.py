"""The magics in a kernel of its own process, asked as JupyterLab and nbconvert ask."""

from __future__ import annotations

import ast

import pytest


class Kernel:
    """A kernel with the extension."""

    def __init__(self, client):
        self._client = client
        self._updates = []

    def _next(self):
        message = self._client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "update_display_data":
            self._updates.append(message["content"]["data"]["text/plain"])
        return message

    def wait_for_update(self, text):
        """Wait until a page was changed to some text, whichever cell runs then."""
        while text not in self._updates:
            self._next()

    def run(self, code):
        """What a cell showed: (kind, what) each; of a page its text and in which forms it came."""
        asked, shown = self._client.execute(code), []
        while True:
            message = self._next()
            if message["parent_header"].get("msg_id") != asked:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "status" if content["execution_state"] == "idle":
                    return shown
                case "stream" if shown and shown[-1][0] == content["name"]:  # a kernel may send it in pieces
                    shown[-1] = (content["name"], shown[-1][1] + content["text"])
                case "stream":
                    shown.append((content["name"], content["text"]))
                case "display_data" | "execute_result" as kind:
                    shown.append((kind, content["data"]["text/plain"], sorted(content["data"])))
                case "error":
                    shown.append(("error", content["evalue"]))

    def complete(self, code):
        asked = self._client.complete(code, len(code))
        while True:
            reply = self._client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"]["matches"], reply["content"]["cursor_start"]

    def inspect(self, code):
        asked = self._client.inspect(code, len(code), 0)
        while True:
            reply = self._client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"]["data"]["text/plain"]


@pytest.fixture(scope="module")
def kernel(own_kernel):
    _, client = own_kernel
    kernel = Kernel(client)
    assert kernel.run("%load_ext jupyter_sandfs") == []
    return kernel


@pytest.fixture(autouse=True)
def _emptied(kernel):
    kernel.run("%sandfs rm -rf /*;\n%sandfs config changes=off;")


PAGE = ["text/html", "text/plain"]


def test_listings_changes_journal_and_sizes_are_pages_with_their_text(kernel):
    kernel.run("%sandfs snapshot before;\n%sandfs touch '/a b'")

    assert kernel.run("%sandfs ls /") == [("display_data", "a b", PAGE)]
    assert kernel.run("%sandfs changes before") == [("display_data", "+ /a b", PAGE)]
    assert [each[::2] for each in kernel.run("%sandfs journal")] == [("display_data", PAGE)]
    assert [each[::2] for each in kernel.run("%sandfs stats")] == [("display_data", PAGE)]
    assert [each[::2] for each in kernel.run("%sandfs list")] == [("display_data", PAGE)]


def test_what_is_piped_assigned_or_quiet_is_no_page(kernel):
    kernel.run("%sandfs touch /a")

    assert kernel.run("%sandfs ls / | cat") == [("stdout", "a\n")]
    assert kernel.run("x = %sandfs ls /\nprint(repr(x))") == [("stdout", "'a\\n'\n")]
    assert kernel.run("%sandfs ls /;") == []
    assert kernel.run("%sandfs -o x ls /") == []


def test_pages_can_be_turned_off(kernel):
    kernel.run("%sandfs touch /a\n%sandfs config rich=off")
    shown = kernel.run("%sandfs ls /")
    kernel.run("%sandfs config rich=on;")

    assert shown == [("stdout", "a\n")]


def test_an_error_is_one_line_and_an_error_of_the_cell(kernel):
    told = "the patch does not apply (hunk 1, at line 1): /a"
    kernel.run("%%sandfs write /a\nother")

    shown = kernel.run("%%sandfs apply-patch\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n")
    assert [each for each in shown if each[0] == "stderr"] == [("stderr", f"UsageError: {told}\n")]
    assert kernel.run("%sandfs --check cat /nope") == [
        ("stderr", "cat: /nope: No such file or directory\nUsageError: %sandfs cat: exit code 1\n")
    ]


def test_a_tracked_cell_that_fails_is_an_error_once(kernel):
    shown = kernel.run("%%sandfs track\n%sandfs touch /a\n1/0")

    assert shown == [
        ("display_data", "this cell, in sandbox 'default': 1 added\n  + /a", PAGE),
        ("error", "division by zero"),
    ]


def test_the_journal_names_cells_by_their_prompts(kernel):
    kernel.run("from jupyter_sandfs import Sandbox\n%sandfs touch /a")
    shown = kernel.run("label = Sandbox.current().fs.log()[-1].label\nlen(In) - 2, label")

    number, label = ast.literal_eval(shown[0][1])
    assert label == f"[{number}] from jupyter_sandfs import Sandbox"


def test_a_cell_is_an_action_and_told_on_request(kernel):
    kernel.run("%sandfs config changes=on;")

    assert kernel.run("from jupyter_sandfs import Sandbox\nSandbox.current().fs.mkdir('/d')\n%sandfs touch /a") == [
        ("display_data", "this cell, in sandbox 'default': 2 added\n  + /a\n  + /d/", PAGE)
    ]
    assert kernel.run("%sandfs undo") == [
        ("stdout", "- /a\n- /d/\n"),
        ("display_data", "this cell, in sandbox 'default': 2 removed\n  - /a\n  - /d/", PAGE),
    ]


def test_cells_that_await_are_actions_too(kernel):
    kernel.run("import asyncio\n%sandfs touch /a\nawait asyncio.sleep(0)\n%sandfs touch /b")
    kernel.run("x = 1")
    kernel.run("%sandfs undo")

    assert kernel.run("%sandfs ls / | cat") == []


def test_a_watch_tells_below_its_own_cell(kernel):
    ((_, head, forms),) = kernel.run("%sandfs watch /")
    kernel.run("%sandfs touch /seen")

    assert (head, forms) == ("watching / (%sandfs watch --stop 1 ends it)", PAGE)
    kernel.wait_for_update(f"{head}\n+ /seen")
    assert kernel.run("%sandfs watch --stop") == [("stdout", "stopped watch 1\n")]


@pytest.mark.parametrize(
    ("code", "matches", "start"),
    [
        ("%sandfs brow", ["browse"], 8),
        ("%sandfs cat /my", ["/my\\ dir/"], 12),
        ("x = %sandfs cat '/my dir/", ["'/my dir/ü 🙂.txt"], 16),
        ("%%sandfs apply", ["apply-patch"], 9),
        ("%%sandfs sh\ncat /my", ["/my\\ dir/"], 16),
        ("%sandfs restore bef", ["before"], 16),
        ("%sandfs use def", ["default"], 12),
        ("%sandfs stage da", ["data.csv"], 14),
        ("%sandfs ls --human", ["--human-readable"], 11),
    ],
)
def test_completions_come_over_the_wire(kernel, code, matches, start):
    kernel.run("%sandfs mkdir '/my dir'\n%sandfs touch '/my dir/ü 🙂.txt'\n%sandfs snapshot before;")
    kernel.run("%sandfs publish --key data.csv '/my dir/ü 🙂.txt'")

    assert kernel.complete(code) == (matches, start)


def test_a_question_mark_explains_the_magic(kernel):
    assert "%%sandfs apply-patch" in kernel.inspect("%sandfs")


def test_loading_the_extension_loads_nothing_heavy(kernel):
    # In a process of its own: here widgets and more may be loaded by now.
    code = (
        "import subprocess, sys\n"
        "code = '''import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.instance().run_line_magic('load_ext', 'jupyter_sandfs')\n"
        "print([name for name in ('anywidget', 'bashkit', 'fsspec', 'ipywidgets', 'jinja2', 'jupyter_server', 'numpy', "
        "'obstore', 'pandas', 'pydantic_monty', 'tornado') if name in sys.modules])'''\n"
        "print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout)"
    )

    assert kernel.run(code) == [("stdout", "[]\n\n")]
