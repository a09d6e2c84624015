/**
 * The pane that edits a text: colours under a plain text field, saved against the version that was opened. Nothing typed
 * is lost: a conflict is told above the text and asks which version is to stay.
 */

import { icon, kindOf } from "./icons.js";
import { element, setAttribute, textButton, toolButton } from "./elements.js";
import { PaneHead } from "./panehead.js";
import { codeNodes } from "./rendered.js";
import { lineCount, lineNumbers } from "./preview.js";

/**
 * @typedef {object} EditorActions
 * @property {(entry: import("./rows.js").FsEntry) => void} close
 * @property {(path: string, mine: string, version: number) => void} compare
 * @property {(text: string) => void} fail
 * @property {() => void} touched told when something is typed or saved
 */

export class EditorPane {
  /** @type {import("./rows.js").FsEntry|null} */
  entry = null;
  #link;
  #actions;
  #opened = { text: "", version: 0 };
  #language = "Text";
  #conflict = 0;

  /** @param {import("./link.js").Link} link @param {EditorActions} actions */
  constructor(link, actions) {
    this.#link = link;
    this.#actions = actions;
    this.saveButton = /** @type {HTMLButtonElement} */ (textButton("Save", () => this.save(), { primary: true }));
    this.revertButton = /** @type {HTMLButtonElement} */ (
      textButton("Revert", () => this.#setText(this.#opened.text))
    );
    this.head = new PaneHead([this.revertButton, this.saveButton, toolButton("close", "Close (Esc)", () => this.leave())]);
    this.notice = element("div", { class: "sfs-bar sfs-notice", "data-tone": "conflict", role: "alert", hidden: true });
    this.gutter = element("div", { class: "sfs-gutter", "aria-hidden": "true" });
    this.colours = element("pre", { "aria-hidden": "true" });
    this.field = /** @type {HTMLTextAreaElement} */ (
      element("textarea", { spellcheck: "false", autocomplete: "off", wrap: "off" })
    );
    const layers = element("div", { class: "sfs-layers" }, this.colours, this.field);
    const text = element("div", { class: "sfs-text sfs-editor" }, this.gutter, layers);
    this.scroll = element("div", { class: "sfs-scroll" }, text);
    this.element = element("section", { role: "group", class: "sfs-pane" }, this.head.element, this.notice, this.scroll);
    this.field.addEventListener("input", () => this.#onInput());
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @returns {boolean} whether something was typed that is not saved */
  get dirty() {
    return this.entry !== null && this.field.value !== this.#opened.text;
  }

  /** Open a file. @param {import("./rows.js").FsEntry} entry @param {string} language @returns {Promise<void>} */
  async open(entry, language) {
    const { value } = await this.#link.call("edit", { path: entry.path });
    this.entry = entry;
    this.#language = language;
    this.#opened = value;
    this.#setConflict(0);
    this.#setText(value.text);
    this.field.setAttribute("aria-label", `Text of ${entry.name}`);
    this.element.setAttribute("aria-label", `Editor of ${entry.name}`);
    this.field.setSelectionRange(0, 0);
    this.scroll.scrollTo(0, 0);
    this.field.focus();
  }

  /** Save what is in the field over the version that was opened. @returns {Promise<void>} */
  async save() {
    if (!this.entry || !this.dirty || this.#conflict) return;
    const text = this.field.value;
    try {
      const body = new TextEncoder().encode(text).buffer;
      const args = { path: this.entry.path, expected_version: this.#opened.version };
      const { value } = await this.#link.call("write", args, body);
      this.#opened = { text, version: value.version };
      this.#onInput();
    } catch (error) {
      if (error.code === "version_conflict") await this.#onConflict();
      else this.#actions.fail(`"${this.entry.name}": could not save: ${error.message}`);
    }
  }

  /** Take up that the file was changed by somebody else. @param {import("./rows.js").FsEntry|undefined} now */
  async changed(now) {
    if (!this.entry || (now && now.version === this.#opened.version)) return;
    if (now && !this.dirty) await this.#reopen();
    else await this.#onConflict();
  }

  /** Close; asks first if something would be lost. */
  leave() {
    if (!this.dirty) this.#close();
    else this.#askToLeave();
  }

  #close() {
    const { entry } = this;
    this.entry = null;
    this.#setConflict(0);
    if (entry) this.#actions.close(entry);
  }

  async #reopen() {
    const place = this.field.selectionStart;
    const { value } = await this.#link.call("edit", { path: this.entry.path });
    this.#opened = value;
    this.#setConflict(0);
    this.#setText(value.text);
    this.field.setSelectionRange(place, place);
  }

  async #onConflict() {
    const version = await this.#currentVersion();
    if (version === this.#opened.version) return;
    const mine = `you edit v${this.#opened.version}`;
    const told = version ? `v${version} was saved since, ${mine}. Both are kept.` : `It was deleted, ${mine}.`;
    this.#setConflict(version || -1);
    this.#tell("Changed since you opened it", told, [
      version ? textButton("Compare", () => this.#actions.compare(this.entry.path, this.field.value, version)) : null,
      version ? textButton(`Use v${version}`, () => this.#attempt(() => this.#reopen())) : null,
      textButton("Keep mine", () => this.#keepMine(version)),
    ]);
  }

  async #currentVersion() {
    try {
      return (await this.#link.call("stat", { path: this.entry.path })).value.version;
    } catch {
      return 0; // gone
    }
  }

  /** From now on the text stands against the version that is there: the next save replaces that one. */
  #keepMine(version) {
    this.#opened = { text: this.#opened.text, version };
    this.#setConflict(0);
    this.field.focus();
  }

  #askToLeave() {
    this.#tell("Not saved", "Closing now loses what you typed.", [
      textButton("Save", async () => {
        this.#setConflict(0);
        await this.save();
        if (!this.dirty) this.#close();
      }),
      textButton("Discard", () => this.#close()),
    ]);
  }

  async #attempt(action) {
    try {
      await action();
    } catch (error) {
      this.#actions.fail(error.message);
    }
  }

  #tell(title, text, buttons) {
    const say = element("span", { class: "sfs-say" }, element("b", {}, title), element("br"), element("span", { class: "sfs-quiet" }, text));
    this.notice.replaceChildren(
      icon("warn"),
      say,
      element("span", { class: "sfs-choices" }, ...buttons.filter((button) => button !== null)),
    );
    this.notice.hidden = false;
  }

  #setConflict(version) {
    this.#conflict = version;
    this.notice.hidden = version === 0;
    this.#onInput();
  }

  #setText(text) {
    this.field.value = text;
    this.#onInput();
  }

  #onInput() {
    const { value } = this.field;
    this.gutter.textContent = lineNumbers(lineCount(value) + Number(/[\r\n]$/.test(value)));
    this.colours.replaceChildren(...codeNodes(value, this.#language), "\n");
    this.saveButton.disabled = !this.dirty || this.#conflict !== 0;
    this.saveButton.title = this.#conflict ? "Choose a version first" : "Ctrl S";
    this.revertButton.disabled = !this.dirty;
    if (this.entry) {
      const facts = this.dirty ? `unsaved, from v${this.#opened.version}` : `v${this.#opened.version}, saved`;
      this.head.show(kindOf(this.entry), this.entry.name, facts, this.entry.path);
    }
    setAttribute(this.element, "data-dirty", this.dirty);
    this.#actions.touched();
  }

  #onKey(event) {
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void this.save();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.leave();
    }
  }
}
