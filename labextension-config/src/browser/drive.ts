/** Sandboxes as a drive of JupyterLab: one folder for each sandbox of each running kernel. */
import { URLExt } from '@jupyterlab/coreutils';
import { Drive, ServerConnection } from '@jupyterlab/services';

export class SandboxDrive extends Drive {
  constructor(settings: ServerConnection.ISettings) {
    super({ name: 'sandfs', apiEndpoint: 'sandfs/contents', serverSettings: settings });
  }

  /** The base class would give the address of a file of the same name on the server's disk. */
  override async getDownloadUrl(path: string): Promise<string> {
    const own = URLExt.join(this.serverSettings.baseUrl, 'sandfs/files', URLExt.encodeParts(path));
    const usual = new URL(await super.getDownloadUrl(path), this.serverSettings.baseUrl);
    return own + usual.search; // it shows the login by a cookie's token
  }
}
