/** The two handles: between tree and preview, and under the widget. By pointer or by arrow keys, on a 4 px grid. */

import { element, setAttribute } from "./elements.js";

const STEP_PX = 24;
const HEIGHT = { low: 160, start: 420, high: 960 };
const PANE_WIDTH = 180;
const PANE_HEIGHT = 72;

/** @param {number} low @param {number} value @param {number} high @returns {number} */
function onGrid(low, value, high) {
  return Math.max(low, Math.min(high, Math.round(value / 4) * 4));
}

/** Let a handle be dragged. @param {HTMLElement} handle @param {(event: PointerEvent) => void} move */
function dragWith(handle, move) {
  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", move);
  });
  handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move));
}

/** Let arrow keys move a handle. @param {HTMLElement} handle @param {(pixels: number) => void} step */
function stepWith(handle, step) {
  const directions = { ArrowUp: -STEP_PX, ArrowLeft: -STEP_PX, ArrowDown: STEP_PX, ArrowRight: STEP_PX };
  handle.addEventListener("keydown", (event) => {
    if (!(event.key in directions)) return;
    event.preventDefault();
    step(directions[event.key]);
  });
}

/** @param {HTMLElement} root the widget @returns {HTMLElement} the grip under it, that sets its height */
export function heightGrip(root) {
  const range = { "aria-valuemin": HEIGHT.low, "aria-valuemax": HEIGHT.high, "aria-valuenow": HEIGHT.start };
  const label = { "aria-orientation": "horizontal", "aria-label": "Height of the browser" };
  const grip = element("div", { class: "sfs-grip", role: "separator", tabindex: 0, ...label, ...range });
  const setHeight = (pixels) => {
    const height = onGrid(HEIGHT.low, pixels, HEIGHT.high);
    setAttribute(root, "--sfs-height", `${height}px`);
    setAttribute(grip, "aria-valuenow", height);
  };
  dragWith(grip, (event) => setHeight(event.clientY - root.getBoundingClientRect().top));
  stepWith(grip, (pixels) => setHeight(root.offsetHeight + pixels));
  return grip;
}

/**
 * @param {HTMLElement} body holds tree and preview
 * @param {HTMLElement} tree
 * @returns {HTMLElement} the line between them
 */
export function paneSplit(body, tree) {
  const label = { "aria-orientation": "vertical", "aria-label": "Width of the tree", "aria-valuenow": 42 };
  const split = element("div", { class: "sfs-split", role: "separator", tabindex: 0, ...label });
  const place = (width, height) => {
    const box = body.getBoundingClientRect();
    setAttribute(body, "--sfs-tree-width", `${onGrid(PANE_WIDTH, width, box.width - PANE_WIDTH)}px`);
    setAttribute(body, "--sfs-tree-height", `${onGrid(PANE_HEIGHT, height, box.height - PANE_HEIGHT)}px`);
    setAttribute(split, "aria-valuenow", Math.round((100 * tree.offsetWidth) / Math.max(1, box.width)));
  };
  dragWith(split, (event) => {
    const box = body.getBoundingClientRect();
    place(event.clientX - box.left, event.clientY - box.top);
  });
  stepWith(split, (pixels) => place(tree.offsetWidth + pixels, tree.offsetHeight + pixels));
  return split;
}
