/** The tree browser: puts the parts together. */

import { countText, folderOf, foldersAbove } from "./format.js";
import { element, setAttribute } from "./elements.js";
import { Link } from "./link.js";
import { isFolder, Rows } from "./rows.js";
import { TreeView } from "./tree.js";
import { Notices } from "./notices.js";
import { Menu } from "./menu.js";
import { Transport } from "./transport.js";
import { Transfers } from "./upload.js";
import { heightGrip } from "./split.js";
import { HeadBar, StatusBar } from "./bars.js";
import { Listing } from "./listing.js";
import { Commands } from "./commands.js";
import { HistoryBar } from "./history.js";
import { LensBar } from "./lensbar.js";
import { Sides } from "./sides.js";
import { emptyPart } from "./empty.js";
import { LiveChanges } from "./live.js";
import { doByKey, moreMenu, rowMenu } from "./actions.js";
import { goneBar, hideStatic } from "./stale.js";
import { Shelf } from "./shelf.js";
import { Eyes } from "./eyes.js";
import { Past } from "./past.js";
import { Arrivals } from "./arrivals.js";
import { Filtering } from "./filtering.js";
import { Clipboard } from "./clipboard.js";
import { releaseLandmark, takeLandmark } from "./landmark.js";

const PREVIEW_DELAY_MS = 150;
const EXPANDED_MAX = 200;
/** @typedef {import("./rows.js").FsEntry} FsEntry */

class Browser {
  /** Folder of the selection: the crumbs show it, and what is new goes there. */
  path = "/";
  /** Whether it is the owner's: with the staging store, other sandboxes, and the eyes of others. */
  owner = false;
  rows = new Rows();
  #model;
  #previewTimer = 0;
  #live = new LiveChanges((paths) => this.attempt(() => this.takeUp(paths)));
  #onSelected = () => this.#followModel();

  /** @param {any} model of anywidget @param {(model: any) => void} onFresh called with one that takes its place */
  constructor(model, onFresh) {
    this.#model = model;
    this.eyes = new Eyes(this, model, onFresh);
    this.shelf = new Shelf(this);
    this.past = new Past(this);
    this.arrivals = new Arrivals(this);
    this.filtering = new Filtering(this);
    this.clipboard = new Clipboard(this);
    this.owner = model.get("owner") === true;
    this.link = new Link(model, {
      onChanged: (paths) => void this.#live.add(paths),
      onSlow: (slow) => this.status.setSlow(slow),
      onGone: () => this.#onGone(),
    });
    this.listing = new Listing(this.link, this.rows, (folder) => this.tree.placesOnView(folder));
    this.notices = new Notices(() => this.tree.focus());
    this.commands = new Commands(this.link, this.notices, (path) => this.attempt(() => this.reveal(path)));
    const transport = new Transport(this.link, () => addressOf(model));
    this.transfers = new Transfers(transport, this.link, this.notices, {
      progress: (parts) => this.arrivals.show(parts),
      stored: () => this.shelf.refresh(),
    });
    this.#makeParts(model.get("name"));
    model.on("change:selected", this.#onSelected);
  }

  /** List what is to be seen first. @returns {Promise<void>} */
  async start() {
    const selected = this.#model.get("selected");
    for (const folder of this.#model.get("expanded").slice(0, EXPANDED_MAX)) this.rows.expanded.add(folder);
    this.#setPath(this.#model.get("path"));
    await this.attempt(async () => {
      await this.listing.load("/");
      for (const folder of this.rows.expanded) await this.listing.load(folder);
      this.update();
      if (this.owner && this.#model.get("view")) await this.eyes.lookAs(this.#model.get("view"));
      if (selected) await this.reveal(selected);
      await this.#showStats();
    });
  }

  /** Leave nothing behind. */
  close() {
    this.#model.off("change:selected", this.#onSelected);
    clearTimeout(this.#previewTimer);
    this.menu.close();
    this.notices.close();
    this.head.close();
    this.transfers.close();
    this.sides.preview.clear();
    this.tree.close();
    this.link.close();
    releaseLandmark(this.landmark);
  }

  /** Open the folders above a path, select it and scroll there. @param {string} path @returns {Promise<void>} */
  async reveal(path) {
    for (const folder of foldersAbove(path)) {
      this.rows.expanded.add(folder);
      await this.listing.load(folder);
    }
    await this.listing.reach(path);
    this.update();
    this.tree.select(path);
    const entry = this.rows.entry(path);
    if (entry) this.#onSelect(entry, true);
  }

  /** @returns {FsEntry|null} */
  selectedEntry() {
    return this.tree.current()?.entry ?? null;
  }

  /** @returns {FsEntry[]} what an action is for: all that is chosen, else the row with the keyboard */
  chosen() {
    const entries = this.tree.selection.entries().filter((entry) => !entry.gone);
    return entries.length > 0 ? entries : [this.selectedEntry()].flatMap((entry) => entry ?? []);
  }

  /** @returns {boolean} whether nothing can be made in the folder on show */
  get readOnly() {
    return this.rows.folder(this.path)?.readOnly === true;
  }

  /** Whether what is at a path would be known. @param {string} path */
  isListed(path) {
    return this.rows.folder(folderOf(path)) !== undefined;
  }

  openSide(entry) {
    void this.attempt(() => this.sides.open(entry));
  }

  /** Step out of what is on top: a pane, the history, the lens, the filter. */
  leave() {
    if (this.sides.showing) this.sides.close();
    else if (this.history.open) void this.attempt(() => this.past.toggle());
    else if (this.rows.searching) this.filtering.clear();
  }

  reloadAll() {
    void this.#live.add(null);
  }

  /** What goes wrong is told, never swallowed. @param {() => unknown} action @returns {Promise<void>} */
  async attempt(action) {
    try {
      await action();
    } catch (error) {
      if (error.code !== "gone") this.notices.fail(error.message);
    }
  }

  /** Paint anew what shows where the reader is. @param {string} mode of the pane that was opened */
  modeChanged(mode = "browse") {
    if (!this.status) return;
    const rest = this.lens.view ? "lens" : mode;
    this.status.setMode(this.history.open && mode === "browse" ? "history" : rest);
    const on = { store: "store", history: "history" }[this.sides?.showing] ?? "";
    this.head.press(this.history.open ? "history" : this.lens.view ? "lens" : on);
  }

  #makeParts(name) {
    this.lens = new LensBar(this.link, {
      choose: (view) => this.attempt(() => this.eyes.lookAs(view)),
      leave: () => this.attempt(() => this.eyes.lookAs("")),
    });
    this.history = new HistoryBar(this.link, {
      changed: () => this.past.show(),
      leave: () => this.attempt(() => this.past.toggle()),
      restore: (moment) => this.attempt(() => this.past.restoreAll(moment)),
      fail: (error) => this.notices.fail(error.message),
    });
    this.tree = new TreeView(this.rows, `Files of sandbox ${name}`, this.#treeActions());
    this.landmark = takeLandmark(`Sandbox ${name}`);
    this.head = new HeadBar(name, this.landmark, this.owner, this.#headActions());
    this.sides = new Sides(this, this.link, this.tree.element);
    this.status = new StatusBar();
    this.tree.element.append(this.filtering.remark);
    this.empty = emptyPart({
      upload: () => this.arrivals.pick(),
      newFile: () => this.commands.newFile("/"),
      fromStore: this.owner ? () => this.attempt(() => this.shelf.toggle()) : null,
      drop: (data) => this.arrivals.drop("/", data),
      copy: (text) => this.clipboard.copy([text]),
    });
    this.gone = goneBar(() => this.attempt(() => this.eyes.reload()));
    this.element = this.#frame();
    this.menu = new Menu(this.element);
    this.head.show("/");
  }

  #frame() {
    const quiet = { "data-jp-suppress-context-menu": "true" }; // JupyterLab's menu acts on the notebook
    const frame = element("section", { class: "sfs", "data-sandfs": "browser", "aria-label": this.landmark, ...quiet });
    frame.append(this.head.element, this.gone, this.lens.element, this.history.element, this.notices.element);
    frame.append(this.empty, this.sides.element, this.transfers.element, this.status.element, heightGrip(frame), this.arrivals.picker);
    frame.addEventListener("keydown", (event) => event.stopPropagation());
    frame.addEventListener("focusin", (event) => keepShortcutsAway(event.target));
    return frame;
  }

  #headActions() {
    return {
      go: (folder) => this.#go(folder),
      filter: (text) => this.attempt(() => this.filtering.run(text)),
      leaveFilter: () => this.tree.focus(),
      newFile: () => this.commands.newFile(this.path),
      newFolder: () => this.commands.newFolder(this.path),
      upload: () => this.arrivals.pick(),
      history: () => this.attempt(() => this.past.toggle()),
      store: () => this.attempt(() => this.shelf.toggle()),
      lens: () => this.attempt(() => (this.lens.view ? this.eyes.lookAs("") : this.eyes.next())),
      more: (anchor) => this.menu.open(anchor, "More actions", moreMenu(this), () => anchor.focus()),
      switchSandbox: (anchor) => this.attempt(() => this.eyes.openSwitch(anchor)),
    };
  }

  #treeActions() {
    return {
      select: (entry, byKey) => this.#onSelect(entry, byKey),
      fold: (folder, open) => this.attempt(() => this.#fold(folder, open)),
      activate: (entry) => this.openSide(entry),
      edit: (entry) => this.attempt(() => this.sides.edit(entry)),
      more: (folder, place) => this.#more(folder, place),
      seek: (folder, text, start) => this.#seek(folder, text, start),
      sort: (column, descending) => this.attempt(() => this.#sort(column, descending)),
      drop: (folder, data) => this.arrivals.drop(folder, data),
      move: (paths, folder) => this.commands.moveInto(paths, folder),
      chosen: (count) => this.status.setChosen(count),
      tooMany: (count) => this.notices.offer(`The first ${countText(count, "row")} are selected: that is the most at once.`),
      menu: (entry, where) => this.#openMenu(entry, where),
      key: (event) => this.#onKey(event),
    };
  }

  #onKey(event) {
    if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      this.#openMenu(this.selectedEntry(), this.tree.menuAnchor());
      return true;
    }
    return doByKey(this, event, this.selectedEntry());
  }

  #openMenu(entry, where) {
    const several = this.chosen().length;
    const what = several > 1 ? countText(several, "item") : entry?.name;
    const label = entry ? `Actions of ${what}` : "Actions";
    this.menu.open(where, label, rowMenu(this, entry), () => this.tree.focus());
  }

  #onSelect(entry, byKey) {
    this.#setPath(isFolder(entry) ? entry.path : folderOf(entry.path));
    this.#save({ selected: entry.path, path: this.path });
    clearTimeout(this.#previewTimer);
    if (byKey && !isFolder(entry) && ["preview", "diff", "rules"].includes(this.sides.showing)) {
      this.#previewTimer = setTimeout(() => this.openSide(entry), PREVIEW_DELAY_MS);
    }
  }

  async #fold(folder, open) {
    if (open) this.rows.expanded.add(folder);
    else this.rows.expanded.delete(folder);
    this.#save({ expanded: [...this.rows.expanded].slice(0, EXPANDED_MAX) });
    if (open) await this.listing.load(folder);
    this.update();
    await this.eyes.countHidden();
  }

  /** List the page of a folder that holds a place. @returns {Promise<boolean>} whether something came */
  async #more(folder, place) {
    let came = false;
    await this.attempt(async () => {
      came = await this.listing.more(folder, place);
    });
    if (came) this.update();
    return came;
  }

  /** Where in a long folder a name is that begins so, once its page is listed. */
  async #seek(folder, text, start) {
    let place = null;
    await this.attempt(async () => {
      place = await this.listing.seek(folder, text, { start });
    });
    return place;
  }

  async #sort(column, descending) {
    const partly = this.rows.sortBy(column, descending);
    this.tree.update();
    await this.listing.reorder(partly);
    this.tree.update();
  }

  async #go(folder) {
    if (folder !== "/") {
      await this.attempt(() => this.reveal(folder));
      return;
    }
    this.#setPath("/");
    this.#save({ selected: "", path: "/" });
    this.tree.select("");
    this.tree.tree.scrollTop = 0;
  }

  /** Take up that files changed. @param {string[]|null} paths null stands for everything @returns {Promise<void>} */
  async takeUp(paths) {
    const fresh = await this.listing.refresh(paths);
    if (this.rows.searching) await this.listing.search(this.head.filter.value.trim());
    this.update();
    this.tree.tint(fresh);
    this.sides.changed(paths);
    if (this.history.open) await this.history.refresh();
    await this.eyes.countHidden();
    await this.#showStats();
  }

  update() {
    const blank = this.rows.folder("/")?.total === 0 && this.tree.uploads.size === 0 && !this.history.open;
    const bare = blank && !this.sides.showing;
    this.empty.hidden = !bare;
    this.sides.element.hidden = bare;
    this.head.setReadOnly(this.readOnly);
    this.tree.update();
  }

  async #showStats() {
    const { value } = await this.link.call("stats");
    const hidden = this.lens.view ? (await this.lens.refresh()).hidden : 0;
    this.status.show(value, hidden);
  }

  #onGone() {
    this.gone.hidden = false;
    this.status.setGone();
    this.head.setReadOnly(true);
    this.transfers.close();
  }

  /** Python may select too. */
  #followModel() {
    const selected = this.#model.get("selected");
    if (selected !== this.tree.selected) void this.attempt(() => (selected ? this.reveal(selected) : this.#go("/")));
  }

  #setPath(path) {
    this.path = path;
    this.head.show(path);
    this.head.setReadOnly(this.readOnly);
  }

  #save(traits) {
    for (const [name, value] of Object.entries(traits)) this.#model.set(name, value);
    this.#model.save_changes();
  }
}

/** JupyterLab's shortcuts act on the notebook, and look at what has the focus before they look around it. */
function keepShortcutsAway(focused) {
  setAttribute(focused, "data-lm-suppress-shortcuts", "true");
}

/** @param {any} model @returns {{kernel: string, sandbox: string, view: string|null, owner: boolean}} for the server */
function addressOf(model) {
  const [kernel, sandbox, view, owner] = ["kernel_id", "name", "view", "owner"].map((name) => model.get(name));
  return { kernel, sandbox, view, owner };
}

/** @param {{model: any, el: HTMLElement}} context of anywidget @returns {() => void} takes the view down */
function render({ model, el }) {
  const make = (shown) => {
    const browser = new Browser(shown, (fresh) => {
      current.close();
      current = make(fresh);
    });
    el.replaceChildren(browser.element);
    void browser.start();
    return browser;
  };
  let current = make(model);
  const uncover = hideStatic(el);
  return () => {
    uncover();
    current.close();
  };
}

export default { render };
