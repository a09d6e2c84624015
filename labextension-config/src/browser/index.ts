/** The sandbox file browser: JupyterLab's own, on a drive of ours. */
import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { FileBrowser, IDefaultFileBrowser, IFileBrowserFactory, Uploader } from '@jupyterlab/filebrowser';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, TranslationBundle } from '@jupyterlab/translation';
import { newFolderIcon, refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';

import { sandboxIcon } from '../icons';
import { connect } from '../request';
import { addCommands } from './actions';
import { copyWithNotice } from './copies';
import { SandboxDrive } from './drive';
import { acceptDrops, openOnDrag } from './drops';

const PLUGIN = 'jupyter-sandfs:browser';
const ID = 'sandfs-browser';
const REFRESH_SECONDS = 3;

export const browserPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'A file browser over the sandboxes of running kernels.',
  autoStart: true,
  requires: [IFileBrowserFactory],
  optional: [ISettingRegistry, ILayoutRestorer, ICommandPalette, IDefaultFileBrowser, ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    factory: IFileBrowserFactory,
    registry: ISettingRegistry | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    usual: FileBrowser | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_sandfs');
    const settings = await loadSettings(registry);
    const browser = createBrowser(app, factory, settings, trans);
    const client = connect(app.serviceManager.serverSettings);
    const copier = { services: app.serviceManager, client, trans };
    acceptDrops(
      browser,
      (paths, folder) => void copyWithNotice(copier, paths, folder).then(() => browser.model.refresh())
    );
    openOnDrag(ID, () => app.shell.activateById(ID));
    addCommands({ app, browser, usual, palette, trans, client });
    restorer?.add(browser, ID);
    app.shell.add(browser, 'left', { rank: 101, type: 'File Browser' });
  }
};

/** The settings, or null where a page has none of ours: then the defaults hold. */
async function loadSettings(registry: ISettingRegistry | null): Promise<ISettingRegistry.ISettings | null> {
  return (await registry?.load(PLUGIN).catch(() => null)) ?? null;
}

function createBrowser(
  { serviceManager }: JupyterFrontEnd,
  factory: IFileBrowserFactory,
  settings: ISettingRegistry.ISettings | null,
  trans: TranslationBundle
): FileBrowser {
  const drive = new SandboxDrive(serviceManager.serverSettings);
  serviceManager.contents.addDrive(drive);
  const seconds = Number(settings?.get('refreshInterval').composite ?? REFRESH_SECONDS);
  const browser = factory.createFileBrowser(ID, { driveName: drive.name, refreshInterval: 1000 * seconds });
  browser.title.icon = sandboxIcon;
  browser.title.caption = trans.__('Sandboxes');
  browser.node.setAttribute('role', 'region');
  browser.node.setAttribute('aria-label', trans.__('Sandboxes'));
  fillToolbar(browser, trans);
  const follow = (): void => {
    browser.showHiddenFiles = settings?.get('showHiddenFiles').composite === true;
  };
  settings?.changed.connect(follow);
  follow();
  return browser;
}

/** A browser that a factory made has an empty toolbar. */
function fillToolbar(browser: FileBrowser, trans: TranslationBundle): void {
  const newFolder = new ToolbarButton({
    icon: newFolderIcon,
    tooltip: trans.__('New folder'),
    onClick: () => void browser.createNewDirectory()
  });
  const refresh = new ToolbarButton({
    icon: refreshIcon,
    tooltip: trans.__('Refresh'),
    onClick: () => void browser.model.refresh()
  });
  browser.toolbar.addItem('new-folder', newFolder);
  browser.toolbar.addItem('upload', new Uploader({ model: browser.model }));
  browser.toolbar.addItem('refresh', refresh);
}
