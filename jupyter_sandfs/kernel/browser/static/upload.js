/** Transfers: what is on its way, one after the other, each with its progress and a way to cancel. */

import { folderOf, joinPath, nameOf, sizeText } from "./format.js";
import { icon, kindOf } from "./icons.js";
import { element, meter, toolButton } from "./elements.js";
import { Cancelled } from "./transport.js";

const DROP_FILES = 2000;
const DROP_DEPTH = 32;
const FREE_NAMES = 100;

/**
 * @typedef {object} Job
 * @property {string} path
 * @property {Blob|null} file null for a download
 * @property {AbortController} control
 * @property {number} part 0 to 1
 * @property {number} size bytes
 * @property {(job: Job) => Promise<void>} run
 */

export class Transfers {
  #transport;
  #link;
  #notices;
  #onProgress;
  /** @type {Job[]} */
  #jobs = [];
  #running = false;

  /**
   * @param {import("./transport.js").Transport} transport @param {import("./link.js").Link} link
   * @param {import("./notices.js").Notices} notices
   * @param {(parts: Map<string, number>) => void} onProgress told the part of each upload on its way
   */
  constructor(transport, link, notices, onProgress) {
    this.#transport = transport;
    this.#link = link;
    this.#notices = notices;
    this.#onProgress = onProgress;
    this.element = element("section", { class: "sfs-transfers", "aria-label": "Transfers", hidden: true });
  }

  /**
   * Upload files into a folder; asks about those that are there.
   * @param {string} folder
   * @param {{file: File, name: string}[]} files
   */
  async upload(folder, files) {
    for (const { file, name } of files) {
      const answer = await this.#placeFor(joinPath(folder, name), files.length);
      if (answer)
        this.#add({ path: answer.path, file, size: file.size, run: (job) => this.#send(job, answer.replace) });
    }
  }

  /** @param {import("./rows.js").FsEntry} entry */
  download(entry) {
    const run = (job) => this.#transport.download(entry, job.control.signal, (part) => this.#progress(job, part));
    this.#add({ path: entry.path, file: null, size: entry.size, run });
  }

  /** Cancel everything. */
  close() {
    for (const job of this.#jobs) job.control.abort();
  }

  #send(job, replace) {
    const { path, file, control } = job;
    return this.#transport.upload({
      path,
      file,
      replace,
      signal: control.signal,
      progress: (part) => this.#progress(job, part),
    });
  }

  #add(job) {
    this.#jobs.push({ ...job, part: 0, control: new AbortController() });
    this.#paint();
    void this.#work();
  }

  async #work() {
    if (this.#running) return;
    this.#running = true;
    while (this.#jobs.length > 0) await this.#finish(this.#jobs[0]);
    this.#running = false;
  }

  async #finish(job) {
    try {
      if (!job.control.signal.aborted) await job.run(job);
    } catch (error) {
      if (!(error instanceof Cancelled)) this.#notices.fail(`${nameOf(job.path)} ${stopText(job)}: ${error.message}`);
    }
    this.#jobs = this.#jobs.filter((each) => each !== job);
    this.#paint();
  }

  #progress(job, part) {
    job.part = part;
    this.#paint();
  }

  #paint() {
    this.element.hidden = this.#jobs.length === 0;
    this.element.replaceChildren(...this.#jobs.slice(0, 50).map((job) => this.#strip(job)));
    this.#onProgress(new Map(this.#jobs.filter((job) => job.file).map((job) => [job.path, job.part])));
  }

  #strip(job) {
    const name = nameOf(job.path);
    const percent = `${Math.floor(job.part * 100)} %`;
    const cancel = () => {
      job.control.abort();
      if (this.#jobs[0] !== job) void this.#finish(job);
    };
    return element(
      "div",
      { class: "sfs-transfer" },
      icon(kindOf({ name, entryType: "file" })),
      element("span", { class: "sfs-clip" }, name, " ", element("span", { class: "sfs-quiet" }, placeText(job))),
      meter(job.part, name),
      element("span", { class: "sfs-number" }, percent),
      element("span", { class: "sfs-quiet sfs-wide" }, `${sizeText(job.part * job.size)} of ${sizeText(job.size)}`),
      toolButton("close", `Cancel ${name}`, cancel),
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

/**
 * Give the files of a drop with names relative to it; folders are walked, to a bound.
 * @param {DataTransfer} data @returns {Promise<{file: File, name: string}[]>}
 */
export async function droppedFiles(data) {
  // read before the event is over
  const roots = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = [...data.files].map((file) => ({ file, name: file.name }));
  if (!roots.some((root) => root.isDirectory)) return plain.slice(0, DROP_FILES);
  const found = [];
  for (const root of roots) await walkDropped(root, root.name, DROP_DEPTH, found);
  return found;
}

async function walkDropped(node, name, depth, found) {
  if (found.length >= DROP_FILES || depth === 0) return;
  if (node.isFile) {
    found.push({ file: await new Promise((resolve, reject) => node.file(resolve, reject)), name });
    return;
  }
  const reader = node.createReader();
  const batch = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  for (let children = await batch(); children.length > 0 && found.length < DROP_FILES; children = await batch()) {
    for (const child of children) await walkDropped(child, `${name}/${child.name}`, depth - 1, found);
  }
}

function placeText(job) {
  return job.file ? `to ${folderOf(job.path)}` : "download";
}

function stopText(job) {
  return `${job.file ? "upload" : "download"} stopped at ${Math.floor(job.part * 100)} %`;
}
