/** The history: a slider over moments, what changed since then in the tree, one file then and now, going back. */

import { countText } from "./format.js";
import { element, setAttribute, textButton, toolButton } from "./elements.js";
import { isWithin } from "./format.js";

const LABELS_EVERY_PX = 56;

/**
 * @typedef {object} Moment
 * @property {string} id
 * @property {"snapshot"|"cell"} kind
 * @property {string} label
 * @property {string} at RFC 3339
 *
 * @typedef {object} MomentChange
 * @property {"added"|"changed"|"removed"|"moved"} kind
 * @property {string} path
 * @property {boolean} isDir
 * @property {string|null} source
 * @property {import("./rows.js").FsEntry} [entry] of what is gone
 *
 * @typedef {object} HistoryActions
 * @property {() => void} changed the tree has to be painted anew
 * @property {() => void} leave
 * @property {(moment: Moment) => void} restore
 * @property {(error: Error) => void} fail
 */

/** Kind of a change to the mark that a row carries. */
const MARKS = { added: "added", moved: "added", changed: "changed", removed: "removed" };

export class HistoryBar {
  /** @type {Moment[]} */
  moments = [];
  /** @type {MomentChange[]} */
  changes = [];
  #link;
  #actions;
  #at = -1;
  #asked = 0;
  #open = false;

  /** @param {import("./link.js").Link} link @param {HistoryActions} actions */
  constructor(link, actions) {
    this.#link = link;
    this.#actions = actions;
    this.slider = /** @type {HTMLInputElement} */ (
      element("input", { type: "range", min: 0, "aria-label": "Compare now with" })
    );
    this.slider.addEventListener("input", () => this.#choose(Number(this.slider.value)));
    this.events = element("div", { class: "sfs-events", "aria-hidden": "true" });
    this.time = element("div", { class: "sfs-time" }, this.slider, this.events);
    this.counts = element("span", { class: "sfs-counts", role: "img" });
    this.restoreButton = textButton("Restore…", () => this.moment && actions.restore(this.moment));
    this.element = element(
      "div",
      { class: "sfs-bar sfs-notice sfs-history", role: "group", "aria-label": "History", hidden: true },
      toolButton("left", "Earlier ([)", () => this.step(-1)),
      this.time,
      toolButton("chevron", "Later (])", () => this.step(1)),
      element("span", { class: "sfs-rule" }),
      this.counts,
      this.restoreButton,
    );
    this.none = element("span", { class: "sfs-say sfs-quiet" }, "No earlier moment yet: a cell that changes files makes one.");
    this.element.append(this.none);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") actions.leave();
    });
  }

  /** @returns {boolean} */
  get open() {
    return this.#open;
  }

  /** @returns {Moment|undefined} the one that is compared with now */
  get moment() {
    return this.moments[this.#at];
  }

  /** @returns {Promise<void>} */
  async show() {
    this.#open = true;
    this.element.hidden = false;
    await this.refresh();
    this.slider.focus();
  }

  hide() {
    this.#open = false;
    this.#asked += 1;
    this.element.hidden = true;
    this.moments = [];
    this.changes = [];
    this.#at = -1;
    this.#actions.changed();
  }

  /** Ask again which moments there are; the one that was chosen stays. @returns {Promise<void>} */
  async refresh() {
    const chosen = this.moment?.id;
    this.moments = (await this.#link.call("moments")).value.moments;
    const again = this.moments.findIndex((moment) => moment.id === chosen);
    this.#drawMoments();
    await this.#compare(again >= 0 ? again : Math.max(0, this.moments.length - 2));
  }

  /** @param {number} count */
  step(count) {
    this.#choose(Math.max(0, Math.min(this.moments.length - 1, this.#at + count)));
  }

  /** What a row says of a path: changed itself, or something below it. @param {string} path @param {boolean} folder */
  markOf(path, folder) {
    const own = this.changes.find((change) => change.path === path);
    if (own) return MARKS[own.kind];
    const above = this.changes.find((change) => change.isDir && change.kind !== "changed" && isWithin(path, change.path));
    if (above) return MARKS[above.kind];
    return folder && this.changes.some((change) => isWithin(change.path, path)) ? "inside" : "";
  }

  /** @param {string} path @returns {MomentChange|undefined} */
  changeOf(path) {
    return this.changes.find((change) => change.path === path);
  }

  /** @returns {import("./rows.js").FsEntry[]} what was there then and is not now */
  gone() {
    return this.changes.flatMap((change) => (change.entry ? [{ ...change.entry, gone: true }] : []));
  }

  #choose(index) {
    this.#compare(index).catch((error) => this.#actions.fail(error));
  }

  async #compare(index) {
    this.#asked += 1;
    const asked = this.#asked;
    this.#at = index;
    this.#markMoment();
    const { moment } = this;
    if (!moment) {
      this.changes = [];
    } else {
      const { value } = await this.#link.call("changes_since", { moment: moment.id });
      if (asked !== this.#asked) return;
      this.changes = value.changes;
      this.#tellCounts(value);
    }
    this.#actions.changed();
  }

  #drawMoments() {
    const none = this.moments.length === 0;
    this.none.hidden = !none;
    for (const part of this.element.children) if (part !== this.none) setHidden(part, none);
    this.slider.max = String(this.moments.length);
    setAttribute(this.time, "--last", Math.max(1, this.moments.length));
    const nodes = this.moments.map((moment, index) => this.#eventNode(moment, index));
    nodes.push(element("span", { class: "sfs-event", "--i": this.moments.length }, "now"));
    this.events.replaceChildren(...nodes);
    this.#thinLabels();
  }

  #eventNode({ kind, label, at }, index) {
    const title = `${label}, ${new Date(at).toLocaleString()}`;
    return element("span", { class: "sfs-event", "data-snapshot": kind === "snapshot", "--i": index, title }, label);
  }

  /** Labels that have no room are left out; that of the chosen moment never is. */
  #thinLabels() {
    const room = this.time.clientWidth / Math.max(1, this.moments.length);
    const every = Math.max(1, Math.ceil(LABELS_EVERY_PX / Math.max(1, room)));
    const last = this.moments.length;
    [...this.events.children].forEach((node, index) => {
      const near = Math.abs(index - this.#at) < every && index !== this.#at;
      const crowded = index !== last && ((last - index) % every !== 0 || near);
      setAttribute(/** @type {HTMLElement} */ (node), "data-quiet", crowded && index !== this.#at);
    });
  }

  #markMoment() {
    const { moment } = this;
    this.slider.value = String(this.#at);
    setAttribute(this.time, "--at", Math.max(0, this.#at));
    this.slider.setAttribute("aria-valuetext", moment ? momentName(moment) : "now");
    [...this.events.children].forEach((node, index) =>
      setAttribute(/** @type {HTMLElement} */ (node), "data-at", index === this.#at),
    );
    this.#thinLabels();
  }

  #tellCounts({ counts, truncated }) {
    const added = counts.added + counts.moved;
    const told = `${countText(added, "added", "added")}, ${countText(counts.changed, "changed", "changed")}, ${countText(counts.removed, "removed", "removed")}`;
    this.counts.setAttribute("aria-label", truncated ? `${told}; the first 2,000 are marked` : told);
    this.counts.title = this.counts.getAttribute("aria-label");
    this.counts.replaceChildren(
      element("b", { class: "sfs-yes" }, `+${added}`),
      " ",
      element("b", { class: "sfs-maybe" }, `~${counts.changed}`),
      " ",
      element("b", { class: "sfs-no" }, `−${counts.removed}`),
    );
  }
}

/** @param {Moment} moment @returns {string} such as "after cell [3]" */
export function momentName({ kind, label }) {
  return kind === "cell" ? `after cell ${label}` : `snapshot ${label}`;
}

function setHidden(node, hidden) {
  node.hidden = hidden;
}
