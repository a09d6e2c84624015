/**
 * A typed client of `/sandfs/v1`: sandboxes in kernels, and the staging store.
 *
 * Paths, query arguments, bodies and answers are held to the OpenAPI document of the server by the compiler
 * (`openapi.ts`). It knows nothing of JupyterLab: whoever makes it says how a request is sent.
 */
import type { components, operations, paths } from './openapi';

type Schemas = components['schemas'];
export type FsEntry = Schemas['FsEntry'];
export type FsWritten = Schemas['FsWritten'];
export type FsStaged = Schemas['FsStaged'];
export type FsBatch = Schemas['FsBatch'];
export type StoredFile = Schemas['FileInfo'];
export type FilePage = Schemas['FileList'];
export type Receipt = Schemas['Receipt'];
export type Published = Schemas['Published'];
export type Link = Schemas['Link'];
export type Kernels = Schemas['Kernels'];
type Problem = Schemas['Problem'];

type Operation = keyof operations;
type Query<O extends Operation> = NonNullable<operations[O]['parameters']['query']>;
type Body<O extends Operation> = operations[O] extends {
  requestBody: { content: { 'application/json': infer B } };
}
  ? B
  : never;
type Headers<O extends Operation> = NonNullable<operations[O]['parameters']['header']>;

/** Which sandbox is meant: without a session the only kernel that holds one, and `default` of its sandboxes. */
export type Address = Pick<Query<'statFs'>, 'session_id' | 'sandbox' | 'view'>;

/** Send a request with the login that it needs. The same as `fetch` otherwise. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** What the server said when it refused. */
export class SandfsError extends Error {
  /**
   * @param status - of HTTP
   * @param code - of the table in docs/http.md, such as `not_found`; `internal` when it wasn't our server that answered
   */
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string
  ) {
    super(detail);
    this.name = 'SandfsError';
  }
}

/** The methods that a path takes. */
type Method<P extends keyof paths> = {
  [M in keyof paths[P]]-?: paths[P][M] extends { responses: unknown } ? M : never;
}[keyof paths[P]];

/** What an operation answers as JSON when all is well. */
type Answer<T> = T extends { responses: infer R }
  ? { [S in keyof R]: R[S] extends { content: { 'application/json': infer B } } ? B : never }[keyof R]
  : never;

interface Request<T> {
  query?: T extends { parameters: { query?: infer Q } } ? Q : never;
  headers?: T extends { parameters: { header?: infer H } } ? H : never;
  json?: T extends { requestBody: { content: { 'application/json': infer B } } } ? B : never;
  body?: BodyInit;
  type?: string;
}

export class SandfsClient {
  /**
   * @param root - the address of the API, which ends with `sandfs/v1`
   * @param send - see {@link Send}
   */
  constructor(
    readonly root: string,
    private readonly send: Send
  ) {}

  // ---------------------------------------------------------------- sandboxes

  /** The kernels that hold sandboxes, and their names. */
  listSandboxes(): Promise<Kernels> {
    return this.json(['get', '/sandboxes']);
  }

  /** The entries of a directory, by name. */
  listFsEntries(query: Query<'listFsEntries'> = {}): Promise<FsEntry[]> {
    return this.json(['get', '/fs/entries'], { query });
  }

  /** The content of a file; `headers` may ask for a range. */
  readFsFile(query: Query<'readFsFile'>, headers: Headers<'readFsFile'> = {}): Promise<Response> {
    return this.ask(['get', '/fs/file'], { query, headers });
  }

  /** Write a file in one step, with the directories above it. */
  writeFsFile(query: Query<'writeFsFile'>, body: BodyInit, headers: Headers<'writeFsFile'> = {}): Promise<FsWritten> {
    return this.json(['put', '/fs/file'], { query, headers, body, type: 'application/octet-stream' });
  }

  deleteFsEntry(query: Query<'deleteFsEntry'>, headers: Headers<'deleteFsEntry'> = {}): Promise<Schemas['FsPath']> {
    return this.json(['delete', '/fs/entry'], { query, headers });
  }

  /** Make a directory, with those above it. One that is there is no error. */
  mkdirFs(query: Query<'mkdirFs'>): Promise<Schemas['FsPath']> {
    return this.json(['post', '/fs/mkdir'], { query });
  }

  moveFs(query: Query<'moveFs'>, json: Body<'moveFs'>): Promise<Schemas['FsMoved']> {
    return this.json(['post', '/fs/move'], { query, json });
  }

  statFs(query: Query<'statFs'>): Promise<FsEntry> {
    return this.json(['get', '/fs/stat'], { query });
  }

  /** Unpack an archive, all of it or nothing. */
  uploadFsBatch(query: Query<'uploadFsBatch'>, body: BodyInit, type = 'application/x-tar'): Promise<FsBatch> {
    return this.json(['post', '/fs/upload-batch'], { query, body, type });
  }

  /** Bring a stored file, or all files of a prefix that ends in a slash, into a sandbox. */
  stageFs(query: Query<'stageFs'>, json: Body<'stageFs'>): Promise<FsWritten | FsStaged> {
    return this.json(['post', '/fs/stage'], { query, json });
  }

  /** Put a file or a whole directory of a sandbox into the store. */
  publishFs(query: Query<'publishFs'>, json: Body<'publishFs'>): Promise<Receipt | Published> {
    return this.json(['post', '/fs/publish'], { query, json });
  }

  /** Where a file of a sandbox is read and written. */
  fsFileUrl(query: Query<'writeFsFile'>): string {
    return this.address('/fs/file', query);
  }

  /** Where a directory can be downloaded from as an archive. */
  archiveUrl(query: Query<'archiveFs'>): string {
    return this.address('/fs/archive', query);
  }

  // ---------------------------------------------------------------- the staging store

  /** A page of files in the order of keys; `after` of the next one is in `next`. */
  listFiles(query: Query<'listFiles'> = {}): Promise<FilePage> {
    return this.json(['get', '/files'], { query });
  }

  /** Whether there is a file at a key. */
  async hasFile(key: string): Promise<boolean> {
    try {
      await this.ask(['head', '/files/{key}'], {}, key);
      return true;
    } catch (error) {
      if (error instanceof SandfsError && error.status === 404) {
        return false;
      }
      throw error;
    }
  }

  readFile(key: string, headers: Headers<'readFile'> = {}): Promise<Response> {
    return this.ask(['get', '/files/{key}'], { headers }, key);
  }

  /** Store a file at a key. Big ones are for `UploadQueue`, which can resume. */
  writeFile(key: string, body: BodyInit, query: Query<'writeFile'> = {}): Promise<Receipt> {
    return this.json(['put', '/files/{key}'], { query, body, type: 'application/octet-stream' }, key);
  }

  deleteFile(key: string): Promise<{ deleted: string }> {
    return this.json(['delete', '/files/{key}'], {}, key);
  }

  copyFile(key: string, json: Body<'copyFile'>): Promise<Receipt> {
    return this.json(['post', '/files/{key}/copy'], { json }, key);
  }

  /** Let a file live for so many seconds from now, 0 for ever: it is stored once more at its own key. */
  keepFile(key: string, ttl: number): Promise<Receipt> {
    return this.copyFile(key, { to: key, ttl, overwrite: true });
  }

  /** Make a link that needs no login. */
  signFile(key: string, json: Body<'signFile'>): Promise<Link> {
    return this.json(['post', '/files/{key}/sign'], { json }, key);
  }

  /** Where a stored file can be downloaded from, with a login. */
  fileUrl(key: string): string {
    return this.address('/files/{key}', {}, key);
  }

  /** Where resumable uploads begin (tus 1.0). */
  get uploadsUrl(): string {
    return `${this.root}/uploads`;
  }

  // ---------------------------------------------------------------- requests

  private async json<P extends keyof paths, M extends Method<P>>(
    [method, path]: [M, P],
    request: Request<paths[P][M]> = {},
    key?: string
  ): Promise<Answer<paths[P][M]>> {
    return (await this.ask([method, path], request, key)).json() as Promise<Answer<paths[P][M]>>;
  }

  private async ask<P extends keyof paths, M extends Method<P>>(
    [method, path]: [M, P],
    request: Request<paths[P][M]>,
    key?: string
  ): Promise<Response> {
    const type = request.json ? 'application/json' : request.type;
    const response = await this.send(this.address(path, request.query ?? {}, key), {
      method: String(method).toUpperCase(),
      headers: { ...(request.headers as object | undefined), ...(type ? { 'Content-Type': type } : {}) },
      body: request.json ? JSON.stringify(request.json) : request.body
    });
    if (!response.ok) {
      throw await refusal(response);
    }
    return response;
  }

  private address(path: keyof paths, query: object, key = ''): string {
    const place = path.replace('{key}', () => key.split('/').map(encodeURIComponent).join('/'));
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return this.root + place + (text && `?${text}`);
  }
}

/** The error that an answer tells, in its words; proxies answer in words of their own. */
export async function refusal(response: Response): Promise<SandfsError> {
  let told: Partial<Problem> = {};
  try {
    told = (await response.json()) as Partial<Problem>;
  } catch {
    // no problem of ours: the status has to do
  }
  const code = told.type?.split(':').pop() ?? 'internal';
  return new SandfsError(response.status, code, told.detail ?? `${response.status} ${response.statusText}`.trim());
}
