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

/** @param {DataView|ArrayBuffer|Uint8Array|undefined} buffer @returns {Uint8Array<ArrayBuffer>} */
function bytesOf(buffer) {
  if (buffer === undefined) return new Uint8Array(0);
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

/** One per view: answers go to every page that shows the widget, so a view knows its own by a name of its own. */
export class Link {
  #model;
  #handlers;
  #prefix = Math.random().toString(36).slice(2);
  #count = 0;
  #pending = new Map();
  #slow = 0;
  #receive = (message, buffers) => this.#onMessage(message, buffers);

  /**
   * @param {object} model of anywidget
   * @param {{onChanged: (paths: string[]|null) => void, onSlow: (slow: boolean) => void}} handlers
   */
  constructor(model, handlers) {
    this.#model = model;
    this.#handlers = handlers;
    model.on("msg:custom", this.#receive);
  }

  /**
   * Ask the kernel. There is no deadline: a busy kernel answers when its cell is done, and `onSlow` says so meanwhile.
   * @param {string} op @param {object} args @param {ArrayBuffer|null} body
   * @returns {Promise<{value: any, body: Uint8Array<ArrayBuffer>}>}
   */
  call(op, args = {}, body = null) {
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
    for (const entry of this.#pending.values()) clearTimeout(entry.timer);
    this.#pending.clear();
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
