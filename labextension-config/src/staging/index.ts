/** The staging panel: files of the store that sandboxes and the server share. */
import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { connect, loginHeaders } from '../request';
import { addCommands, uploadAll } from './actions';
import { StagingModel } from './model';
import { PANEL, StagingPanel } from './panel';
import { UploadQueue } from './uploads';

const PLUGIN = 'jupyter-sandfs:staging';
const CHUNK = 8 * 1024 * 1024;

export const stagingPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'A panel with the files of the staging store.',
  autoStart: true,
  optional: [ISettingRegistry, ILayoutRestorer, ICommandPalette, ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    registry: ISettingRegistry | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_sandfs');
    const settings = (await registry?.load(PLUGIN).catch(() => null)) ?? null;
    const { serverSettings } = app.serviceManager;
    const client = connect(serverSettings);
    const headers = (): Record<string, string> => loginHeaders(serverSettings);
    const queue = new UploadQueue({ endpoint: client.uploadsUrl, headers, chunkSize: CHUNK });
    const model = new StagingModel(client, queue);
    const defaultTtl = (): number | null =>
      (settings?.get('timeToLive').composite as number | null | undefined) ?? null;
    const around = { app, model, palette, trans, defaultTtl };
    addCommands(around);
    const panel = new StagingPanel(model, app.commands, trans, files => void uploadAll(around, files));
    restorer?.add(panel, PANEL);
    app.shell.add(panel, 'left', { rank: 102, type: 'Staging' });
  }
};
