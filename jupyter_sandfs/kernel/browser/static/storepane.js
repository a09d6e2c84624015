/** The pane of the staging store: what is kept, its key, how long it has left; in and out. */

import { leftText, sizeText, usageText } from "./format.js";
import { icon, kindOf } from "./icons.js";
import { element, meter, setAttribute, textButton, toolButton } from "./elements.js";
import { PaneHead } from "./panehead.js";

const SOON_MS = 3_600_000;
const KEY_SHOWN = 36;

/**
 * @typedef {object} Stored
 * @property {string} key
 * @property {string} name
 * @property {number} size
 * @property {string} createdAt RFC 3339
 * @property {string|null} expiresAt
 *
 * @typedef {object} StoreActions
 * @property {() => void} close
 * @property {() => void} upload
 * @property {(stored: Stored) => void} stage
 * @property {(stored: Stored) => void} download
 * @property {(stored: Stored) => void} remove
 * @property {(stored: Stored) => void} copyKey
 * @property {(anchor: HTMLElement, stored: Stored) => void} menu
 */

export class StorePane {
  #link;
  #actions;
  #now = 0;
  /** @type {Stored[]} */
  #items = [];
  #next = null;

  /** @param {import("./link.js").Link} link @param {StoreActions} actions */
  constructor(link, actions) {
    this.#link = link;
    this.#actions = actions;
    this.usage = element("span", { class: "sfs-usage" });
    this.head = new PaneHead([
      this.usage,
      toolButton("upload", "Upload to the store", actions.upload),
      toolButton("close", "Close (Esc)", actions.close),
    ]);
    this.head.show("store", "Staging store", "");
    this.list = element("ul", { class: "sfs-scroll sfs-store" });
    this.element = element("section", { role: "group", class: "sfs-pane", "aria-label": "Staging store" }, this.head.element, this.list);
  }

  /** List anew. @returns {Promise<void>} */
  async refresh() {
    const { value } = await this.#link.call("store_list");
    this.#take(value, []);
  }

  #take({ items, next, used, limit, now }, before) {
    this.#items = [...before, ...items];
    this.#next = next;
    this.#now = Date.parse(now);
    this.usage.replaceChildren(meter(used / Math.max(1, limit)), element("span", { class: "sfs-quiet" }, usageText(used, limit)));
    this.list.replaceChildren(...this.#items.map((stored) => this.#row(stored)));
    if (this.#items.length === 0) this.list.append(emptyStore());
    if (next !== null) this.list.append(element("li", { class: "sfs-block" }, textButton("More", () => this.#more())));
  }

  async #more() {
    const { value } = await this.#link.call("store_list", { after: this.#next });
    this.#take(value, this.#items);
  }

  #row(stored) {
    const { name, key, size } = stored;
    const more = toolButton("more", `Copy key, download, delete ${name}`, () => this.#actions.menu(more, stored));
    const row = element(
      "li",
      { class: "sfs-stored", "data-key": key },
      icon(key.startsWith("snapshots/") ? "history" : kindOf({ name, entryType: "file" })),
      element(
        "span",
        { class: "sfs-clip" },
        name,
        element("br"),
        element("span", { class: "sfs-code sfs-quiet", title: key }, shortKey(key)),
      ),
      element("span", { class: "sfs-size" }, sizeText(size)),
      this.#timeLeft(stored),
      element("span", { class: "sfs-actions" }, toolButton("stage", `Bring ${name} into the folder`, () => this.#actions.stage(stored)), more),
    );
    row.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "c" && (event.ctrlKey || event.metaKey)) this.#actions.copyKey(stored);
    });
    return row;
  }

  #timeLeft({ key, createdAt, expiresAt }) {
    if (expiresAt === null) {
      const text = key.startsWith("sessions/") ? "with session" : "kept";
      return element("span", { class: "sfs-ttl" }, text);
    }
    const left = Date.parse(expiresAt) - this.#now;
    const whole = Math.max(1, Date.parse(expiresAt) - Date.parse(createdAt));
    const bar = meter(left / whole);
    setAttribute(bar, "data-soon", left < SOON_MS);
    const title = `until ${new Date(expiresAt).toLocaleString()}`;
    return element("span", { class: "sfs-ttl", "data-soon": left < SOON_MS, title }, leftText(left), bar);
  }
}

function emptyStore() {
  return element(
    "li",
    { class: "sfs-block" },
    "Nothing in the store. Upload here, or publish a file with Alt+P: others get it by its key.",
  );
}

function shortKey(key) {
  return key.length > KEY_SHOWN ? `${key.slice(0, 16)}…${key.slice(-6)}` : key;
}

/** @param {{key: string, size: number, expiresAt: string|null}} stored @returns {string} what was published, told */
export function publishedText({ key, size, expiresAt }) {
  const until = expiresAt === null ? "kept" : `until ${new Date(expiresAt).toLocaleString()}`;
  return `Published as ${key} (${sizeText(size)}, ${until}).`;
}

