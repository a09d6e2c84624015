/**
 * How bytes travel: uploads over HTTP when the server answers for this kernel, else by messages;
 * downloads by messages.
 */

import { SandboxError } from "./link.js";
import { nameOf } from "./format.js";

const CHUNK_BYTES = 1 << 20;

/** Raised when the reader cancelled. */
export class Cancelled extends Error {}

/**
 * @typedef {object} Upload
 * @property {Blob} file
 * @property {string} path where it goes
 * @property {boolean} replace whether a file may be there
 * @property {AbortSignal} signal
 * @property {(part: number) => void} progress told from 0 to 1
 */

/** @returns {string|null} the base URL of Jupyter Server with a slash at its end, if a Jupyter page says one */
function serverBase() {
  const said = document.getElementById("jupyter-config-data")?.textContent;
  const base = (said && baseFrom(said)) || document.body.dataset.baseUrl;
  return base ? base.replace(/\/?$/, "/") : null;
}

function baseFrom(json) {
  try {
    return JSON.parse(json).baseUrl;
  } catch {
    return null;
  }
}

/** @returns {string} of the cookie that Jupyter wants repeated in a header */
function xsrfToken() {
  return document.cookie.match(/(?:^|;\s*)_xsrf=([^;]*)/)?.[1] ?? "";
}

export class Transport {
  #link;
  #address;
  #probe = null;

  /** @param {import("./link.js").Link} link @param {{kernel: string, sandbox: string, view: string|null}} address */
  constructor(link, address) {
    this.#link = link;
    this.#address = address;
  }

  /** @param {Upload} upload @returns {Promise<void>} Raises Cancelled, SandboxError. */
  async upload(upload) {
    this.#probe ??= this.#serverAnswers();
    if (await this.#probe) await this.#uploadByHttp(upload);
    else await this.#uploadByMessages(upload);
  }

  /**
   * Read a whole file and hand it to the page's downloads.
   * @param {import("./rows.js").FsEntry} entry @param {AbortSignal} signal @param {(part: number) => void} progress
   */
  async download(entry, signal, progress) {
    saveBlob(new Blob(await this.#readAll(entry.path, signal, progress)), nameOf(entry.path));
  }

  async #readAll(path, signal, progress) {
    const parts = [];
    let offset = 0;
    let etag = null;
    let size = Infinity;
    while (offset < size) {
      const { value, body } = await this.#link.call("read", {
        path,
        offset,
        length: CHUNK_BYTES,
        ...(etag && { etag }),
      });
      if (signal.aborted) throw new Cancelled();
      ({ etag, size } = value);
      if (body.length === 0) break;
      parts.push(body);
      offset += body.length;
      progress(offset / Math.max(1, size));
    }
    return parts;
  }

  #url(route, path) {
    const { kernel, sandbox, view } = this.#address;
    const query = new URLSearchParams({ path, session_id: kernel, sandbox, ...(view && { view }) });
    return `${serverBase()}sandfs/v1/fs/${route}?${query}`;
  }

  async #serverAnswers() {
    if (!this.#address.kernel || serverBase() === null) return false;
    try {
      return (await fetch(this.#url("stat", "/"), { credentials: "same-origin" })).status === 200;
    } catch {
      return false;
    }
  }

  /** XMLHttpRequest, because fetch does not tell how much of a body was sent. */
  #uploadByHttp({ file, path, replace, signal, progress }) {
    const request = new XMLHttpRequest();
    return new Promise((resolve, reject) => {
      request.open("PUT", this.#url("file", path));
      request.setRequestHeader("X-XSRFToken", xsrfToken());
      request.setRequestHeader("Content-Type", "application/octet-stream");
      if (!replace) request.setRequestHeader("If-None-Match", "*");
      request.upload.addEventListener("progress", (event) => progress(event.loaded / Math.max(1, file.size)));
      request.addEventListener("load", () => (request.status < 300 ? resolve() : reject(httpError(request))));
      request.addEventListener("error", () =>
        reject(new SandboxError({ code: "network", text: "the server could not be reached" })),
      );
      request.addEventListener("abort", () => reject(new Cancelled()));
      signal.addEventListener("abort", () => request.abort());
      request.send(file);
    });
  }

  /** One chunk after the other: each waits for the answer, so nothing piles up in a busy kernel. */
  async #uploadByMessages({ file, path, replace, signal, progress }) {
    const must = replace ? {} : { expected_version: 0 };
    const { value } = await this.#link.call("upload_begin", { path, size: file.size, ...must });
    try {
      await this.#sendChunks(value.uploadId, file, signal, progress);
      await this.#link.call("upload_commit", { upload_id: value.uploadId });
    } catch (error) {
      // the first error is the one to tell
      this.#link.call("upload_abort", { upload_id: value.uploadId }).catch(() => {});
      throw error;
    }
  }

  async #sendChunks(uploadId, file, signal, progress) {
    for (let offset = 0; offset < file.size; offset += CHUNK_BYTES) {
      const chunk = await file.slice(offset, offset + CHUNK_BYTES).arrayBuffer();
      if (signal.aborted) throw new Cancelled();
      await this.#link.call("upload_append", { upload_id: uploadId, offset }, chunk);
      progress(Math.min(1, (offset + CHUNK_BYTES) / file.size));
    }
    if (signal.aborted) throw new Cancelled();
  }
}

/** The server says what went wrong as problem+json (RFC 9457). */
function httpError(request) {
  let problem = {};
  try {
    problem = JSON.parse(request.responseText);
  } catch {
    // an answer of something between us and the server
  }
  return new SandboxError({
    code: "http",
    text: problem.detail ?? problem.title ?? `the server answered ${request.status}`,
  });
}

function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
