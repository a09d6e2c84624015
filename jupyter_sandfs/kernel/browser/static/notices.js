/** The bar under the head that tells and asks. One thing at a time; nothing here blocks the page. */

import { icon } from "./icons.js";
import { element, setAttribute, spread, textButton, toolButton } from "./elements.js";

const OFFER_MS = 10_000;

/**
 * @typedef {object} Choice
 * @property {string} label
 * @property {string} value
 * @property {boolean} [primary]
 */

export class Notices {
  #answer = null;
  #timer = 0;
  #onClosed;

  /** @param {() => void} onClosed called when the bar goes that had the keyboard */
  constructor(onClosed) {
    this.#onClosed = onClosed;
    this.element = element("div", { class: "sfs-bar sfs-notice", role: "status", "aria-live": "polite", hidden: true });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.dismiss();
    });
  }

  /** @param {string} text says what failed and what can be done */
  fail(text) {
    this.#show("error", icon("warn"), element("span", { class: "sfs-say" }, text), this.#closeTool());
  }

  /**
   * Tell that something was done, for ten seconds; with a way to take it back.
   * @param {string} text @param {string} label @param {() => void} action
   */
  offer(text, label = "", action = () => {}) {
    const button = textButton(label, () => {
      this.dismiss();
      action();
    });
    this.#show("done", icon("check"), element("span", { class: "sfs-say" }, text), label && button, this.#closeTool());
    this.#timer = setTimeout(() => this.dismiss(), OFFER_MS);
  }

  /** Nothing is left to come. */
  close() {
    clearTimeout(this.#timer);
  }

  /**
   * Ask for one of several answers.
   * @param {{title: string, text: string, choices: Choice[], tone?: string, iconName?: string}} question
   * @returns {Promise<string|null>} null if the reader turned away
   */
  choose({ title, text, choices, tone = "conflict", iconName = "warn" }) {
    const buttons = choices.map(({ label, value, primary }) =>
      textButton(label, () => this.#finish(value), { primary }),
    );
    const say = element(
      "span",
      { class: "sfs-say" },
      element("b", {}, title),
      " ",
      element("span", { class: "sfs-quiet" }, text),
    );
    this.#show(tone, icon(iconName), say, element("span", { class: "sfs-choices" }, ...buttons), this.#closeTool());
    buttons[0]?.focus();
    return this.#waiting();
  }

  /**
   * Ask for a name.
   * @param {{iconName: string, title: string, value: string, confirm: string}} question
   * @returns {Promise<string|null>}
   */
  ask({ iconName, title, value, confirm }) {
    const looks = { spellcheck: "false", autocomplete: "off" };
    const input = /** @type {HTMLInputElement} */ (
      element("input", { type: "text", value, "aria-label": title, ...looks })
    );
    const submit = () => this.#finish(input.value.trim() || null);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") submit();
    });
    const buttons = [textButton(confirm, submit, { primary: true }), textButton("Cancel", () => this.dismiss())];
    const field = element("label", { class: "sfs-field" }, input);
    this.#show("ask", icon(iconName), element("span", { class: "sfs-clip" }, title), field, ...buttons, spread());
    input.focus();
    selectStem(input);
    return this.#waiting();
  }

  /** Close the bar; a question is answered with null. */
  dismiss() {
    this.#finish(null);
  }

  #show(tone, ...parts) {
    this.#finish(null);
    setAttribute(this.element, "data-tone", tone);
    this.element.replaceChildren(...parts.filter(Boolean));
    this.element.hidden = false;
  }

  #waiting() {
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #finish(value) {
    const resolve = this.#answer;
    clearTimeout(this.#timer);
    const focused = this.element.contains(document.activeElement);
    this.#answer = null;
    this.element.hidden = true;
    this.element.replaceChildren();
    if (focused) this.#onClosed();
    resolve?.(value);
  }

  #closeTool() {
    return toolButton("close", "Close", () => this.dismiss());
  }
}

/** Mark the name without its extension: that is what one changes. */
function selectStem(input) {
  const dot = input.value.lastIndexOf(".");
  input.setSelectionRange(0, dot > 0 ? dot : input.value.length);
}
