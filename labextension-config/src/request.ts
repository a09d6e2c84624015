/** How the extension talks to the server: with the login of JupyterLab itself. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { refusal, SandfsClient } from './client';

/** A client of the server that JupyterLab runs on. */
export function connect(settings: ServerConnection.ISettings): SandfsClient {
  const root = URLExt.join(settings.baseUrl, 'sandfs/v1');
  return new SandfsClient(root, (url, init) => ServerConnection.makeRequest(url, init, settings));
}

/** The headers that show the login, for requests that something else makes. */
export function loginHeaders(settings: ServerConnection.ISettings): Record<string, string> {
  const xsrf = xsrfToken();
  if (settings.token) {
    return { Authorization: `token ${settings.token}` };
  }
  return xsrf ? { 'X-XSRFToken': xsrf } : {};
}

export interface PutOptions {
  settings: ServerConnection.ISettings;
  /** Whether what is there may be replaced. */
  replace: boolean;
  /** Told how many bytes were sent. */
  count: (bytes: number) => void;
  signal: AbortSignal;
}

/** Send a file. This is no `fetch`, which does not tell how much of a body was sent. */
export function putBytes(url: string, body: Blob, { settings, replace, count, signal }: PutOptions): Promise<void> {
  signal.throwIfAborted(); // of what happened before, no event tells
  const request = new XMLHttpRequest();
  request.open('PUT', url);
  request.responseType = 'blob';
  const headers = { ...loginHeaders(settings), 'Content-Type': 'application/octet-stream' };
  for (const [name, value] of Object.entries(replace ? headers : { ...headers, 'If-None-Match': '*' })) {
    request.setRequestHeader(name, value);
  }
  request.upload.addEventListener('progress', event => count(event.loaded));
  const stop = (): void => request.abort();
  signal.addEventListener('abort', stop);
  return new Promise<void>((resolve, reject) => {
    request.addEventListener('load', () => {
      const response = new Response(request.response as Blob, { status: request.status });
      if (response.ok) {
        resolve();
      } else {
        void refusal(response).then(reject);
      }
    });
    request.addEventListener('error', () => reject(new Error('the connection broke')));
    request.addEventListener('abort', () => reject(signal.reason));
    request.send(body);
  }).finally(() => signal.removeEventListener('abort', stop));
}

/** Let the page download what is at an address of the server; `name` is for answers that say none. */
export function download(address: string, name: string): void {
  const url = new URL(address, document.baseURI);
  const xsrf = xsrfToken();
  if (xsrf) {
    url.searchParams.set('_xsrf', xsrf); // a link shows no header, and not always where it comes from
  }
  const link = Object.assign(document.createElement('a'), { href: url.href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

function xsrfToken(): string | undefined {
  const cookie = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie);
  return cookie ? decodeURIComponent(cookie[1]) : undefined;
}
