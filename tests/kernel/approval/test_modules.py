"""The card's modules: their rules, their types, and the pure ones run by node."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from jupyter_sandfs.kernel.approval import card
from jupyter_sandfs.kernel.browser import bundle

_TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) ([\w$]+)", re.MULTILINE)
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";$', re.MULTILINE)
NAMES = [*card.SHARED, *card.OWN]


def source(name):
    return ((card.STATIC if name in card.OWN else bundle.STATIC) / name).read_text(encoding="utf-8")


def test_every_module_in_the_folder_is_the_cards_own():
    assert sorted(path.name for path in card.STATIC.glob("*.js")) == sorted(card.OWN)


def test_each_module_comes_after_those_that_it_imports_from():
    for at, name in enumerate(NAMES):
        assert {origin for _, origin in _IMPORT.findall(source(name))} <= set(NAMES[:at]), name


def test_no_top_level_name_is_used_in_two_modules():
    names = Counter(found for name in NAMES for found in _TOP_LEVEL.findall(source(name)))

    assert [name for name, count in names.items() if count > 1] == []


def test_the_joined_module_has_one_export_and_no_import():
    lines = card.script().splitlines()

    assert [line for line in lines if line.startswith(("import ", "export "))] == ["export default { render };"]


@pytest.mark.parametrize("name", card.OWN)
def test_a_module_makes_no_markup_and_no_code_from_strings(name):
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc"

    assert re.findall(rf"{markup}|\beval\b|new Function|javascript:", source(name)) == []


def test_the_style_sheet_takes_its_colours_from_the_roles():
    own = (card.STATIC / "card.css").read_text(encoding="utf-8")

    assert re.findall(r"--jp-[\w-]+|#[0-9a-f]{3,8}\b|rgb", own) == []


def test_the_modules_keep_to_their_types(node, node_packages):
    tsc = node_packages / "typescript" / "bin" / "tsc"

    done = subprocess.run(
        [node, str(tsc), "-p", str(Path(__file__).parent)], capture_output=True, text=True, timeout=110, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("ends_at", "shown_at", "now", "left"),
    [
        (1060, 1000_000, 1000_000, 60_000),
        (1060, 1000_000, 1050_000, 10_000),
        (1060, 1000_000, 1090_000, 0),
        (1060, 1030_000, 1030_000, 30_000),
        (9999, 1000_000, 1000_000, 60_000),
        (9999, 1000_000, 1059_000, 1_000),
        (1, 1000_000, 1010_000, 50_000),
    ],
)
def test_the_time_left_is_told_also_where_clocks_differ(evaluate, ends_at, shown_at, now, left):
    question = f"{{seconds: 60, endsAt: {ends_at}}}"

    assert evaluate("clock.js", f"m.millisecondsLeft({question}, {shown_at}, {now})") == left


def test_times_are_written_and_spoken(evaluate):
    expression = "[0, 1, 59_001, 84_000, 600_000, 61_000].map((ms) => [m.clockText(ms), m.spokenTime(ms)])"

    assert evaluate("clock.js", expression) == [
        ["0:00", "0 seconds"],
        ["0:01", "1 second"],
        ["1:00", "1 minute"],
        ["1:24", "1 minute 24 seconds"],
        ["10:00", "10 minutes"],
        ["1:01", "1 minute 1 second"],
    ]


KERNEL = """(() => {
  const log = [];
  const future = { done: { catch() {} }, dispose() { log.push("disposed"); } };
  const kernel = { clientId: "c", username: "u", sendControlMessage(message, expectReply) {
    log.push([message.header.msg_type, message.channel, message.content, expectReply]);
    return future;
  } };
  const model = { widget_manager: { kernel }, send(content) { log.push(["comm", content]); } };
  const verdict = { id: "n", verdict: "once", reason: "" };
  %s
  return log;
})()"""


def test_an_answer_goes_over_the_control_channel(evaluate):
    steps = """m.sendAnswer(model, verdict, (text) => log.push(text));
      future.onReply({ content: { value: { counted: true } } });"""

    assert evaluate("answering.js", KERNEL % steps) == [
        [
            "sandfs_request",
            "control",
            {"op": "answer_question", "arguments": {"id": "n", "verdict": "once", "reason": ""}, "timeout": 30},
            True,
        ],
        "disposed",
    ]


def test_an_answer_that_is_refused_is_told(evaluate):
    steps = """m.sendAnswer(model, verdict, (text) => log.push(text));
      future.onReply({ content: { error: { code: "invalid_request", text: "it is not open any more" } } });"""

    assert evaluate("answering.js", KERNEL % steps)[-1] == "it is not open any more"


@pytest.mark.parametrize("manager", ["undefined", "{}", "{ kernel: null }", "{ kernel: {} }"])
def test_without_a_kernel_in_the_page_the_widget_sends_the_answer(evaluate, manager):
    steps = f"model.widget_manager = {manager}; m.sendAnswer(model, verdict, () => {{}});"

    assert evaluate("answering.js", KERNEL % steps) == [["comm", {"id": "n", "verdict": "once", "reason": ""}]]
