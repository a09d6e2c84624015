/** Copies between drives, which JupyterLab itself refuses ("must occur within a Drive"). */
import { PathExt } from '@jupyterlab/coreutils';
import { Contents, ServerConnection } from '@jupyterlab/services';

/** Bytes of one piece, as JupyterLab's own uploads have them. */
const PIECE = 1024 * 1024;
/** Most files and folders of one copy: a mistaken drag of a home directory ends early. */
const MOST = 10_000;

/** Told how many bytes of a file have gone over the line. */
export type Count = (bytes: number) => void;

/** Write a file as it is, and not as text in JSON. Rejects when something is there that is not to be replaced. */
export type Write = (path: string, content: Blob, replace: boolean, count: Count) => Promise<void>;

export interface Transfer {
  contents: Contents.IManager;
  settings: ServerConnection.ISettings;
  /** Whether what is there at a path may be replaced. */
  mayReplace: (path: string) => Promise<boolean>;
  /** How to write where there is a better way than the contents API; null where there is none. */
  write: Write | null;
  /** Told how much of a file is done, from 0 to 1. */
  onProgress: (path: string, done: number) => void;
  signal: AbortSignal;
}

/**
 * Copy files and folders of any drive into a folder of any drive. Folders that are there are filled.
 *
 * @returns how many files were written
 * @throws the reason of the signal, when it was aborted
 */
export async function copyInto(transfer: Transfer, sources: readonly string[], folder: string): Promise<number> {
  const { contents, signal } = transfer;
  const left = sources.map(source => ({ source, folder }));
  let [seen, written] = [0, 0];
  for (let next = left.shift(); next; next = left.shift()) {
    signal.throwIfAborted();
    if (++seen > MOST) {
      throw new Error(`More than ${MOST} files and folders: the copy stopped.`);
    }
    const model = await contents.get(next.source, { content: false });
    const target = PathExt.join(next.folder, PathExt.basename(contents.localPath(next.source)));
    if (model.type === 'directory') {
      left.push(...(await openFolder(contents, next.source, target)));
    } else {
      written += (await copyFile(transfer, model, next.source, target)) ? 1 : 0;
    }
  }
  return written;
}

/** Copy one file, unless what is there is to stay: then it gives false. */
async function copyFile(
  transfer: Transfer,
  { size }: Contents.IModel,
  source: string,
  target: string
): Promise<boolean> {
  const replace = await exists(transfer.contents, target);
  if (replace && !(await transfer.mayReplace(target))) {
    return false;
  }
  let [read, sent, total] = [0, 0, 2 * (size ?? 0)];
  const tell = (): void => transfer.onProgress(target, total > 0 ? Math.min((read + sent) / total, 1) : 0);
  tell();
  const content = await readFile(transfer, source, bytes => {
    read = bytes;
    tell();
  });
  [read, total] = [content.size, 2 * content.size];
  const write = transfer.write ?? saveFile(transfer);
  await write(target, content, replace, bytes => {
    sent = bytes;
    tell();
  });
  return true;
}

/** The bytes of a file of any drive. */
async function readFile({ contents, settings, signal }: Transfer, path: string, count: Count): Promise<Blob> {
  const response = await ServerConnection.makeRequest(await contents.getDownloadUrl(path), { signal }, settings);
  if (!response.ok) {
    throw await ServerConnection.ResponseError.create(response);
  }
  let arrived = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      count((arrived += chunk.byteLength));
      controller.enqueue(chunk);
    }
  });
  return new Response(response.body?.pipeThrough(counting)).blob();
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

/** The way that every drive has: pieces of text, through its contents API. */
function saveFile({ contents, signal }: Transfer): Write {
  return async (path, content, _replace, count) => {
    const name = PathExt.basename(contents.localPath(path));
    const pieces = Math.max(1, Math.ceil(content.size / PIECE));
    for (let number = 1; number <= pieces; number++) {
      signal.throwIfAborted();
      const piece = content.slice((number - 1) * PIECE, number * PIECE);
      const chunk = pieces === 1 ? {} : { chunk: number === pieces ? -1 : number };
      await contents.save(path, { type: 'file', format: 'base64', name, content: await base64(piece), ...chunk });
      count(Math.min(number * PIECE, content.size));
    }
  };
}

function base64(content: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(String(reader.result).split(',', 2)[1] ?? ''));
    reader.addEventListener('error', () => reject(reader.error ?? new Error('the file cannot be read')));
    reader.readAsDataURL(content);
  });
}
