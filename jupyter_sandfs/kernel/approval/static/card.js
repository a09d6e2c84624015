/** The card on which a person allows or denies what an agent asks for. It decides nothing: the kernel does. */

import { drawing } from "./icons.js";
import { element, setAttribute, spread, textButton } from "./elements.js";
import { diffView } from "./diffview.js";
import { clockText, millisecondsLeft, spokenTime } from "./clock.js";
import { sendAnswer } from "./answering.js";

const ARM_MS = 600; // a click that was meant for what stood here before allows nothing
const TICK_MS = 250;
const HURRY_MS = 10_000;
const ANSWERED = "sandfs-answered";
const REASON = "Reason for the agent, if you deny";
const AGENT_LINES = ["M3 6.5h10v6.5H3z", "M8 6.5V4", "M6 9.2v1", "M10 9.2v1"];

/** When each question was first shown: a page may draw it again. @type {Map<string, number>} */
const FIRST_SHOWN = new Map();

/**
 * @typedef {object} QuestionFacts
 * @property {[string, boolean][]} title pieces, and whether they stand out
 * @property {[string, string][]} facts
 * @property {any[]} rows @property {string} before @property {string} after
 * @property {string} text a command, where nothing is compared
 * @property {string} warning
 * @property {string} run what allowing for this run means
 * @property {number} seconds @property {number} endsAt
 */

class Card {
  #model;
  /** @type {QuestionFacts} */
  #question;
  #id;
  #armed = 0;
  #hurried = true;
  #timer = 0;
  /** What has the keyboard when the card goes. @type {HTMLElement|null} */
  #home = null;
  #rearm = () => this.#disarm();
  #gone = () => this.#end("The kernel is gone: nothing was allowed.");
  #told = (message) => message?.error && this.#end(message.error);

  /** @param {any} model of anywidget */
  constructor(model) {
    this.#model = model;
    this.#question = model.get("question");
    this.#id = model.get("number");
    if (!FIRST_SHOWN.has(this.#id)) FIRST_SHOWN.set(this.#id, Date.now());
    this.#draw();
    model.on("comm_live_update", this.#gone);
    model.on("msg:custom", this.#told);
    document.addEventListener(ANSWERED, this.#rearm);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#disarm();
    this.#tick();
    this.#hurried = this.#left() <= 2 * HURRY_MS; // what has just been said need not be said again
    this.#say(`${this.#sentence()}. Denied in ${spokenTime(this.#left())} unless you allow it.`);
  }

  close() {
    clearInterval(this.#timer);
    clearTimeout(this.#armed);
    this.#model.off("comm_live_update", this.#gone);
    this.#model.off("msg:custom", this.#told);
    document.removeEventListener(ANSWERED, this.#rearm);
    this.#home?.focus({ preventScroll: true });
  }

  #draw() {
    const { title, facts } = this.#question;
    const said = title.map(([text, strong]) => element(strong ? "b" : "span", {}, element("bdi", {}, text)));
    this.ring = element("span", { class: "sfs-ring", "aria-hidden": true });
    this.time = element("span", { class: "sfs-quiet sfs-clock", role: "timer", "aria-live": "off" });
    this.spoken = element("div", { class: "sfs-unseen", role: "alert" });
    const head = element("span", { class: "sfs-asks" }, ...said);
    this.element = element(
      "section",
      { class: "sfs sfs-approval", role: "region", "aria-label": this.#sentence(), "data-lm-suppress-shortcuts": "true" },
      element("div", { class: "sfs-bar sfs-card-head" }, agentIcon(), head, spread(), this.ring, this.time),
      element("dl", { class: "sfs-facts" }, ...facts.map(factPair)),
      this.#warning(),
      this.#shown(),
      this.#foot(),
      this.spoken,
    );
    for (const kind of ["click", "keydown"]) this.element.addEventListener(kind, onlyHands, true);
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
  }

  #warning() {
    const { warning } = this.#question;
    return warning !== "" && element("div", { class: "sfs-card-warning", role: "note" }, warning);
  }

  #shown() {
    const { rows, before, after, text } = this.#question;
    const attributes = { class: "sfs-card-shown", tabindex: 0, role: "group", "aria-label": "What would be done" };
    if (rows.length > 0) return element("div", attributes, diffView({ rows: /** @type {any} */ (rows) }, before, after));
    return text !== "" && element("div", attributes, element("pre", { class: "sfs-command" }, text));
  }

  #foot() {
    const words = { type: "text", placeholder: REASON, "aria-label": REASON, maxlength: 500, autocomplete: "off" };
    this.reason = /** @type {HTMLInputElement} */ (element("input", words));
    this.reason.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) this.#answer("deny");
    });
    this.deny = textButton("Deny", () => this.#answer("deny"));
    const run = textButton("Allow for this run", () => this.#answer("run"));
    run.title = this.#question.run;
    this.allows = [run, textButton("Allow once", () => this.#answer("once"), { primary: true })];
    const field = element("label", { class: "sfs-field" }, this.reason);
    return element("div", { class: "sfs-bar sfs-card-foot" }, field, this.deny, spread(), ...this.allows);
  }

  /** @param {"once"|"run"|"deny"} verdict */
  #answer(verdict) {
    if (this.deny.hasAttribute("disabled") || (verdict !== "deny" && this.allows[0].hasAttribute("disabled"))) return;
    if (this.element.contains(document.activeElement)) this.#home = this.element.closest(".jp-Notebook, [tabindex]");
    this.#disable();
    this.time.textContent = verdict === "deny" ? "denying …" : "allowing …";
    this.#say(verdict === "deny" ? "Denied" : "Allowed");
    const sent = { id: this.#id, verdict, reason: verdict === "deny" ? this.reason.value : "" };
    sendAnswer(this.#model, sent, (text) => this.#end(text));
    document.dispatchEvent(new Event(ANSWERED));
  }

  #tick() {
    const left = this.#left();
    setAttribute(this.ring, "--part", `${(100 * left) / (1000 * this.#question.seconds)}%`);
    if (this.deny.hasAttribute("disabled")) return;
    this.time.textContent = `denied in ${clockText(left)}`;
    if (left === 0) this.#end("Nobody answered in time: denied.");
    else if (left <= HURRY_MS && !this.#hurried) this.#hurry(left);
  }

  #hurry(left) {
    this.#hurried = true;
    setAttribute(this.time, "data-soon", true);
    this.#say(`${this.#sentence()}: ${spokenTime(left)} left.`);
  }

  /** Nothing that is clicked from now on counts. @param {string} text */
  #end(text) {
    this.#disable();
    this.time.textContent = text;
    this.#say(text);
  }

  #disable() {
    clearTimeout(this.#armed);
    for (const control of [this.reason, this.deny, ...this.allows]) setAttribute(control, "disabled", true);
  }

  /** What was clicked when the card had just appeared, or moved, was meant for something else. */
  #disarm() {
    if (this.deny.hasAttribute("disabled")) return;
    clearTimeout(this.#armed);
    for (const button of this.allows) setAttribute(button, "disabled", true);
    this.#armed = setTimeout(() => {
      for (const button of this.allows) setAttribute(button, "disabled", false);
    }, ARM_MS);
  }

  #left() {
    return millisecondsLeft(this.#question, FIRST_SHOWN.get(this.#id) ?? 0, Date.now());
  }

  #sentence() {
    return this.#question.title.map(([text]) => text).join("");
  }

  /** Screen readers tell of text that comes after its element. @param {string} text */
  #say(text) {
    requestAnimationFrame(() => this.spoken.replaceChildren(text));
  }
}

/** Scripts of the page, as in an output of an agent's, may send clicks too: those are not trusted. @param {Event} event */
function onlyHands(event) {
  if (event.isTrusted) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** @param {[string, string]} fact @returns {HTMLElement} */
function factPair([name, value]) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, element("bdi", {}, value)));
}

function agentIcon() {
  const svg = drawing("svg", { class: "sfs-icon", viewBox: "0 0 16 16" });
  for (const line of AGENT_LINES) svg.append(drawing("path", { d: line }));
  svg.append(drawing("circle", { cx: 8, cy: 2.9, r: 1 }));
  return element("span", { class: "sfs-agent", "aria-hidden": true }, svg);
}

/** @param {{model: any, el: HTMLElement}} context of anywidget @returns {() => void} takes the view down */
function render({ model, el }) {
  const card = new Card(model);
  el.replaceChildren(card.element);
  return () => card.close();
}

export default { render };
