"""The card in a real browser, with stand-ins for the widget's model and the page's kernel."""

from __future__ import annotations

import pytest

from jupyter_sandfs.agents.questions import Operation

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("button", "verdict"), [("Allow once", "once"), ("Allow for this run", "run"), ("Deny", "deny")]
)
def test_a_button_sends_its_verdict_once(page, make_question, button, verdict):
    page.ask(make_question())

    page.button(button).click()

    assert page.sent == [{"id": "n", "verdict": verdict, "reason": ""}]
    assert page.page.locator("button:enabled, input:enabled").count() == 0


def test_a_reason_goes_with_a_no_and_only_with_a_no(page, make_question):
    page.ask(make_question(), "first")
    page.page.get_by_label("Reason for the agent").fill("too long")
    page.page.keyboard.press("Enter")
    page.ask(make_question(), "second")
    page.page.get_by_label("Reason for the agent").nth(1).fill("not sent")
    page.button("Allow once", 1).click()

    assert page.sent == [
        {"id": "first", "verdict": "deny", "reason": "too long"},
        {"id": "second", "verdict": "once", "reason": ""},
    ]


def test_everything_is_reached_by_tab_and_nothing_has_the_keyboard_at_first(page, make_question):
    page.ask(make_question())
    assert page.page.evaluate("document.activeElement.tagName") == "BODY"
    page.page.wait_for_selector("button:enabled[data-primary]")

    names = []
    for _ in range(5):
        page.page.keyboard.press("Tab")
        names.append(page.page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent"))
    page.page.keyboard.press("Enter")

    assert names == [
        "What would be done",
        "Reason for the agent, if you deny",
        "Deny",
        "Allow for this run",
        "Allow once",
    ]
    assert [each["verdict"] for each in page.sent] == ["once"]


def test_the_keyboard_goes_back_to_the_notebook_when_the_card_goes(page, make_question):
    page.ask(make_question())
    page.page.get_by_label("Reason for the agent").focus()
    page.page.keyboard.press("Enter")

    page.page.evaluate("window.cards[0].close()")

    assert page.page.evaluate("document.activeElement.className") == "jp-Notebook"


def test_no_key_reaches_the_notebook(page, make_question):
    page.ask(make_question())
    page.page.evaluate("document.addEventListener('keydown', (event) => { window.leaked = event.key; })")
    page.page.get_by_label("Reason for the agent").focus()

    for key in ("d", "x", "Escape", "Shift+Enter"):
        page.page.keyboard.press(key)

    assert page.page.evaluate("window.leaked ?? null") is None


def test_clicks_and_keys_that_a_script_sends_answer_nothing(page, make_question):
    page.ask(make_question())
    page.page.wait_for_selector("button:enabled[data-primary]")

    page.page.evaluate(
        """() => {
          for (const button of document.querySelectorAll("button")) {
            button.click();
            button.dispatchEvent(new MouseEvent("click", { bubbles: true }));
          }
          const field = document.querySelector("input");
          field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
        }"""
    )

    assert page.sent == []


def test_the_id_of_the_question_stands_nowhere_in_the_page(page, make_question):
    page.ask(make_question(), "an-id-that-is-secret")

    assert "an-id-that-is-secret" not in page.page.content().replace("window.ask", "")


def test_what_was_clicked_as_a_card_appeared_or_moved_allows_nothing(page, make_question):
    page.stop_the_clock()
    page.ask(make_question(), "first")
    page.ask(make_question(), "second")
    allows = page.page.locator("[data-primary]")

    states = []
    for moment in (0, 599, 1):
        page.page.clock.run_for(moment)
        states.append(allows.nth(1).is_enabled())
    allows.nth(0).click()
    states.append(allows.nth(1).is_enabled())
    page.page.clock.run_for(600)
    states.append(allows.nth(1).is_enabled())

    assert states == [False, False, True, False, True]
    assert page.button("Deny", 1).is_enabled()


def test_everything_of_the_agents_is_text_on_the_card(page, hostile):
    shown = page.ask(hostile)

    assert page.page.evaluate("[window.owned ?? null, document.querySelectorAll('main img, main script').length]") == [
        None,
        0,
    ]
    assert "\\u202egpj.\\u001b[2J" in shown.inner_text()


def test_the_time_runs_and_ends_with_a_no(page, make_question):
    page.stop_the_clock()
    shown = page.ask(make_question(seconds=84))
    clock = page.page.get_by_role("timer")

    told = []
    for seconds in (0, 30, 54):
        page.page.clock.run_for(1000 * seconds)
        told.append(clock.inner_text())

    assert told == ["denied in 1:24", "denied in 0:54", "Nobody answered in time: denied."]
    assert (shown.locator("button:enabled").count(), page.sent) == (0, [])


def test_a_screen_reader_hears_the_question_and_the_last_seconds(page, make_question):
    page.stop_the_clock()
    page.ask(make_question(seconds=84))
    spoken = page.page.get_by_role("alert")

    told = []
    for seconds in (1, 72, 2):
        page.page.clock.run_for(1000 * seconds)
        told.append(spoken.inner_text())

    question = "bob asks to change /src/a.py"
    assert told[:2] == [f"{question}. Denied in 1 minute 24 seconds unless you allow it."] * 2
    assert told[2] == f"{question}: 10 seconds left."


def test_a_kernel_that_is_gone_takes_no_answer(page, make_question):
    shown = page.ask(make_question())

    page.page.evaluate("window.cards[0].handlers.comm_live_update()")

    assert "The kernel is gone: nothing was allowed." in shown.inner_text()
    assert shown.locator("button:enabled").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_a_card(open_page, prompt_edit, make_question, node_packages, theme):
    page = open_page(theme)
    page.page.evaluate((node_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    page.ask(prompt_edit, "edit")
    page.ask(make_question(diff=": " * 50_000, operations=((Operation.EXEC, "/"),), sides=None), "command")
    page.page.wait_for_function("document.querySelectorAll('button:enabled[data-primary]').length === 2")

    told = page.page.evaluate("axe.run('main', {resultTypes: ['violations']})")

    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in told["violations"]] == []


@pytest.mark.parametrize("width", [900, 420])
def test_nothing_is_cut_off_at_any_width(open_page, prompt_edit, width):
    page = open_page(viewport={"width": width, "height": 700})

    page.ask(prompt_edit)

    assert page.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for name in ("Deny", "Allow for this run", "Allow once"):
        box = page.button(name).bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= width
