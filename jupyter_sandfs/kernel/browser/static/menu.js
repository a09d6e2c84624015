/** Menus: of a tool, of a row, of the sandboxes. One at a time; arrows, Home, End, letters, Enter, Esc. */

import { icon } from "./icons.js";
import { element, keyCap, setAttribute } from "./elements.js";

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {() => void} run
 * @property {string} [iconName]
 * @property {string} [keys] what does the same
 * @property {boolean} [disabled]
 * @property {boolean} [checked] makes it one of several, of which one holds
 */

/** @type {Record<string, (menu: Menu) => void>} */
const MENU_KEYS = {
  ArrowDown: (menu) => menu.step(1),
  ArrowUp: (menu) => menu.step(-1),
  Home: (menu) => menu.focusAt(0),
  End: (menu) => menu.focusAt(-1),
  Escape: (menu) => menu.close(),
  Tab: (menu) => menu.close(),
};

export class Menu {
  #frame;
  #onClosed = () => {};
  #outside = (event) => {
    if (!this.element.contains(event.target)) this.close();
  };

  /** @param {HTMLElement} frame the widget: menus stay within it */
  constructor(frame) {
    this.#frame = frame;
    this.element = element("div", { class: "sfs-menu", role: "menu", hidden: true });
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    frame.append(this.element);
  }

  /**
   * @param {{x: number, y: number}|HTMLElement} where of the page, or below which element
   * @param {string} label
   * @param {(MenuItem|null)[]} items null draws a line
   * @param {() => void} onClosed gets the focus to where it was
   */
  open(where, label, items, onClosed) {
    this.close();
    this.#onClosed = onClosed;
    this.element.setAttribute("aria-label", label);
    this.element.replaceChildren(
      ...items.map((item) => (item ? this.#itemNode(item) : element("div", { class: "sfs-menu-rule", role: "separator" }))),
    );
    this.element.hidden = false;
    this.#place(where);
    this.focusAt(0);
    document.addEventListener("pointerdown", this.#outside, true);
  }

  close() {
    if (this.element.hidden) return;
    const focused = this.element.contains(document.activeElement);
    document.removeEventListener("pointerdown", this.#outside, true);
    this.element.hidden = true;
    if (focused) this.#onClosed();
  }

  /** @param {number} count */
  step(count) {
    const items = this.#items();
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    items[(at + count + items.length) % items.length]?.focus();
  }

  /** @param {number} index */
  focusAt(index) {
    this.#items().at(index)?.focus();
  }

  #items() {
    return /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll("button:not(:disabled)")]);
  }

  /** @param {MenuItem} item */
  #itemNode({ label, run, iconName = "", keys = "", disabled = false, checked }) {
    const role = checked === undefined ? "menuitem" : "menuitemradio";
    const node = element(
      "button",
      { type: "button", class: "sfs-menu-item", role, tabindex: -1, disabled, "aria-checked": checked === undefined ? null : String(checked) },
      icon(checked ? "check" : iconName),
      element("span", { class: "sfs-clip" }, label),
      keys !== "" && element("span", { class: "sfs-menu-keys", "aria-hidden": "true" }, ...keys.split(" ").map(keyCap)),
    );
    node.addEventListener("click", () => {
      this.close();
      run();
    });
    return node;
  }

  #place(where) {
    const frame = this.#frame.getBoundingClientRect();
    const anchor = where instanceof HTMLElement ? where.getBoundingClientRect() : null;
    const x = (anchor ? anchor.left : where.x) - frame.left;
    const y = (anchor ? anchor.bottom : where.y) - frame.top;
    const { offsetWidth, offsetHeight } = this.element;
    setAttribute(this.element, "--x", `${Math.max(4, Math.min(x, frame.width - offsetWidth - 4))}px`);
    setAttribute(this.element, "--y", `${Math.max(4, Math.min(y, frame.height - offsetHeight - 4))}px`);
  }

  #onKey(event) {
    event.stopPropagation();
    const act = MENU_KEYS[event.key];
    if (act) {
      event.preventDefault();
      act(this);
    } else if ([...event.key].length === 1) {
      this.#jump(event.key.toLowerCase());
    }
  }

  #jump(letter) {
    const items = this.#items();
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + 1;
    const round = [...items.slice(at), ...items.slice(0, at)];
    round.find((item) => item.textContent.trim().toLowerCase().startsWith(letter))?.focus();
  }
}
