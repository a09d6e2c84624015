/** Letters that are typed without a pause make the beginning of a name. */

const TYPING_MS = 600;

export class TypeAhead {
  text = "";
  #at = -Infinity;

  /** @param {KeyboardEvent} event @returns {boolean} whether it belongs to what is being typed */
  goesOn(event) {
    return event.timeStamp - this.#at < TYPING_MS;
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it is a character that a name may hold */
  take(event) {
    const goesOn = this.goesOn(event);
    if ([...event.key].length !== 1 || (event.key === " " && !goesOn)) return false;
    this.text = (goesOn ? this.text : "") + event.key.toLowerCase();
    this.#at = event.timeStamp;
    return true;
  }

  /** The next character begins a new name. */
  end() {
    this.#at = -Infinity;
  }
}
