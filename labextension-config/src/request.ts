/** How the extension talks to the server: with the login of JupyterLab itself. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { SandfsClient } from './client';

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
