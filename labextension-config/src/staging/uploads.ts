/** Uploads into the staging store: resumable by tus 1.0, also after the page was loaded again. */
import { Signal } from '@lumino/signaling';
import { type DetailedError, Upload as TusUpload } from 'tus-js-client';

/** Uploads at a time; the others wait. */
const AT_ONCE = 3;
/** Pauses before the next try, in milliseconds; whoever wants more resumes by hand. */
const RETRIES = [500, 2000, 5000];

export type UploadState = 'waiting' | 'sending' | 'stopped' | 'done';

export interface UploadOptions {
  /** Where uploads begin. */
  endpoint: string;
  /** The login, asked for anew before each request. */
  headers: () => Record<string, string>;
  /** Bytes of one request. */
  chunkSize: number;
}

/** One file on its way. */
export class FileUpload {
  state: UploadState = 'waiting';
  sent = 0;
  /** Why it stopped; empty if somebody stopped it. */
  problem = '';
  private tus: TusUpload | null = null;

  /** @param metadata - `key` and `ttl` of docs/http.md, and the name and type of the file */
  constructor(
    readonly file: File,
    readonly metadata: Record<string, string>,
    private readonly options: UploadOptions,
    private readonly changed: () => void
  ) {}

  /** Begin, or go on where an earlier try of the same file to the same key stopped. */
  async start(): Promise<void> {
    this.problem = '';
    this.move('sending');
    this.tus ??= this.create();
    const tus = this.tus;
    try {
      const earlier = tus.url ? [] : await tus.findPreviousUploads();
      if (earlier.length > 0) {
        tus.resumeFromPreviousUpload(earlier[earlier.length - 1]);
      }
    } catch {
      // a browser without storage: it begins anew
    }
    if (this.state === 'sending') {
      tus.start();
    }
  }

  /** Stop sending; what arrived stays, to go on with. */
  async stop(problem = ''): Promise<void> {
    this.problem = problem;
    this.move('stopped');
    await this.tus?.abort(false);
  }

  /** Stop, and let the server forget what arrived. */
  async discard(): Promise<void> {
    this.state = 'stopped';
    await this.tus?.abort(true);
  }

  private create(): TusUpload {
    const { file, metadata, options } = this;
    return new TusUpload(file, {
      endpoint: options.endpoint,
      metadata,
      chunkSize: options.chunkSize,
      retryDelays: RETRIES,
      removeFingerprintOnSuccess: true,
      fingerprint: async () => ['sandfs', options.endpoint, metadata.key, file.size, file.lastModified].join('|'),
      onBeforeRequest: request => {
        for (const [name, value] of Object.entries(options.headers())) {
          request.setHeader(name, value);
        }
      },
      onProgress: sent => {
        this.sent = sent;
        this.changed();
      },
      onSuccess: () => {
        this.sent = file.size;
        this.move('done');
      },
      onError: error => {
        this.problem = reason(error);
        this.move('stopped');
      }
    });
  }

  private move(state: UploadState): void {
    this.state = state;
    this.changed();
  }
}

/** Uploads in the order in which they were asked for, a few at a time. */
export class UploadQueue {
  readonly uploads: FileUpload[] = [];
  /** Emitted when any upload got further. */
  readonly changed = new Signal<this, void>(this);
  /** Emitted when a file is in the store. */
  readonly finished = new Signal<this, FileUpload>(this);

  constructor(private readonly options: UploadOptions) {}

  add(file: File, metadata: Record<string, string>): FileUpload {
    const upload: FileUpload = new FileUpload(file, metadata, this.options, () => this.follow(upload));
    this.uploads.push(upload);
    this.startWaiting();
    this.changed.emit();
    return upload;
  }

  /** Go on with one that stopped. */
  resume(upload: FileUpload): void {
    upload.state = 'waiting';
    this.startWaiting();
    this.changed.emit();
  }

  /** Take one back: nothing of it stays. Rejects when the server could not be told; then it expires there. */
  async cancel(upload: FileUpload): Promise<void> {
    this.drop(upload);
    await upload.discard();
  }

  private follow(upload: FileUpload): void {
    if (upload.state === 'done') {
      this.drop(upload);
      this.finished.emit(upload);
    }
    if (upload.state !== 'sending') {
      this.startWaiting();
    }
    this.changed.emit();
  }

  private drop(upload: FileUpload): void {
    const index = this.uploads.indexOf(upload);
    if (index >= 0) {
      this.uploads.splice(index, 1);
      this.startWaiting();
      this.changed.emit();
    }
  }

  private startWaiting(): void {
    const sending = this.uploads.filter(each => each.state === 'sending').length;
    const waiting = this.uploads.filter(each => each.state === 'waiting');
    for (const upload of waiting.slice(0, Math.max(0, AT_ONCE - sending))) {
      void upload.start();
    }
  }
}

/** What the server said, in its words; of all else people need to know only that it can be tried again. */
function reason(error: Error): string {
  try {
    const response = (error as Partial<DetailedError>).originalResponse;
    const problem = JSON.parse(response?.getBody() ?? '') as { detail?: string };
    return problem.detail ?? 'the server refused';
  } catch {
    return 'the connection broke';
  }
}
