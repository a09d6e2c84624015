/**
 * How bytes travel: over HTTP when the server answers for this kernel, in one request or resumably through the staging
 * store; else by messages, chunk by chunk.
 */

import { nameOf } from "./format.js";
import { Cancelled, followDownload, saveBlob, sendRequest, serverBase } from "./server.js";
import { tusAbort, tusLimit, tusUpload } from "./tus.js";

const CHUNK_BYTES = 1 << 20;
const RESUMABLE_BYTES = 1 << 20; // smaller ones are sent again as a whole: that takes a moment
const STAGING_TTL = 86_400; // seconds that a part of an upload waits in the store

/**
 * @typedef {object} Upload
 * @property {Blob} file
 * @property {string} path where it goes; of a file for the store only the name counts
 * @property {boolean} replace whether a file may be there
 * @property {number|null} [ttl] seconds in the store; null is its default
 * @property {Record<string, any>} session what an earlier attempt left, so that this one goes on there
 * @property {AbortSignal} signal
 * @property {(part: number, from?: number) => void} progress told from 0 to 1; and what an earlier attempt brought
 */

export class Transport {
  #link;
  #address;
  #probe = null;
  #limit = null;

  /**
   * @param {import("./link.js").Link} link
   * @param {() => {kernel: string, sandbox: string, view: string|null, owner: boolean}} address
   */
  constructor(link, address) {
    this.#link = link;
    this.#address = address;
  }

  /** @param {Upload} upload @returns {Promise<void>} Raises Cancelled, SandboxError. */
  async upload(upload) {
    if (upload.session.inChunks || !(await this.#isServed())) return this.#uploadByMessages(upload);
    if (await this.#isResumable(upload.file.size)) return this.#uploadThroughStore(upload);
    return this.#uploadByHttp(upload);
  }

  /** Put a file into the staging store. @param {Upload} upload @returns {Promise<void>} */
  async uploadToStore(upload) {
    const { file, path, session, signal, progress, ttl = null } = upload;
    if (await this.#isServed()) {
      await tusUpload({ file, name: nameOf(path), ttl, session, signal, progress });
      return;
    }
    const times = ttl === null ? {} : { ttl };
    session.id ??= (await this.#link.call("store_begin", { name: nameOf(path), size: file.size, ...times })).value.uploadId;
    await this.#sendChunks("store_append", upload);
    await this.#link.call("store_commit", { upload_id: session.id });
  }

  /** Forget what an upload that was cancelled left behind. @param {Record<string, any>} session */
  async forget(session) {
    if (session.url) await tusAbort(session);
    if (session.id) await this.#link.call(session.abort ?? "upload_abort", { upload_id: session.id }).catch(() => {});
  }

  /**
   * Bring a whole file, or a folder as zip, to the page's downloads.
   * @param {import("./rows.js").FsEntry} entry @param {AbortSignal} signal @param {(part: number) => void} progress
   */
  async download(entry, signal, progress) {
    const folder = entry.entryType === "directory";
    const name = folder ? `${nameOf(entry.path) || this.#address().sandbox}.zip` : nameOf(entry.path);
    if (await this.#isServed()) {
      const url = folder ? this.#url("archive", entry.path, { format: "zip" }) : this.#url("file", entry.path);
      followDownload(url, name);
    } else {
      const parts = folder ? await this.#readArchive(entry.path, signal) : await this.#readAll(entry.path, signal, progress);
      saveBlob(new Blob(parts), name);
    }
  }

  /** @param {{key: string, name: string}} stored @param {AbortSignal} signal @param {(part: number) => void} progress */
  async downloadStored({ key, name }, signal, progress) {
    const parts = [];
    let [offset, size, version] = [0, Infinity, null];
    while (offset < size) {
      const { value, body } = await this.#link.call("store_read", { key, offset, ...(version && { version }) });
      if (signal.aborted) throw new Cancelled();
      ({ size, version } = value);
      if (body.length === 0) break;
      parts.push(body);
      offset += body.length;
      progress(offset / Math.max(1, size));
    }
    saveBlob(new Blob(parts), name);
  }

  async #readAll(path, signal, progress) {
    const parts = [];
    let offset = 0;
    let etag = null;
    let size = Infinity;
    while (offset < size) {
      const wanted = { path, offset, length: CHUNK_BYTES, ...(etag && { etag }) };
      const { value, body } = await this.#link.call("read", wanted);
      if (signal.aborted) throw new Cancelled();
      ({ etag, size } = value);
      if (body.length === 0) break;
      parts.push(body);
      offset += body.length;
      progress(offset / Math.max(1, size));
    }
    return parts;
  }

  async #readArchive(path, signal) {
    const parts = [];
    const { value } = await this.#link.call("archive_begin", { path, format: "zip" });
    const id = value.archiveId;
    for (let offset = 0, ended = false; !ended; ) {
      const { value: state, body } = await this.#link.call("archive_read", { archive_id: id, offset });
      if (signal.aborted) {
        await this.#link.call("archive_abort", { archive_id: id });
        throw new Cancelled();
      }
      parts.push(body);
      offset += body.length;
      ({ ended } = state);
    }
    return parts;
  }

  #url(route, path, extra = {}) {
    const { kernel, sandbox, view } = this.#address();
    const query = new URLSearchParams({ path, session_id: kernel, sandbox, ...(view && { view }), ...extra });
    return `${serverBase()}sandfs/v1/fs/${route}?${query}`;
  }

  #isServed() {
    this.#probe ??= this.#serverAnswers();
    return this.#probe;
  }

  async #serverAnswers() {
    if (!this.#address().kernel || serverBase() === null) return false;
    try {
      return (await fetch(this.#url("stat", "/"), { credentials: "same-origin" })).status === 200;
    } catch {
      return false;
    }
  }

  /** Whether a file goes through the staging store: that is the owner's, and takes files up to a size. */
  async #isResumable(size) {
    const { owner, view } = this.#address();
    if (!owner || view !== null || size < RESUMABLE_BYTES) return false;
    this.#limit ??= tusLimit();
    return size <= (await this.#limit);
  }

  async #uploadThroughStore(upload) {
    const { file, path, replace, session, signal, progress } = upload;
    const sent = { file, name: nameOf(path), ttl: STAGING_TTL, session, signal, progress };
    const key = await tusUpload(sent);
    try {
      await this.#link.call("store_arrived", { key, path, replace });
    } catch (error) {
      if (error.code !== "object_not_found") throw error;
      await this.#uploadByHttp(upload); // the kernel has another store than the server
    }
  }

  /** In one request. If that is broken off, chunks follow: those go on where they were the next time. */
  async #uploadByHttp({ file, path, replace, session, signal, progress }) {
    session.inChunks = file.size >= RESUMABLE_BYTES;
    const headers = { "Content-Type": "application/octet-stream", ...(!replace && { "If-None-Match": "*" }) };
    const told = (sent) => progress(Math.min(1, sent / Math.max(1, file.size)));
    await sendRequest({ method: "PUT", url: this.#url("file", path), headers, body: file, signal, progress: told });
  }

  async #uploadByMessages(upload) {
    const { file, path, replace, session } = upload;
    const must = replace ? {} : { expected_version: 0 };
    session.id ??= (await this.#link.call("upload_begin", { path, size: file.size, ...must })).value.uploadId;
    await this.#sendChunks("upload_append", upload);
    await this.#link.call("upload_commit", { upload_id: session.id });
  }

  /** One chunk after the other: each waits for the answer, so nothing piles up in a busy kernel. */
  async #sendChunks(op, { file, session, signal, progress }) {
    session.abort = op === "store_append" ? "store_abort" : "upload_abort";
    session.offset ??= 0;
    if (session.offset > 0) progress(session.offset / file.size, session.offset / file.size);
    while (session.offset < file.size) {
      const chunk = await file.slice(session.offset, session.offset + CHUNK_BYTES).arrayBuffer();
      if (signal.aborted) throw new Cancelled();
      await this.#link.call(op, { upload_id: session.id, offset: session.offset }, chunk);
      session.offset += chunk.byteLength;
      progress(session.offset / file.size);
    }
    if (signal.aborted) throw new Cancelled();
  }
}
