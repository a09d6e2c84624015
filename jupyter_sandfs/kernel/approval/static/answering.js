/** The way of an answer to a kernel that is busy: its control channel. */

const REQUEST = "sandfs_request";
const OPERATION = "answer_question";
const PATIENCE_MS = 3000;

/** @typedef {{id: string, verdict: "once"|"run"|"deny", reason: string}} Verdict */

/**
 * @param {any} kernel of JupyterLab's services @param {Verdict} verdict @param {{id: string, date: string}} stamp
 * @returns {any} a message as the kernel's control channel takes it
 */
export function controlMessage(kernel, verdict, stamp) {
  const header = { msg_id: stamp.id, msg_type: REQUEST, session: kernel.clientId, username: kernel.username };
  return {
    header: { ...header, date: stamp.date, version: "5.2" },
    parent_header: {},
    metadata: {},
    content: { op: OPERATION, arguments: verdict, timeout: 30 },
    channel: "control",
    buffers: [],
  };
}

/**
 * Send an answer. Where the page has no kernel to send it to, or hears nothing for three seconds, the widget sends it.
 * @param {any} model of anywidget @param {Verdict} verdict @param {(text: string) => void} onRefused
 */
export function sendAnswer(model, verdict, onRefused) {
  const kernel = model.widget_manager?.kernel;
  if (typeof kernel?.sendControlMessage !== "function") {
    model.send(verdict);
    return;
  }
  const stamp = { id: crypto.randomUUID?.() ?? String(Math.random()), date: new Date().toISOString() };
  const future = kernel.sendControlMessage(controlMessage(kernel, verdict, stamp), true);
  const timer = setTimeout(() => model.send(verdict), PATIENCE_MS);
  future.done?.catch(() => {}); // it ends by being disposed of
  future.onReply = ({ content }) => {
    clearTimeout(timer);
    future.dispose();
    if (content.error) onRefused(content.error.text);
  };
}
