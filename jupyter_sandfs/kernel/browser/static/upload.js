/** Transfers: what is on its way, one after the other, each with its progress and ways to pause and cancel. */

import { folderOf, joinPath, nameOf, sizeText } from "./format.js";
import { icon, kindOf } from "./icons.js";
import { element, meter, setAttribute, textButton, toolButton } from "./elements.js";
import { Cancelled } from "./server.js";

const FREE_NAMES = 100;
const STRIPS = 50;

/**
 * @typedef {object} Job
 * @property {string} path
 * @property {"upload"|"store"|"download"} kind
 * @property {Blob|null} file null for a download
 * @property {"waiting"|"running"|"paused"|"stopped"} state
 * @property {AbortController} control
 * @property {number} part 0 to 1
 * @property {number} from what an earlier attempt brought, 0 to 1
 * @property {number} since milliseconds: when this attempt began
 * @property {number} size bytes
 * @property {string} trouble why it stopped
 * @property {Record<string, any>} session
 * @property {(job: Job) => Promise<void>} run
 */

export class Transfers {
  #transport;
  #link;
  #notices;
  #events;
  /** @type {Job[]} */
  #jobs = [];
  #running = false;

  /**
   * @param {import("./transport.js").Transport} transport @param {import("./link.js").Link} link
   * @param {import("./notices.js").Notices} notices
   * @param {{progress: (parts: Map<string, number>) => void, stored: () => void}} events told the part of each upload on
   *   its way, and when something came into the store
   */
  constructor(transport, link, notices, events) {
    this.#transport = transport;
    this.#link = link;
    this.#notices = notices;
    this.#events = events;
    this.element = element("section", { role: "group", class: "sfs-transfers", "aria-label": "Transfers", hidden: true });
  }

  /**
   * Upload files into a folder; asks about those that are there.
   * @param {string} folder
   * @param {{file: File, name: string}[]} files
   */
  async upload(folder, files) {
    for (const { file, name } of files) {
      const answer = await this.#placeFor(joinPath(folder, name), files.length);
      if (!answer) continue;
      const run = (job) => this.#transport.upload({ ...sendingOf(job, this), replace: answer.replace });
      this.#add({ path: answer.path, kind: "upload", file, size: file.size, run });
    }
  }

  /** Upload files to the staging store. @param {File[]} files @param {number|null} ttl seconds */
  uploadToStore(files, ttl) {
    for (const file of files) {
      const run = async (job) => {
        await this.#transport.uploadToStore({ ...sendingOf(job, this), replace: false, ttl });
        this.#events.stored();
      };
      this.#add({ path: `/${file.name}`, kind: "store", file, size: file.size, run });
    }
  }

  /** A folder comes as zip. @param {import("./rows.js").FsEntry} entry */
  download(entry) {
    const run = (job) => this.#transport.download(entry, job.control.signal, (part) => this.progress(job, part));
    this.#add({ path: entry.path, kind: "download", file: null, size: entry.size, run });
  }

  /** @param {{key: string, name: string, size: number}} stored */
  downloadStored(stored) {
    const run = (job) => this.#transport.downloadStored(stored, job.control.signal, (part) => this.progress(job, part));
    this.#add({ path: `/${stored.name}`, kind: "download", file: null, size: stored.size, run });
  }

  /** Cancel everything. */
  close() {
    for (const job of this.#jobs) job.control.abort();
    this.#jobs = [];
  }

  /** @param {Job} job @param {number} part @param {number} [from] */
  progress(job, part, from) {
    job.part = part;
    if (from !== undefined) Object.assign(job, { from, since: performance.now() });
    this.#paint();
  }

  #add(job) {
    const start = { state: "waiting", part: 0, from: 0, since: 0, trouble: "", session: {} };
    this.#jobs.push({ ...start, ...job, control: new AbortController() });
    this.#paint();
    void this.#work();
  }

  async #work() {
    if (this.#running) return;
    this.#running = true;
    for (let job = this.#next(); job; job = this.#next()) await this.#attempt(job);
    this.#running = false;
  }

  #next() {
    return this.#jobs.find((job) => job.state === "waiting");
  }

  async #attempt(job) {
    Object.assign(job, { state: "running", trouble: "", since: performance.now() });
    this.#paint();
    try {
      await job.run(job);
      this.#remove(job);
    } catch (error) {
      if (!(error instanceof Cancelled)) this.#stop(job, error);
    }
    this.#paint();
  }

  /** What the network broke off can go on; what was refused can't. */
  #stop(job, error) {
    if (error.code === "network" && job.file) {
      Object.assign(job, { state: "stopped", trouble: error.message });
      return;
    }
    this.#remove(job);
    void this.#transport.forget(job.session);
    this.#notices.fail(`${nameOf(job.path)} ${stopText(job)}: ${error.message}`);
  }

  #pause(job) {
    job.state = "paused";
    job.control.abort();
    this.#paint();
  }

  #resume(job) {
    Object.assign(job, { state: "waiting", control: new AbortController() });
    this.#paint();
    void this.#work();
  }

  #cancel(job) {
    this.#remove(job);
    job.control.abort();
    if (job.file) void this.#transport.forget(job.session);
    this.#paint();
  }

  #remove(job) {
    this.#jobs = this.#jobs.filter((each) => each !== job);
  }

  #paint() {
    this.element.hidden = this.#jobs.length === 0;
    const focus = document.activeElement?.getAttribute("aria-label");
    const within = this.element.contains(document.activeElement);
    this.element.replaceChildren(...this.#jobs.slice(0, STRIPS).map((job) => this.#strip(job)));
    if (within) /** @type {HTMLElement|null} */ (this.element.querySelector(`[aria-label=${CSS.escape(focus)}]`))?.focus();
    const arriving = this.#jobs.filter((job) => job.kind === "upload");
    this.#events.progress(new Map(arriving.map((job) => [job.path, job.part])));
  }

  #strip(job) {
    const name = nameOf(job.path);
    const bar = meter(job.part, name);
    setAttribute(bar, "--from", `${Math.round(job.from * 100)}%`);
    const tools = [
      job.state === "running" && job.file && toolButton("pause", `Pause ${name}`, () => this.#pause(job)),
      job.state === "paused" && toolButton("play", `Resume ${name}`, () => this.#resume(job)),
      job.state === "stopped" && textButton("Resume", () => this.#resume(job)),
      toolButton("close", `Cancel ${name}`, () => this.#cancel(job)),
    ];
    return element(
      "div",
      { class: "sfs-transfer", "data-state": job.state },
      icon(kindOf({ name, entryType: "file" })),
      element("span", { class: "sfs-clip" }, name, " ", element("span", { class: "sfs-quiet" }, placeText(job))),
      bar,
      element("span", { class: "sfs-number" }, `${Math.floor(job.part * 100)} %`),
      element("span", { class: "sfs-quiet sfs-wide", title: job.trouble }, paceText(job)),
      element("span", { class: "sfs-transfer-tools" }, ...tools),
    );
  }

  /** Where a file may go: null when the reader decided to leave it. */
  async #placeFor(path, count) {
    if (!(await this.#isThere(path))) return { path, replace: false };
    const answer = await this.#notices.choose({
      title: `${nameOf(path)} is already there`,
      text: `in ${folderOf(path)}${count > 1 ? `, one of ${count} files` : ""}.`,
      choices: [
        { label: "Keep both", value: "both" },
        { label: "Replace", value: "replace" },
        { label: "Cancel", value: "" },
      ],
    });
    if (answer === "replace") return { path, replace: true };
    return answer === "both" ? { path: await this.#freePath(path), replace: false } : null;
  }

  async #freePath(path) {
    for (let number = 2; number < FREE_NAMES; number += 1) {
      const candidate = numberedPath(path, number);
      if (!(await this.#isThere(candidate))) return candidate;
    }
    return numberedPath(path, Date.now());
  }

  async #isThere(path) {
    try {
      await this.#link.call("stat", { path });
      return true;
    } catch (error) {
      if (error.code === "not_found") return false;
      return error.code !== "not_a_directory";
    }
  }
}

/** @param {string} path @param {number} number @returns {string} such as "/a (2).csv" */
export function numberedPath(path, number) {
  const name = nameOf(path);
  const dot = name.lastIndexOf(".") > 0 ? name.lastIndexOf(".") : name.length;
  return joinPath(folderOf(path), `${name.slice(0, dot)} (${number})${name.slice(dot)}`);
}

/** @param {Job} job @param {Transfers} transfers */
function sendingOf(job, transfers) {
  const progress = (part, from) => transfers.progress(job, part, from);
  return { path: job.path, file: job.file, session: job.session, signal: job.control.signal, progress };
}

function placeText(job) {
  return { upload: `to ${folderOf(job.path)}`, store: "to the store", download: "download" }[job.kind];
}

function stopText(job) {
  return `${job.file ? "upload" : "download"} stopped at ${Math.floor(job.part * 100)} %`;
}

/** How fast it goes and how long that will take, or what became of it. @param {Job} job @returns {string} */
function paceText(job) {
  if (job.state === "waiting") return "waiting";
  if (job.state === "paused") return "paused";
  if (job.state === "stopped") return `stopped: ${job.trouble}`;
  const seconds = (performance.now() - job.since) / 1000;
  const pace = seconds > 0.5 ? ((job.part - job.from) * job.size) / seconds : 0;
  const resumed = job.from > 0 ? `resumed at ${Math.floor(job.from * 100)} %, ` : "";
  if (pace <= 0) return `${resumed}${sizeText(job.part * job.size)} of ${sizeText(job.size)}`;
  const left = ((1 - job.part) * job.size) / pace;
  return `${resumed || `${sizeText(pace)}/s, `}${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left`;
}
