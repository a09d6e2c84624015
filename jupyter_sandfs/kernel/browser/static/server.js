/** The Jupyter server that shows this page: its address, the token against forgery, and requests with progress. */

import { SandboxError } from "./link.js";

/** Raised when the reader cancelled or paused. */
export class Cancelled extends Error {}

/** @returns {string|null} the base URL of Jupyter Server with a slash at its end, if a Jupyter page says one */
export function serverBase() {
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

/**
 * @typedef {object} Sending
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Blob|null} [body]
 * @property {AbortSignal} [signal]
 * @property {(sent: number) => void} [progress] told the bytes that were sent
 */

/**
 * Send by XMLHttpRequest, because fetch does not tell how much of a body was sent.
 * @param {Sending} sending @returns {Promise<XMLHttpRequest>} Raises Cancelled, SandboxError.
 */
export function sendRequest({ method, url, headers, body = null, signal, progress }) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open(method, url);
    request.setRequestHeader("X-XSRFToken", xsrfToken());
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progress?.(event.loaded));
    request.addEventListener("load", () => (request.status < 300 ? resolve(request) : reject(httpError(request))));
    request.addEventListener("error", () =>
      reject(new SandboxError({ code: "network", text: "the server could not be reached" })),
    );
    request.addEventListener("abort", () => reject(new Cancelled()));
    signal?.addEventListener("abort", () => request.abort());
    if (signal?.aborted) reject(new Cancelled());
    else request.send(body);
  });
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
    code: problem.code ?? `http_${request.status}`,
    text: problem.detail ?? problem.title ?? `the server answered ${request.status}`,
  });
}

/** Let the page's own downloads fetch an address. @param {string} url @param {string} name */
export function followDownload(url, name) {
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.rel = "noopener";
  anchor.click();
}

/** @param {Blob} blob @param {string} name */
export function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  followDownload(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
