/** Copies between drives, which JupyterLab itself refuses ("must occur within a Drive"). */
import { PathExt } from '@jupyterlab/coreutils';
import { Contents, ServerConnection } from '@jupyterlab/services';

/** Bytes of one piece, as JupyterLab's own uploads have them. */
const PIECE = 1024 * 1024;
/** Most files and folders of one copy: a mistaken drag of a home directory ends early. */
const MOST = 10_000;

export interface Transfer {
  contents: Contents.IManager;
  settings: ServerConnection.ISettings;
  /** Whether what is there at a path may be replaced. */
  mayReplace: (path: string) => Promise<boolean>;
}

/**
 * Copy files and folders of any drive into a folder of any drive. Folders that are there are filled.
 *
 * @returns how many files were written
 */
export async function copyInto(transfer: Transfer, sources: readonly string[], folder: string): Promise<number> {
  const { contents } = transfer;
  const left = sources.map(source => ({ source, folder }));
  let [seen, written] = [0, 0];
  for (let next = left.shift(); next; next = left.shift()) {
    if (++seen > MOST) {
      throw new Error(`More than ${MOST} files and folders: the copy stopped.`);
    }
    const model = await contents.get(next.source, { content: false });
    const target = PathExt.join(next.folder, PathExt.basename(contents.localPath(next.source)));
    if (model.type === 'directory') {
      left.push(...(await openFolder(contents, next.source, target)));
    } else if (await mayWrite(transfer, target)) {
      await writeFile(contents, target, await readFile(transfer, next.source));
      written += 1;
    }
  }
  return written;
}

/** The bytes of a file of any drive. */
export async function readFile({ contents, settings }: Transfer, path: string): Promise<Blob> {
  const url = await contents.getDownloadUrl(path);
  const response = await ServerConnection.makeRequest(url, {}, settings);
  if (!response.ok) {
    throw await ServerConnection.ResponseError.create(response);
  }
  return response.blob();
}

/** Make the folder `target`, and tell what of `source` goes into it. */
async function openFolder(contents: Contents.IManager, source: string, target: string) {
  if (!(await exists(contents, target))) {
    await contents.save(target, { type: 'directory' });
  }
  const listed = await contents.get(source, { content: true });
  const children = listed.content as Contents.IModel[];
  return children.map(child => ({ source: PathExt.join(source, child.name), folder: target }));
}

async function mayWrite({ contents, mayReplace }: Transfer, path: string): Promise<boolean> {
  return !(await exists(contents, path)) || mayReplace(path);
}

async function exists(contents: Contents.IManager, path: string): Promise<boolean> {
  try {
    await contents.get(path, { content: false });
    return true;
  } catch (error) {
    if (error instanceof ServerConnection.ResponseError && error.response.status === 404) {
      return false;
    }
    throw error;
  }
}

async function writeFile(contents: Contents.IManager, path: string, content: Blob): Promise<void> {
  const name = PathExt.basename(contents.localPath(path));
  const pieces = Math.max(1, Math.ceil(content.size / PIECE));
  for (let number = 1; number <= pieces; number++) {
    const piece = content.slice((number - 1) * PIECE, number * PIECE);
    const chunk = pieces === 1 ? {} : { chunk: number === pieces ? -1 : number };
    await contents.save(path, { type: 'file', format: 'base64', name, content: await base64(piece), ...chunk });
  }
}

function base64(content: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(String(reader.result).split(',', 2)[1] ?? ''));
    reader.addEventListener('error', () => reject(reader.error ?? new Error('the file cannot be read')));
    reader.readAsDataURL(content);
  });
}
