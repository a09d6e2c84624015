/** Requests to the kernel and events from it, over the widget's message channel. */

const SLOW_MS = 2000;

/** An error as the kernel told it: `code` of the project's error table, and a text for the reader. */
export class SandboxError extends Error {
  /** @param {{code: string, text: string, facts?: object}} told */
  constructor({ code, text, facts = {} }) {
    super(text);
    this.code = code;
    this.facts = facts;
  }
}

/** @param {any} given a view, a buffer or nothing @returns {Uint8Array<ArrayBuffer>} */
function bytesOf(given) {
  if (given === undefined) return new Uint8Array(0);
  const { buffer = given, byteOffset = 0, byteLength } = given;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function goneError() {
  return new SandboxError({ code: "gone", text: "the kernel restarted; this listing is from before" });
}

/**
 * @typedef {object} LinkHandlers
 * @property {(paths: string[]|null) => void} onChanged null stands for more than can be named
 * @property {(slow: boolean) => void} onSlow the kernel has not answered for a while, or does again
 * @property {() => void} onGone the kernel restarted or ended
 */

/** One per view: answers go to every page that shows the widget, so a view knows its own by a name of its own. */
export class Link {
  #model;
  #handlers;
  #prefix = Math.random().toString(36).slice(2);
  #count = 0;
  #pending = new Map();
  #slow = 0;
  #gone = false;
  #receive = (message, buffers) => this.#onMessage(message, buffers);
  #leave = () => this.#onGone();

  /**
   * @param {object} model of anywidget
   * @param {LinkHandlers} handlers
   */
  constructor(model, handlers) {
    this.#model = model;
    this.#handlers = handlers;
    model.on("msg:custom", this.#receive);
    model.on("comm_live_update", this.#leave);
  }

  /** @returns {boolean} whether the kernel that knew this widget is gone */
  get gone() {
    return this.#gone;
  }

  /**
   * Ask the kernel. There is no deadline: a busy kernel answers when its cell is done, and `onSlow` says so meanwhile.
   * @param {string} op @param {object} args @param {ArrayBuffer|null} body
   * @returns {Promise<{value: any, body: Uint8Array<ArrayBuffer>}>}
   */
  call(op, args = {}, body = null) {
    if (this.#gone) return Promise.reject(goneError());
    this.#count += 1;
    const id = `${this.#prefix}-${this.#count}`;
    return new Promise((resolve, reject) => {
      const entry = { resolve, reject, slow: false, timer: setTimeout(() => this.#becomeSlow(entry), SLOW_MS) };
      this.#pending.set(id, entry);
      this.#model.send({ id, op, arguments: args }, undefined, body === null ? undefined : [body]);
    });
  }

  /** Stop listening; what was asked is never answered. */
  close() {
    this.#model.off("msg:custom", this.#receive);
    this.#model.off("comm_live_update", this.#leave);
    for (const entry of this.#pending.values()) clearTimeout(entry.timer);
    this.#pending.clear();
  }

  /** The channel is closed for good: a new kernel knows nothing of this widget. */
  #onGone() {
    if (this.#gone) return;
    this.#gone = true;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const entry of waiting) {
      this.#settle(entry);
      entry.reject(goneError());
    }
    this.#handlers.onGone();
  }

  #onMessage(message, buffers) {
    if (message?.event === "changed") this.#handlers.onChanged(message.paths);
    const entry = this.#pending.get(message?.id);
    if (!entry) return;
    this.#pending.delete(message.id);
    this.#settle(entry);
    if (message.error) entry.reject(new SandboxError(message.error));
    else entry.resolve({ value: message.value, body: bytesOf(buffers?.[0]) });
  }

  #becomeSlow(entry) {
    entry.slow = true;
    this.#slow += 1;
    this.#handlers.onSlow(true);
  }

  #settle(entry) {
    clearTimeout(entry.timer);
    if (entry.slow) this.#slow -= 1;
    if (entry.slow && this.#slow === 0) this.#handlers.onSlow(false);
  }
}
