"""Who is asked where: on a card in a notebook, by a prompt in a terminal, and nobody where nobody is."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jupyter_sandfs import server
from jupyter_sandfs.agents.questions import Decision, Operation, Outcome, Question
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.approval import prompt
from jupyter_sandfs.kernel.approval.card import ApprovalCard
from jupyter_sandfs.kernel.approval.clerk import ANSWER, Clerk
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.messages import Request
from jupyter_sandfs.sandbox import Sandbox


class Kernel:
    """A kernel, and what it was asked for last."""

    def __init__(self, kind, **content):
        self._parent = {"header": {"msg_type": kind}, "content": content} if kind else {}

    def get_parent(self, channel):
        assert channel == "shell"
        return self._parent


def absent(why):
    return Decision(Outcome.ABSENT, f"{why}; give Rules an approver")


class Notebook:
    """What is displayed, and who looks at it."""

    def __init__(self):
        self.shown = []
        self.on_card = lambda card: None

    def display(self, given, *, raw=False, display_id=None):
        self.shown.append([display_id, given["text/plain"] if raw else "a card"])
        if not raw:
            self.on_card(given)

    def update(self, bundle, *, display_id, raw):
        assert raw
        next(each for each in self.shown if each[0] == display_id)[1] = bundle["text/plain"]

    @property
    def texts(self):
        return [text for _, text in self.shown]


@pytest.fixture
def notebook(monkeypatch):
    made = Notebook()
    monkeypatch.setattr("IPython.display.display", made.display)
    monkeypatch.setattr("IPython.display.update_display", made.update)
    return made


@pytest.fixture
def make_clerk(ip):
    made = []

    def make(kernel=None):
        if kernel is not None:
            ip.kernel = kernel
        made.append(Clerk(ip))
        return made[-1]

    yield make
    for each in made:
        each.leave()
    vars(ip).pop("kernel", None)


@pytest.fixture
def clerk(make_clerk):
    return make_clerk(Kernel("execute_request", allow_stdin=True))


def answering(clerk, verdict, reason=""):
    return lambda card: clerk.answer(card.number, verdict, reason)


@pytest.mark.parametrize(
    ("verdict", "reason", "decision"),
    [
        ("once", "", Decision(Outcome.ALLOWED)),
        ("run", "", Decision(Outcome.ALLOWED, lasting=True)),
        ("deny", "", Decision(Outcome.DENIED)),
        ("deny", "  too\nlong ", Decision(Outcome.DENIED, "too long")),
    ],
)
def test_a_card_is_answered_by_its_id_and_becomes_a_record(clerk, notebook, make_question, verdict, reason, decision):
    question = make_question()
    notebook.on_card = answering(clerk, verdict, reason)

    clerk.ask(question)

    assert question.decision == decision
    assert notebook.texts[0].startswith("bob asked to change /src/a.py. ")


def test_silence_is_recorded(clerk, notebook, make_asked):
    clerk.ask(Question(make_asked(), 0.01))

    assert notebook.texts == [
        "bob asked to change /src/a.py. Nobody answered within 0.01 s: denied (rule 'ask write /src')"
    ]


def test_an_interrupt_is_recorded_and_goes_on(clerk, notebook, make_question, monkeypatch):
    def interrupt(_question):
        raise KeyboardInterrupt

    monkeypatch.setattr(Question, "wait", interrupt)

    with pytest.raises(KeyboardInterrupt):
        clerk.ask(make_question())
    assert notebook.texts == ["bob asked to change /src/a.py. Interrupted: denied (rule 'ask write /src')"]


def test_an_answer_needs_the_id_of_an_open_question(clerk, notebook, make_question):
    numbers = []
    notebook.on_card = lambda card: numbers.append(card.number) or clerk.answer(card.number, "deny")
    clerk.ask(make_question())

    for guess in ("", "1", numbers[0], numbers[0][:-1]):
        with pytest.raises(InvalidRequest, match="this question is not open any more"):
            clerk.answer(guess, "once")
    assert len(numbers[0]) >= 43  # 256 bits


def test_ids_are_never_used_again(clerk, notebook, make_question):
    numbers = set()
    notebook.on_card = lambda card: numbers.add(card.number) or clerk.answer(card.number, "once")

    for _ in range(10):
        clerk.ask(make_question())

    assert len(numbers) == 10


def test_a_verdict_that_is_none_changes_nothing(clerk, notebook, make_question):
    question = make_question()

    def guess(card):
        with pytest.raises(InvalidRequest, match="no such verdict: 'yes'"):
            clerk.answer(card.number, "yes")
        clerk.answer(card.number, "deny")

    notebook.on_card = guess
    clerk.ask(question)

    assert question.decision == Decision(Outcome.DENIED)


def test_two_agents_are_answered_each_for_itself(clerk, notebook, make_question):
    cards, all_there = {}, threading.Barrier(3, timeout=60)

    def note(card):
        cards[card.question["title"][-1][0]] = card.number
        all_there.wait()

    notebook.on_card = note
    questions = [make_question(path=f"/src/{name}") for name in "ab"]
    asking = [threading.Thread(target=clerk.ask, args=(each,)) for each in questions]
    for each in asking:
        each.start()
    all_there.wait()
    clerk.answer(cards["/src/b"], "once")
    clerk.answer(cards["/src/a"], "deny")
    for each in asking:
        each.join(60)

    assert [each.decision.outcome for each in questions] == [Outcome.DENIED, Outcome.ALLOWED]


# ---------------------------------------------------------------- for this run


def test_what_was_allowed_for_the_run_is_recorded_and_not_asked_again(clerk, notebook, make_question, ip):
    notebook.on_card = answering(clerk, "run")
    clerk.ask(make_question())
    notebook.on_card = answering(clerk, "deny")
    again = make_question(b"one\n", b"three\n", path="/src/b.py")
    clerk.ask(again)
    ip.run_cell("pass")
    later = make_question()
    clerk.ask(later)

    assert [again.decision.outcome, later.decision.outcome] == [Outcome.ALLOWED, Outcome.DENIED]
    assert notebook.texts[1] == "bob asked to change /src/b.py. Allowed for this run (rule 'ask write /src')"


@pytest.mark.parametrize(
    "told",
    [
        {"sandbox": "default.fork"},
        {"grounds": frozenset({(Operation.WRITE, "ask write /other")})},
        {"grounds": frozenset({(Operation.DELETE, "ask write /src")})},
        {"grounds": frozenset({(Operation.WRITE, "ask write /src"), (Operation.WRITE, "ask write /other")})},
        {"grounds": frozenset()},
    ],
)
def test_another_rule_operation_or_sandbox_is_asked_for_again(clerk, notebook, make_question, told):
    notebook.on_card = answering(clerk, "run")
    clerk.ask(make_question())
    notebook.on_card = answering(clerk, "deny")
    other = make_question(**told)

    clerk.ask(other)

    assert other.decision.outcome == Outcome.DENIED


def test_a_yes_for_the_run_that_comes_after_its_cell_goes_on_for_nothing(clerk, notebook, make_question, ip):
    def late(card):
        ip.events.trigger("post_execute")
        ip.events.trigger("pre_execute")  # of the next cell
        clerk.answer(card.number, "run")

    notebook.on_card = late
    first = make_question()
    clerk.ask(first)
    notebook.on_card = answering(clerk, "deny")
    again = make_question()

    clerk.ask(again)

    assert [first.decision.outcome, again.decision.outcome] == [Outcome.ALLOWED, Outcome.DENIED]


def test_a_yes_for_once_is_no_yes_for_the_run(clerk, notebook, make_question):
    notebook.on_card = answering(clerk, "once")
    clerk.ask(make_question())
    notebook.on_card = answering(clerk, "deny")
    again = make_question()

    clerk.ask(again)

    assert again.decision.outcome == Outcome.DENIED


# ---------------------------------------------------------------- where there is nobody


def test_a_notebook_that_runs_without_a_person_denies_at_once(make_clerk, notebook, make_question):
    question = make_question(seconds=600)

    make_clerk(Kernel("execute_request", allow_stdin=False)).ask(question)

    assert (question.decision, notebook.texts) == (absent("this notebook runs without a person"), [])


def test_between_cells_there_is_no_place_for_a_question(clerk, notebook, make_question, ip):
    ip.run_cell("pass")
    ip.events.trigger("post_execute")  # of the cell that was running
    late = make_question(seconds=600)
    clerk.ask(late)
    ip.events.trigger("pre_execute")
    notebook.on_card = answering(clerk, "once")
    again = make_question()
    clerk.ask(again)

    assert late.decision == absent("no cell is running, under which a question could stand")
    assert again.decision.outcome == Outcome.ALLOWED


def test_a_kernel_that_loads_the_extension_as_it_starts_runs_no_cell(make_clerk, make_question):
    question = make_question()

    make_clerk(Kernel(None)).ask(question)

    assert question.decision == absent("no cell is running, under which a question could stand")


def test_a_click_on_a_widget_comes_from_a_person(make_clerk, notebook, make_question):
    clerk = make_clerk(Kernel("comm_msg"))
    notebook.on_card = answering(clerk, "once")
    question = make_question()

    clerk.ask(question)

    assert question.decision.outcome == Outcome.ALLOWED


@pytest.mark.parametrize("has_person", [True, False])
def test_a_terminal_is_asked_by_a_prompt_if_somebody_types_there(make_clerk, make_question, monkeypatch, has_person):
    class Terminal:
        def __init__(self):
            self.has_person = has_person

        def ask(self, question):
            question.close(Decision(Outcome.ALLOWED))

    monkeypatch.setattr(prompt, "TERMINAL", Terminal())
    question = make_question()

    make_clerk().ask(question)

    assert question.decision == (Decision(Outcome.ALLOWED) if has_person else absent("this is no terminal"))


# ---------------------------------------------------------------- in the extension


def test_loading_the_extension_offers_the_person_and_unloading_takes_it_back(ip):
    ip.run_line_magic("load_ext", "jupyter_sandfs")
    loaded = "ask" in Sandbox.faces
    ip.run_line_magic("unload_ext", "jupyter_sandfs")

    assert (loaded, "ask" in Sandbox.faces) == (True, False)


def test_loading_the_extension_loads_neither_agents_nor_widgets():
    code = """import sys
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance().run_line_magic("load_ext", "jupyter_sandfs")
print([each for each in ("jupyter_sandfs.agents.questions", "ipywidgets", "anywidget") if each in sys.modules])"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)

    assert done.stdout == "[]\n"


def test_the_card_belongs_to_one_question(clerk, make_question):
    card = ApprovalCard(make_question(), "the id", clerk.answer)
    sent = []
    card.send = sent.append

    for content in ({"id": "another", "verdict": "once", "reason": ""}, {"id": "the id"}, "once", None):
        card._receive(card, content, [])
    card.close()

    assert sent == [{"error": "this question is not open any more"}]


def test_no_route_of_the_server_answers_a_question():
    sources = [path.read_text() for path in Path(server.__file__).parent.rglob("*.py")]

    assert len(sources) > 10
    assert [source for source in sources if ANSWER in source] == []


def test_a_browser_of_a_sandbox_can_not_answer_either():
    reply = Dispatcher(lambda *_: None, list).handle(Request(ANSWER, {"id": "x", "verdict": "once"}))

    assert str(reply.error) == f"unknown operation: {ANSWER}"
