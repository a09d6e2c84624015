/** Sandboxes as a drive of JupyterLab: one folder for each sandbox of each running kernel. */
import { URLExt } from '@jupyterlab/coreutils';
import { Contents, Drive, ServerConnection } from '@jupyterlab/services';

/** The name of our drive. */
export const SANDBOXES = 'sandfs';

const NOTHING: Contents.IModel = {
  name: '',
  path: '',
  type: 'directory',
  format: 'json',
  mimetype: '',
  writable: false,
  created: new Date(0).toISOString(),
  last_modified: new Date(0).toISOString(),
  content: []
};

/** Tells the pages of one user apart, who may upload to one path at a time. */
const PAGE = crypto.getRandomValues(new Uint32Array(2)).join('-');

export class SandboxDrive extends Drive {
  constructor(settings: ServerConnection.ISettings) {
    super({ name: SANDBOXES, apiEndpoint: 'sandfs/contents', serverSettings: settings });
  }

  /**
   * Nothing is there where the server lacks our extension. A browser that finds no folder at the root would ask for
   * the root instead, and show an error each time.
   */
  override async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    try {
      return await super.get(path, options);
    } catch (error) {
      if (path === '' && error instanceof ServerConnection.ResponseError && error.response.status === 404) {
        return NOTHING;
      }
      throw error;
    }
  }

  /** Jupyter's protocol would let the chunks of two pages become one file. */
  override save(path: string, options: Partial<Contents.IModel> = {}): Promise<Contents.IModel> {
    return super.save(path, options.chunk === undefined ? options : Object.assign({ sender: PAGE }, options));
  }

  /** The base class would give the address of a file of the same name on the server's disk. */
  override async getDownloadUrl(path: string): Promise<string> {
    const own = URLExt.join(this.serverSettings.baseUrl, 'sandfs/files', URLExt.encodeParts(path));
    const usual = new URL(await super.getDownloadUrl(path), this.serverSettings.baseUrl);
    return own + usual.search; // it shows the login by a cookie's token
  }
}
