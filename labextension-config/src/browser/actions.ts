/** What the sandbox browser can do beyond JupyterLab's own. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { shouldOverwrite } from '@jupyterlab/docmanager';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { Contents, ServiceManager } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { CommandIDs } from '../commands';
import { messageOf } from '../problems';
import { copyInto } from '../transfer';

export interface Surroundings {
  app: JupyterFrontEnd;
  browser: FileBrowser;
  /** JupyterLab's own file browser, if the page has one. */
  usual: FileBrowser | null;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
}

/** Copy between drives, and say how it goes. */
export function copyWithNotice(
  { contents, serverSettings }: ServiceManager.IManager,
  trans: TranslationBundle,
  paths: readonly string[],
  folder: string
): void {
  const transfer = { contents, settings: serverSettings, mayReplace: (path: string) => shouldOverwrite(path) };
  Notification.promise(copyInto(transfer, paths, folder), {
    pending: { message: trans.__('Copying…') },
    success: { message: written => trans._n('Copied %1 file.', 'Copied %1 files.', written as number) },
    error: { message: reason => trans.__('The copy stopped: %1', messageOf(reason)) }
  });
}

export function addCommands(around: Surroundings): void {
  const { app, browser, usual, palette, trans } = around;
  const selected = (): Contents.IModel[] => [...browser.selectedItems()];
  app.commands.addCommand(CommandIDs.showBrowser, {
    label: trans.__('Show Sandboxes'),
    execute: () => app.shell.activateById(browser.id)
  });
  palette?.addItem({ command: CommandIDs.showBrowser, category: trans.__('Sandbox') });
  if (usual) {
    app.commands.addCommand(CommandIDs.copyOut, {
      label: trans.__('Copy to File Browser'),
      caption: trans.__('Copy the selected files into the folder that the file browser shows'),
      isEnabled: () => selected().length > 0,
      execute: () =>
        copyWithNotice(
          app.serviceManager,
          trans,
          selected().map(each => each.path),
          usual.model.path
        )
    });
    palette?.addItem({ command: CommandIDs.copyOut, category: trans.__('Sandbox') });
  }
}
