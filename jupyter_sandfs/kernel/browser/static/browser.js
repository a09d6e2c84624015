/** The tree browser: puts the parts together. */

import { folderOf, foldersAbove, isWithin } from "./format.js";
import { drawing } from "./icons.js";
import { element, setAttribute, textButton } from "./elements.js";
import { Link } from "./link.js";
import { isFolder, Rows } from "./rows.js";
import { TreeView } from "./tree.js";
import { Notices } from "./notices.js";
import { PreviewPane } from "./preview.js";
import { Transport } from "./transport.js";
import { droppedFiles, Transfers } from "./upload.js";
import { heightGrip, paneSplit } from "./split.js";
import { HeadBar, StatusBar } from "./bars.js";
import { Listing } from "./listing.js";
import { Commands } from "./commands.js";

const PREVIEW_DELAY_MS = 150;
const EXPANDED_MAX = 200;
const ATTACH_FRAMES = 120;

/** Keys that stand for a tool. @type {Record<string, (browser: Browser) => void>} */
const TOOL_KEYS = {
  "/": (browser) => browser.head.filter.focus(),
  u: (browser) => browser.pickFiles(),
  n: (browser) => browser.commands.newFile(browser.path),
  N: (browser) => browser.commands.newFolder(browser.path),
  F2: (browser) => browser.withSelected((entry) => browser.commands.rename(entry)),
  Delete: (browser) => browser.withSelected((entry) => browser.commands.remove(entry)),
  d: (browser) => browser.withSelected((entry) => isFolder(entry) || browser.transfers.download(entry)),
  Escape: (browser) => browser.closePreview(),
};

class Browser {
  /** Folder of the selection: the crumbs show it, and what is new goes there. */
  path = "/";
  #model;
  #rows = new Rows();
  #changes = { paths: new Set(), all: false, running: false };
  #previewTimer = 0;
  #onSelected = () => this.#followModel();

  /** @param {object} model of anywidget */
  constructor(model) {
    this.#model = model;
    const name = model.get("name");
    this.link = new Link(model, {
      onChanged: (paths) => this.#onChanged(paths),
      onSlow: (slow) => this.status.setSlow(slow),
    });
    this.listing = new Listing(this.link, this.#rows);
    this.notices = new Notices(() => this.tree.focus());
    this.commands = new Commands(this.link, this.notices, (path) => this.#attempt(() => this.reveal(path)));
    const transport = new Transport(this.link, {
      kernel: model.get("kernel_id"),
      sandbox: name,
      view: model.get("view"),
    });
    this.transfers = new Transfers(transport, this.link, this.notices, (parts) => this.#showUploads(parts));
    this.#makeParts(name);
    model.on("change:selected", this.#onSelected);
  }

  /** List what is to be seen first. */
  async start() {
    const selected = this.#model.get("selected");
    for (const folder of this.#model.get("expanded").slice(0, EXPANDED_MAX)) this.#rows.expanded.add(folder);
    this.#setPath(this.#model.get("path"));
    await this.#attempt(async () => {
      await this.listing.load("/");
      for (const folder of this.#rows.expanded) await this.listing.load(folder);
      this.#update();
      if (selected) await this.reveal(selected);
      await this.#showStats();
    });
  }

  /** Leave nothing behind. */
  close() {
    this.#model.off("change:selected", this.#onSelected);
    clearTimeout(this.#previewTimer);
    this.transfers.close();
    this.preview.clear();
    this.tree.close();
    this.link.close();
  }

  /** Open the folders above a path, select it and scroll there. @param {string} path @returns {Promise<void>} */
  async reveal(path) {
    for (const folder of foldersAbove(path)) {
      this.#rows.expanded.add(folder);
      await this.listing.load(folder);
    }
    if (!this.#rows.entry(path)) await this.listing.refresh([path]);
    this.#update();
    this.tree.select(path);
    const entry = this.#rows.entry(path);
    if (entry) this.#onSelect(entry, true);
  }

  /** @param {(entry: import("./rows.js").FsEntry) => void} action */
  withSelected(action) {
    const row = this.tree.current();
    if (row) action(row.entry);
  }

  pickFiles() {
    this.picker.value = "";
    this.picker.click();
  }

  closePreview() {
    const focused = this.preview.element.contains(document.activeElement);
    clearTimeout(this.#previewTimer);
    this.preview.clear();
    this.#showPane(false);
    if (focused) this.tree.focus();
  }

  #makeParts(name) {
    this.head = new HeadBar(name, {
      go: (folder) => this.#go(folder),
      filter: (text) => this.#filter(text),
      leaveFilter: () => this.tree.focus(),
      newFile: () => this.commands.newFile(this.path),
      newFolder: () => this.commands.newFolder(this.path),
      upload: () => this.pickFiles(),
    });
    this.tree = new TreeView(this.#rows, `Files of sandbox ${name}`, this.#treeActions());
    this.preview = new PreviewPane(this.link, {
      close: () => this.closePreview(),
      download: (entry) => this.transfers.download(entry),
    });
    this.status = new StatusBar();
    this.nothing = element("div", { class: "sfs-block", role: "status", hidden: true });
    this.tree.element.append(this.nothing);
    this.empty = this.#emptyPart();
    this.body = element("div", { class: "sfs-body" }, this.tree.element);
    this.split = paneSplit(this.body, this.tree.element);
    this.body.append(this.split, this.preview.element);
    this.picker = element("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files to upload" });
    this.picker.addEventListener("change", () => this.#uploadPicked());
    this.element = this.#frame(name);
    this.#showPane(false);
  }

  #frame(name) {
    // The first keeps JupyterLab's shortcuts away, the second its menu: they act on the notebook.
    const quiet = { "data-lm-suppress-shortcuts": "true", "data-jp-suppress-context-menu": "true" };
    const frame = element("section", {
      class: "sfs",
      "data-sandfs": "browser",
      "aria-label": `Sandbox ${name}`,
      ...quiet,
    });
    frame.append(this.head.element, this.notices.element, this.empty, this.body, this.transfers.element);
    frame.append(this.status.element, heightGrip(frame), this.picker);
    frame.addEventListener("keydown", (event) => event.stopPropagation());
    this.preview.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closePreview();
    });
    return frame;
  }

  #treeActions() {
    return {
      select: (entry, byKey) => this.#onSelect(entry, byKey),
      fold: (folder, open) => this.#attempt(() => this.#fold(folder, open)),
      activate: (entry) => this.#openPreview(entry),
      more: (folder) => this.#attempt(() => this.#more(folder)),
      sort: (column, descending) => {
        this.#rows.sortBy(column, descending);
        this.tree.update();
      },
      drop: (folder, data) => this.#attempt(async () => this.transfers.upload(folder, await droppedFiles(data))),
      key: (event) => this.#onToolKey(event),
    };
  }

  #onToolKey(event) {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : TOOL_KEYS[event.key];
    act?.(this);
    return act !== undefined;
  }

  #onSelect(entry, byKey) {
    this.#setPath(isFolder(entry) ? entry.path : folderOf(entry.path));
    this.#save({ selected: entry.path, path: this.path });
    clearTimeout(this.#previewTimer);
    if (byKey && !isFolder(entry) && this.preview.entry) {
      this.#previewTimer = setTimeout(() => this.#openPreview(entry), PREVIEW_DELAY_MS);
    }
  }

  async #fold(folder, open) {
    if (open) this.#rows.expanded.add(folder);
    else this.#rows.expanded.delete(folder);
    this.#save({ expanded: [...this.#rows.expanded].slice(0, EXPANDED_MAX) });
    if (open) await this.listing.load(folder);
    this.#update();
  }

  async #more(folder) {
    const before = this.#rows.folder(folder)?.entries.length;
    await this.listing.more(folder);
    if (this.#rows.folder(folder)?.entries.length !== before) this.#update();
  }

  async #go(folder) {
    if (folder !== "/") {
      await this.#attempt(() => this.reveal(folder));
      return;
    }
    this.#setPath("/");
    this.#save({ selected: "", path: "/" });
    this.tree.select("");
    this.tree.tree.scrollTop = 0;
  }

  #filter(text) {
    this.#rows.filter = text;
    this.#update();
    const found = this.#rows.visible.length > 0 || text.trim() === "";
    this.nothing.hidden = found;
    this.nothing.textContent = found ? "" : `Nothing matches '${text.trim()}'. Esc clears.`;
  }

  #openPreview(entry) {
    this.#showPane(true);
    void this.preview.show(entry);
  }

  #showPane(shown) {
    this.preview.element.hidden = !shown;
    this.split.hidden = !shown;
    setAttribute(this.body, "data-split", shown);
  }

  /** Changes may arrive while earlier ones are being listed: they are gathered for the next round. */
  async #onChanged(paths) {
    const changes = this.#changes;
    if (paths === null) changes.all = true;
    else for (const path of paths) changes.paths.add(path);
    if (changes.running) return;
    changes.running = true;
    await this.#attempt(async () => {
      while (changes.all || changes.paths.size > 0) await this.#takeUp(changes);
    });
    changes.running = false;
  }

  async #takeUp(changes) {
    const paths = changes.all ? null : [...changes.paths];
    changes.paths.clear();
    changes.all = false;
    const fresh = await this.listing.refresh(paths);
    this.#update();
    this.tree.tint(fresh);
    this.#refreshPreview(paths);
    await this.#showStats();
  }

  #refreshPreview(paths) {
    const { entry } = this.preview;
    if (!entry || (paths !== null && !paths.some((path) => isWithin(entry.path, path)))) return;
    const now = this.#rows.entry(entry.path);
    if (!now && this.#rows.folder(folderOf(entry.path))) this.closePreview();
    else if (now?.etag !== entry.etag) void this.preview.show(now ?? entry);
  }

  #update() {
    const blank = this.#rows.folder("/")?.total === 0 && this.tree.uploads.size === 0;
    this.empty.hidden = !blank;
    this.body.hidden = blank;
    this.tree.update();
  }

  #showUploads(parts) {
    const known = this.tree.uploads;
    const same = parts.size === known.size && [...parts.keys()].every((path) => known.has(path));
    this.tree.uploads = parts;
    if (same) {
      this.tree.paint();
      return;
    }
    this.#rows.setArriving(parts.keys());
    this.#update();
  }

  async #showStats() {
    this.status.show((await this.link.call("stats")).value);
  }

  #uploadPicked() {
    const files = [...this.picker.files].map((file) => ({ file, name: file.name }));
    void this.#attempt(() => this.transfers.upload(this.path, files));
  }

  /** Python may select too. */
  #followModel() {
    const selected = this.#model.get("selected");
    if (selected !== this.tree.selected) void this.#attempt(() => (selected ? this.reveal(selected) : this.#go("/")));
  }

  #setPath(path) {
    this.path = path;
    this.head.show(path);
  }

  #save(traits) {
    for (const [name, value] of Object.entries(traits)) this.#model.set(name, value);
    this.#model.save_changes();
  }

  /** What goes wrong is told, never swallowed. */
  async #attempt(action) {
    try {
      await action();
    } catch (error) {
      this.notices.fail(error.message);
    }
  }

  #emptyPart() {
    const part = element(
      "div",
      { class: "sfs-empty", hidden: true },
      emptyDrawing(),
      element("strong", {}, "Nothing here yet"),
      element("span", { class: "sfs-quiet" }, "Drop files or folders here, or start from a cell."),
      element(
        "div",
        { class: "sfs-choices-row" },
        textButton("Upload", () => this.pickFiles(), { primary: true, iconName: "upload" }),
        textButton("New file", () => this.commands.newFile("/"), { iconName: "new-file" }),
      ),
    );
    for (const type of ["dragover", "dragleave", "drop"])
      part.addEventListener(type, (event) => this.#onEmptyDrag(event, part));
    return part;
  }

  #onEmptyDrag(event, part) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    setAttribute(part, "data-drop", event.type === "dragover");
    if (event.type === "drop") this.#treeActions().drop("/", event.dataTransfer);
  }
}

function emptyDrawing() {
  const svg = drawing("svg", { class: "sfs-icon", viewBox: "0 0 96 64", "aria-hidden": "true" });
  for (const line of [
    "M14 54V16a3 3 0 0 1 3-3h17l6 7h35a3 3 0 0 1 3 3v5",
    "m14 55 9-24a4 4 0 0 1 4-3h57l-9 24a4 4 0 0 1-4 3z",
    "M51 34v14M44 41h14",
  ])
    svg.append(drawing("path", { d: line }));
  return svg;
}

/**
 * Hide the static listing that stands for the widget where there is no kernel.
 * @param {HTMLElement} el of the widget @returns {() => void} shows it again
 */
function hideStatic(el) {
  const hidden = [];
  const find = (frames) => {
    const area = el.closest(".jp-OutputArea, .output");
    if (!area && frames > 0) frame = requestAnimationFrame(() => find(frames - 1)); // the output is not in the page yet
    for (const listing of area?.querySelectorAll("details.sandfs-static") ?? []) {
      const output = listing.closest(".jp-OutputArea-child, .output_area") ?? listing;
      hidden.push([output, output.style.display]);
      output.style.display = "none";
    }
  };
  let frame = requestAnimationFrame(() => find(ATTACH_FRAMES));
  return () => {
    cancelAnimationFrame(frame);
    for (const [output, display] of hidden) output.style.display = display;
  };
}

/** @param {{model: object, el: HTMLElement}} context of anywidget @returns {() => void} takes the view down */
function render({ model, el }) {
  const browser = new Browser(model);
  el.append(browser.element);
  const uncover = hideStatic(el);
  void browser.start();
  return () => {
    uncover();
    browser.close();
  };
}

export default { render };
