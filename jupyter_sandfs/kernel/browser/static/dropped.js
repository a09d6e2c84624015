/** What was dropped on the page: files, and folders that are walked to a bound. */

const DROP_FILES = 2000;
const DROP_DEPTH = 32;

/**
 * Give the files of a drop with names relative to it.
 * @param {DataTransfer} data @returns {Promise<{file: File, name: string}[]>}
 */
export async function droppedFiles(data) {
  // read before the event is over
  const roots = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = [...data.files].map((file) => ({ file, name: file.name }));
  if (!roots.some((root) => root.isDirectory)) return plain.slice(0, DROP_FILES);
  const found = [];
  for (const root of roots) await walkDropped(root, root.name, DROP_DEPTH, found);
  return found;
}

async function walkDropped(node, name, depth, found) {
  if (found.length >= DROP_FILES || depth === 0) return;
  if (node.isFile) {
    found.push({ file: await new Promise((resolve, reject) => node.file(resolve, reject)), name });
    return;
  }
  const reader = node.createReader();
  const batch = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  for (let children = await batch(); children.length > 0 && found.length < DROP_FILES; children = await batch()) {
    for (const child of children) await walkDropped(child, `${name}/${child.name}`, depth - 1, found);
  }
}
