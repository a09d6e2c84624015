/** What is shown of a sandbox without files: ways to begin. */

import { drawing } from "./icons.js";
import { element, setAttribute, spread, textButton, toolButton } from "./elements.js";

const RECIPES = ["%%sandfs write /hello.txt", "%sandfs import ~/project /data"];

/**
 * @param {{upload: () => void, newFile: () => void, fromStore: (() => void)|null, drop: (data: DataTransfer) => void,
 *   copy: (text: string) => void}} actions
 * @returns {HTMLElement}
 */
export function emptyPart({ upload, newFile, fromStore, drop, copy }) {
  const part = element(
    "div",
    { class: "sfs-empty", hidden: true },
    emptyDrawing(),
    element("strong", {}, "Nothing here yet"),
    element("span", { class: "sfs-quiet" }, "Drop files or folders here, or start from a cell."),
    element(
      "div",
      { class: "sfs-choices-row" },
      textButton("Upload", upload, { primary: true, iconName: "upload" }),
      textButton("New file", newFile, { iconName: "new-file" }),
      fromStore && textButton("From the store", fromStore, { iconName: "store" }),
    ),
    ...RECIPES.map((line) => recipe(line, copy)),
  );
  for (const type of ["dragover", "dragleave", "drop"]) {
    part.addEventListener(type, (event) => onEmptyDrag(/** @type {DragEvent} */ (event), part, drop));
  }
  return part;
}

function recipe(line, copy) {
  const code = element("code", { class: "sfs-code sfs-clip" }, line);
  return element("div", { class: "sfs-recipe" }, code, spread(), toolButton("copy", `Copy ${line}`, () => copy(line)));
}

/** @param {DragEvent} event */
function onEmptyDrag(event, part, drop) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  event.stopPropagation();
  setAttribute(part, "data-drop", event.type === "dragover");
  if (event.type === "drop") drop(event.dataTransfer);
}

function emptyDrawing() {
  const svg = drawing("svg", { class: "sfs-icon", viewBox: "0 0 96 64", "aria-hidden": "true" });
  for (const line of [
    "M14 54V16a3 3 0 0 1 3-3h17l6 7h35a3 3 0 0 1 3 3v5",
    "m14 55 9-24a4 4 0 0 1 4-3h57l-9 24a4 4 0 0 1-4 3z",
    "M51 34v14M44 41h14",
  ])
    svg.append(drawing("path", { d: line }));
  return svg;
}
