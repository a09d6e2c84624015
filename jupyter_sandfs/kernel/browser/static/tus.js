/** Resumable uploads to the staging store: a client of tus 1.0 (https://tus.io/protocols/resumable-upload). */

import { sendRequest, serverBase } from "./server.js";

const VERSION = { "Tus-Resumable": "1.0.0" };
const REMEMBERED = "sandfs-upload:";

/**
 * @typedef {object} TusSession what is known of an upload; goes on across attempts, and across pages by its file
 * @property {string} [url]
 * @property {string} [key]
 */

/** @returns {string} */
function uploadsUrl() {
  return `${serverBase()}sandfs/v1/uploads`;
}

/** @returns {Promise<number>} the largest file that the server takes in this way; 0 if it takes none */
export async function tusLimit() {
  try {
    const request = await sendRequest({ method: "OPTIONS", url: uploadsUrl(), headers: {} });
    return Number(request.getResponseHeader("Tus-Max-Size") ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Send a file, from where an earlier attempt ended.
 * @param {{file: Blob, name: string, ttl: number|null, session: TusSession, signal: AbortSignal,
 *   progress: (part: number, from?: number) => void}} upload
 * @returns {Promise<string>} the key of the stored file
 */
export async function tusUpload({ file, name, ttl, session, signal, progress }) {
  const mark = `${REMEMBERED}${name}:${file.size}:${/** @type {any} */ (file).lastModified ?? 0}:${ttl}`;
  session.url ??= recall(mark);
  const offset = session.url ? await arrived(session) : 0;
  if (!session.url) {
    await begin(file, name, ttl, session, signal);
    remember(mark, session.url);
  }
  if (offset > 0) progress(offset / file.size, offset / file.size);
  if (offset < file.size) {
    const headers = { ...VERSION, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    const body = file.slice(offset);
    const told = (sent) => progress((offset + Math.min(sent, body.size)) / Math.max(1, file.size));
    const done = await sendRequest({ method: "PATCH", url: session.url, headers, body, signal, progress: told });
    session.key = done.getResponseHeader("X-File-Key") ?? session.key;
  }
  remember(mark, null);
  return decodeURIComponent(session.key);
}

/** Give an upload up. @param {TusSession} session @returns {Promise<void>} */
export async function tusAbort(session) {
  if (session.url) await sendRequest({ method: "DELETE", url: session.url, headers: VERSION }).catch(() => {});
}

async function begin(file, name, ttl, session, signal) {
  const metadata = [`filename ${base64(name)}`, ...(ttl === null ? [] : [`ttl ${base64(String(ttl))}`])].join(",");
  const headers = { ...VERSION, "Upload-Length": String(file.size), "Upload-Metadata": metadata };
  const made = await sendRequest({ method: "POST", url: uploadsUrl(), headers, signal });
  // its last segment, so that it is reached in the way that this page reaches the server
  session.url = `${uploadsUrl()}/${made.getResponseHeader("Location").split("/").at(-1)}`;
  session.key = made.getResponseHeader("X-File-Key") ?? undefined;
}

/** How much has arrived; an upload that the server no longer knows begins anew. */
async function arrived(session) {
  try {
    const found = await sendRequest({ method: "HEAD", url: session.url, headers: VERSION });
    session.key = found.getResponseHeader("X-File-Key") ?? session.key;
    return Number(found.getResponseHeader("Upload-Offset"));
  } catch (error) {
    if (error.code === "network") throw error;
    session.url = undefined;
    return 0;
  }
}

function base64(text) {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

function recall(mark) {
  try {
    return sessionStorage.getItem(mark) ?? undefined;
  } catch {
    return undefined; // a page without storage
  }
}

function remember(mark, url) {
  try {
    if (url === null) sessionStorage.removeItem(mark);
    else sessionStorage.setItem(mark, url);
  } catch {
    // a page without storage: the upload can't go on in another one
  }
}
