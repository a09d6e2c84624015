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
  if (settings.token) {
    return { Authorization: `token ${settings.token}` };
  }
  const xsrf = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie);
  return xsrf ? { 'X-XSRFToken': decodeURIComponent(xsrf[1]) } : {};
}
