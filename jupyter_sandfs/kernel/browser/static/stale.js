/** When the kernel that knew a browser is gone: says so, and makes a new one in the kernel that came after it. */

import { icon } from "./icons.js";
import { element, spread, textButton } from "./elements.js";

const ATTACH_FRAMES = 120;

/** @param {() => void} reload @returns {HTMLElement} */
export function goneBar(reload) {
  return element(
    "div",
    { class: "sfs-bar sfs-notice", role: "status", hidden: true },
    icon("unplugged"),
    element("span", { class: "sfs-title" }, "Kernel restarted"),
    element("span", { class: "sfs-quiet sfs-clip" }, "This listing is from before. Contents live in the kernel only."),
    spread(),
    textButton("Reload", reload, { iconName: "reload" }),
  );
}

/**
 * Make a browser of the same sandbox in the kernel that runs now.
 * @param {any} manager of widgets @param {{name: string, path: string, view: string|null}} place
 * @returns {Promise<any>} its model
 */
export async function freshModel(manager, { name, path, view }) {
  const { kernel } = manager ?? {};
  if (!kernel) throw new Error("There is no kernel here. Start one, and run the cell again.");
  const words = [name, path].map((word) => JSON.stringify(word));
  const eyes = view === null ? "None" : JSON.stringify(view);
  const expression = `__import__("jupyter_sandfs.kernel.browser.again", fromlist=["again"]).again(${words}, ${eyes})`;
  const asked = { code: "", store_history: false, silent: false, user_expressions: { made: expression } };
  const reply = await kernel.requestExecute(asked).done;
  const made = reply.content.user_expressions?.made;
  if (made?.status !== "ok") throw new Error(made?.evalue ?? "The kernel did not answer. Run the cell again.");
  return manager.get_model(made.data["text/plain"].replaceAll("'", ""));
}

/**
 * Hide the static listing that stands for the widget where there is no kernel.
 * @param {HTMLElement} el of the widget @returns {() => void} shows it again
 */
export function hideStatic(el) {
  /** @type {[HTMLElement, string][]} */
  const hidden = [];
  const find = (frames) => {
    const area = el.closest(".jp-OutputArea, .output");
    if (!area && frames > 0) frame = requestAnimationFrame(() => find(frames - 1)); // the output is not in the page yet
    for (const listing of area?.querySelectorAll(".sandfs-static") ?? []) {
      const output = /** @type {HTMLElement} */ (listing.closest(".jp-OutputArea-child, .output_area") ?? listing);
      hidden.push([output, output.style.display]);
      output.style.display = "none";
    }
  };
  let frame = requestAnimationFrame(() => find(ATTACH_FRAMES));
  return () => {
    cancelAnimationFrame(frame);
    for (const [output, display] of hidden) output.style.display = display;
  };
}
