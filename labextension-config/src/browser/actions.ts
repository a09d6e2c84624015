/** What the sandbox browser can do beyond JupyterLab's own. */
import { PathExt } from '@jupyterlab/coreutils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { copyIcon, downloadIcon } from '@jupyterlab/ui-components';

import { placeOf } from '../addresses';
import type { SandfsClient } from '../client';
import { CommandIDs } from '../commands';
import { sandboxIcon, stagingIcon } from '../icons';
import { tellDone } from '../notices';
import { register, Registry } from '../registration';
import { download } from '../request';
import { copyWithNotice } from './copies';

export interface Surroundings extends Registry {
  browser: FileBrowser;
  /** JupyterLab's own file browser, if the page has one. */
  usual: FileBrowser | null;
  client: SandfsClient;
}

export function addCommands(around: Surroundings): void {
  const { app, browser, usual, trans, client } = around;
  const copier = { services: app.serviceManager, client, trans };
  const selected = (): Contents.IModel[] => [...browser.selectedItems()];
  register(around, CommandIDs.showBrowser, {
    label: trans.__('Show Sandboxes'),
    icon: sandboxIcon,
    run: () => app.shell.activateById(browser.id)
  });
  register(around, CommandIDs.publish, {
    label: trans.__('Copy to Staging Store'),
    long: trans.__('Copy Selected Sandbox Files to Staging Store'),
    icon: stagingIcon,
    isEnabled: () => selected().some(isFile),
    run: () => publish(around, selected().filter(isFile))
  });
  register(around, CommandIDs.downloadArchive, {
    label: trans.__('Download as Zip'),
    long: trans.__('Download Selected Sandbox Folders as Zip'),
    icon: downloadIcon,
    isEnabled: () => selected().some(each => !isFile(each)),
    run: () =>
      downloadArchives(
        around,
        selected().filter(each => !isFile(each))
      )
  });
  if (usual) {
    register(around, CommandIDs.copyOut, {
      label: trans.__('Copy to File Browser'),
      long: trans.__('Copy Selected Sandbox Files to File Browser'),
      icon: copyIcon,
      isEnabled: () => selected().length > 0,
      run: () => void copyWithNotice(copier, pathsOf(selected()), usual.model.path)
    });
  }
}

/** Store files under new keys, which the server chooses: none is replaced. */
async function publish({ app, client, trans }: Surroundings, files: readonly Contents.IModel[]): Promise<void> {
  for (const file of files) {
    const { address, path } = await placeOf(client, app.serviceManager.contents.localPath(file.path));
    const receipt = await client.publishFs(address, { path });
    tellDone(trans.__('Stored as %1', receipt.file_key));
  }
}

async function downloadArchives({ app, client }: Surroundings, folders: readonly Contents.IModel[]): Promise<void> {
  for (const folder of folders) {
    const { address, path } = await placeOf(client, app.serviceManager.contents.localPath(folder.path));
    download(client.archiveUrl({ ...address, path, format: 'zip' }), `${PathExt.basename(folder.path)}.zip`);
  }
}

function isFile(model: Contents.IModel): boolean {
  return model.type !== 'directory';
}

function pathsOf(models: readonly Contents.IModel[]): string[] {
  return models.map(each => each.path);
}
