/** The bar under the head that tells and asks. One thing at a time; nothing here blocks the page. */

import { icon } from "./icons.js";
import { element, setAttribute, spread, textButton, toolButton } from "./elements.js";

/**
 * @typedef {object} Choice
 * @property {string} label
 * @property {string} value
 * @property {boolean} [primary]
 */

export class Notices {
  #answer = null;
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
   * Ask for one of several answers.
   * @param {{title: string, text: string, choices: Choice[]}} question
   * @returns {Promise<string|null>} null if the reader turned away
   */
  choose({ title, text, choices }) {
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
    this.#show("conflict", icon("warn"), say, element("span", { class: "sfs-choices" }, ...buttons), this.#closeTool());
    buttons[0]?.focus();
    return this.#waiting();
  }

  /**
   * Ask for a name.
   * @param {{iconName: string, title: string, value: string, confirm: string}} question
   * @returns {Promise<string|null>}
   */
  ask({ iconName, title, value, confirm }) {
    const input = element("input", {
      type: "text",
      value,
      "aria-label": title,
      spellcheck: "false",
      autocomplete: "off",
    });
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
    this.element.replaceChildren(...parts);
    this.element.hidden = false;
  }

  #waiting() {
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #finish(value) {
    const resolve = this.#answer;
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
