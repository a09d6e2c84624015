/** What the staging panel shows: pages of the store's files, and uploads on their way. */
import { VDomModel } from '@jupyterlab/ui-components';

import { messageOf } from '../notices';
import type { SandfsClient, StoredFile } from '../client';
import { FileUpload, UploadQueue } from './uploads';

/** Files of one request, and rows that appear at a time. */
const PAGE = 200;
const SHORTEST_PREFIX = 'files/';

export class StagingModel extends VDomModel {
  files: readonly StoredFile[] = [];
  selected: string | null = null;
  prefix = '';
  /** Whether there are more files behind those that are shown. */
  hasMore = false;
  isLoading = false;
  /** Why the list could not be had; empty when it could. */
  problem = '';
  private asked = 0;

  constructor(
    readonly client: SandfsClient,
    readonly queue: UploadQueue
  ) {
    super();
    queue.changed.connect(() => this.stateChanged.emit());
    queue.finished.connect(() => void this.refresh());
  }

  get selectedFile(): StoredFile | undefined {
    return this.files.find(file => file.key === this.selected);
  }

  select(key: string | null): void {
    this.selected = key;
    this.stateChanged.emit();
  }

  /** Show only files whose keys begin with `prefix`; without a slash in it, only those of `files/`. */
  filter(prefix: string): Promise<void> {
    this.prefix = prefix;
    return this.load([], PAGE);
  }

  /** List again as many files as are shown. */
  refresh(): Promise<void> {
    return this.load([], Math.max(PAGE, this.files.length));
  }

  /** Show the next page too. */
  more(): Promise<void> {
    return this.load(this.files, this.files.length + PAGE);
  }

  /** Put a file on its way. A key that is taken is replaced. */
  upload(file: File, ttl: number | null): FileUpload {
    return this.queue.add(file, {
      key: keyOf(file),
      filename: file.name,
      filetype: file.type,
      ...(ttl === null ? {} : { ttl: String(ttl) })
    });
  }

  /** Whether a file of this name is in the store. */
  has(file: File): Promise<boolean> {
    return this.client.hasFile(keyOf(file));
  }

  async remove(key: string): Promise<void> {
    await this.client.deleteFile(key);
    await this.refresh();
  }

  /** @param ttl - seconds from now; 0 for ever */
  async keep(key: string, ttl: number): Promise<void> {
    await this.client.keepFile(key, ttl);
    await this.refresh();
  }

  /** List on from `shown` until `count` files are there. Only what was asked for last is shown. */
  private async load(shown: readonly StoredFile[], count: number): Promise<void> {
    const turn = ++this.asked;
    this.isLoading = true;
    this.stateChanged.emit();
    try {
      const page = await this.list(shown, count);
      if (turn === this.asked) {
        [this.files, this.hasMore, this.problem] = [page.files, page.hasMore, ''];
      }
    } catch (error) {
      if (turn === this.asked) {
        this.problem = messageOf(error);
      }
    } finally {
      this.isLoading = turn === this.asked ? false : this.isLoading;
      this.stateChanged.emit();
    }
  }

  private async list(shown: readonly StoredFile[], count: number): Promise<{ files: StoredFile[]; hasMore: boolean }> {
    const files = [...shown];
    let next: string | null | undefined = files.at(-1)?.key;
    const prefix = this.prefix && !this.prefix.includes('/') ? SHORTEST_PREFIX + this.prefix : this.prefix;
    do {
      const limit = Math.min(count - files.length, 1000);
      const page = await this.client.listFiles({ prefix, limit, ...(next ? { after: next } : {}) });
      files.push(...page.files);
      next = page.next;
    } while (next && files.length < count);
    return { files, hasMore: Boolean(next) };
  }
}

/** The key of a file that somebody uploads: its name, so that it is found again. */
export function keyOf(file: File): string {
  return `files/${file.name}`;
}

/** What people call a stored file: the name it had in a sandbox, else the last part of its key. */
export function nameOf(file: StoredFile): string {
  return file.metadata.original_filename || (file.key.split('/').pop() ?? file.key);
}
