"""Questions in a kernel of its own process: answered while their cell runs, as a page does it."""

from __future__ import annotations

import pytest

SETUP = """%load_ext jupyter_sandfs
from jupyter_sandfs import Sandbox
from jupyter_sandfs.agents.rules import Rule, Rules
rules = Rules(Rule("ask", "write exec", "/"), deadline=600)
def ask(path="/a", sandbox=Sandbox.current(), agent="bob"):
    tools = sandbox.tools(agent=agent, rules=rules)
    return tools.call("sandbox_fs_write", {"path": path, "content": "x"}).text
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


class Kernel:
    """A kernel, and a page that sees its cards."""

    def __init__(self, manager, client):
        self.manager, self._client = manager, client

    def run(self, code, on_card=lambda number, title: None, *, allow_stdin=True):
        """Run a cell; gives what it printed, the text of its records, and its error."""
        asked = self._client.execute(code, allow_stdin=allow_stdin)
        shown = {"printed": "", "records": [], "error": ""}
        questions = {}
        while True:
            message = self._client.get_iopub_msg(timeout=60)
            content = message["content"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            match message["msg_type"]:
                case "status" if content["execution_state"] == "idle":
                    return shown
                case "comm_open" if "question" in content["data"]["state"]:
                    questions[content["comm_id"]] = content["data"]["state"]
                case "display_data" if WIDGET in content["data"]:
                    state = questions[content["data"][WIDGET]["model_id"]]
                    on_card(state["number"], "".join(text for text, _ in state["question"]["title"]))
                case "update_display_data":
                    shown["records"].append(content["data"]["text/plain"])
                case "stream" if content["name"] == "stdout":
                    shown["printed"] += content["text"]
                case "error":
                    shown["error"] = content["ename"]

    def answer(self, number, verdict, reason=""):
        arguments = {"id": number, "verdict": verdict, "reason": reason}
        content = {"op": "answer_question", "arguments": arguments}
        self._client.control_channel.send(self._client.session.msg("sandfs_request", content))
        return self._client.get_control_msg(timeout=60)["content"]


@pytest.fixture(scope="module")
def kernel(own_kernel):
    started = Kernel(*own_kernel)
    assert started.run(SETUP)["error"] == ""
    return started


def test_an_answer_is_taken_while_the_cell_runs(kernel):
    replies = []

    shown = kernel.run("print(ask('/yes'))", lambda number, _: replies.append(kernel.answer(number, "once")))

    assert [each["value"] for each in replies] == [{"counted": True}]
    assert shown["printed"] == "created /yes: 1 bytes, version 1\n"
    assert shown["records"] == ["bob asked to create /yes. Allowed once (rule 'ask write exec /')"]


def test_who_does_not_know_the_id_allows_nothing(kernel):
    replies = []

    def forge(number, _):
        replies.extend(kernel.answer(guess, "once") for guess in ("", "0", number[:-1], number.swapcase()))
        kernel.answer(number, "deny", "found you")

    shown = kernel.run("print(ask('/forged'))", forge)

    assert [each["error"]["text"] for each in replies] == ["this question is not open any more"] * 4
    assert "it was not approved: found you" in shown["printed"]


def test_ctrl_c_denies_and_ends_the_cell(kernel):
    shown = kernel.run("print(ask('/stopped'))", lambda *_: kernel.manager.interrupt_kernel())

    assert (shown["error"], shown["printed"]) == ("KeyboardInterrupt", "")
    assert shown["records"] == ["bob asked to create /stopped. Interrupted: denied (rule 'ask write exec /')"]
    assert kernel.run("print(Sandbox.current().fs.exists('/stopped'))")["printed"] == "False\n"


RACE = """
def run(name):
    return lambda fork: ask(f"/{name}", fork, name)
result = Sandbox.current().race({name: run(name) for name in ("ann", "ben")})
print(*(each.report.split(":")[0] for each in result.attempts.values()), sep=", ")
result.close()
"""


def test_agents_that_race_are_answered_each_for_itself(kernel):
    cards = {}

    def answer_both(number, title):
        cards[title] = number
        if len(cards) == 2:
            kernel.answer(cards["ben asks to create /ben"], "once")
            kernel.answer(cards["ann asks to create /ann"], "deny")

    assert kernel.run(RACE, answer_both)["printed"] == "not allowed, created /ben\n"


def test_ctrl_c_ends_a_race_that_waits_for_answers(kernel):
    cards = []

    def stop_at_both(number, _):
        cards.append(number)
        if len(cards) == 2:
            kernel.manager.interrupt_kernel()

    shown = kernel.run(RACE, stop_at_both)

    assert (shown["error"], len(shown["records"])) == ("KeyboardInterrupt", 2)
    assert kernel.run("print(Sandbox.names())")["printed"] == "['default']\n"


def test_a_cell_that_runs_without_a_person_is_denied_at_once(kernel):
    shown = kernel.run("print(ask('/nobody'))", allow_stdin=False)

    assert "there is nobody to ask: this notebook runs without a person" in shown["printed"]
    assert shown["records"] == []


def test_a_command_is_asked_for_before_it_runs(kernel):
    titles = []

    def allow(number, title):
        titles.append(title)
        kernel.answer(number, "run")

    code = """tools = Sandbox.current().tools(agent="carl", rules=rules)
for line in ("echo one", "echo two"):
    print(tools.call("sandbox_exec", {"command": line}).text)"""

    assert kernel.run(code, allow)["printed"] == "one\ntwo\n"
    assert titles == ["carl asks to run a command"]
