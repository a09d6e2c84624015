/** Changes that the kernel tells of, taken up in rounds: those that arrive meanwhile are gathered for the next. */

export class LiveChanges {
  #takeUp;
  #paths = new Set();
  #all = false;
  #running = false;

  /** @param {(paths: string[]|null) => Promise<void>} takeUp null stands for everything; never fails */
  constructor(takeUp) {
    this.#takeUp = takeUp;
  }

  /** @param {string[]|null} paths @returns {Promise<void>} */
  async add(paths) {
    if (paths === null) this.#all = true;
    else for (const path of paths) this.#paths.add(path);
    if (this.#running) return;
    this.#running = true;
    while (this.#all || this.#paths.size > 0) await this.#round();
    this.#running = false;
  }

  async #round() {
    const paths = this.#all ? null : [...this.#paths];
    this.#paths.clear();
    this.#all = false;
    await this.#takeUp(paths);
  }
}
