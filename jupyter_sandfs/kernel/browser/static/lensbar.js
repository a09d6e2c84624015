/** The owner's lens: a bar that can't be missed while the tree is shown as somebody else sees it, and what they may do. */

import { countText } from "./format.js";
import { icon } from "./icons.js";
import { element, spread, textButton, toolButton } from "./elements.js";
import { PaneHead } from "./panehead.js";

const NAMED_FOLDERS = 3;

export class LensBar {
  /** Name of the view; empty for the owner's own eyes. */
  view = "";
  #link;

  /**
   * @param {import("./link.js").Link} link
   * @param {{choose: (view: string) => void, leave: () => void}} actions
   */
  constructor(link, actions) {
    this.#link = link;
    this.select = /** @type {HTMLSelectElement} */ (element("select", { class: "sfs-select", "aria-label": "View" }));
    this.select.addEventListener("change", () => actions.choose(this.select.value));
    this.facts = element("span", { class: "sfs-quiet sfs-clip" });
    const picker = element("span", { class: "sfs-picker" }, this.select, icon("down"));
    const parts = [icon("eye"), element("span", {}, "Viewing as"), picker, this.facts, spread()];
    const attributes = { class: "sfs-bar sfs-notice", "data-tone": "view", role: "status", hidden: true };
    this.element = element("div", attributes, ...parts, textButton("Back to my view", actions.leave));
  }

  /** @param {string} view @param {string[]} views @returns {Promise<{shown: number, hidden: number}>} */
  async show(view, views) {
    this.view = view;
    this.select.replaceChildren(...views.map((name) => element("option", { value: name, selected: name === view }, name)));
    this.element.hidden = false;
    return this.refresh();
  }

  /** @returns {Promise<{shown: number, hidden: number}>} files */
  async refresh() {
    const { value } = await this.#link.call("lens", { view: this.view });
    const { shown, hidden, readOnly } = value;
    const all = countText(shown + hidden, "file");
    this.facts.textContent = [`${hidden.toLocaleString("en")} of ${all} hidden`, closedText(readOnly)].filter(Boolean).join(", ");
    return value;
  }

  hide() {
    this.view = "";
    this.element.hidden = true;
  }
}

function closedText(folders) {
  if (folders.length === 0) return "";
  const named = folders.slice(0, NAMED_FOLDERS).join(" and ");
  return folders.length > NAMED_FOLDERS ? `${folders.length} folders read-only` : `${named} read-only`;
}

export class RulesPane {
  #link;

  /** @param {import("./link.js").Link} link @param {() => void} close @param {() => void} preview */
  constructor(link, close, preview) {
    this.#link = link;
    this.head = new PaneHead([
      toolButton("text", "Preview the file", preview),
      toolButton("close", "Close (Esc)", close),
    ]);
    this.scroll = element("div", { class: "sfs-scroll", tabindex: 0, role: "group", "aria-label": "What the view may do" });
    this.element = element("section", { role: "group", class: "sfs-pane", "aria-label": "Rules" }, this.head.element, this.scroll);
  }

  /** @param {string} path @param {string} view @returns {Promise<void>} */
  async show(path, view) {
    const { value } = await this.#link.call("lens_rules", { view, path });
    this.head.show("lock", path, `as ${view}`);
    const grants = element("div", { class: "sfs-grants" }, ...value.grants.flatMap(grantNodes));
    const parts = [element("div", { class: "sfs-block" }, element("h4", {}, `What ${view} may do`), grants)];
    if (value.hidden.length > 0) parts.push(hiddenBlock(value, view));
    this.scroll.replaceChildren(...parts);
  }
}

function grantNodes({ allowed, what, why }) {
  const sign = element(
    "span",
    { class: allowed ? "sfs-yes" : "sfs-no", role: "img", "aria-label": allowed ? "allowed" : "denied" },
    icon(allowed ? "check" : "close"),
  );
  return [sign, element("span", {}, what), element("span", { class: "sfs-quiet sfs-clip", title: why }, why)];
}

function hiddenBlock({ folder, hidden }, view) {
  const rows = hidden.flatMap(({ name, why }) => [
    icon("hidden", "sfs-kind"),
    element("span", { class: "sfs-clip", title: name }, name),
    element("span", { class: "sfs-quiet sfs-clip" }, why),
  ]);
  const remark = `Only you see this list. For ${view} these names do not exist.`;
  return element(
    "div",
    { class: "sfs-block" },
    element("h4", {}, `Hidden from ${view} in ${folder}`),
    element("span", { class: "sfs-quiet sfs-wrap" }, remark),
    element("div", { class: "sfs-grants sfs-hidden-names" }, ...rows),
  );
}
