/** The commands of the staging panel. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Dialog, ICommandPalette, InputDialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  copyIcon,
  deleteIcon,
  downloadIcon,
  fileUploadIcon,
  historyIcon,
  refreshIcon
} from '@jupyterlab/ui-components';

import type { StoredFile } from '../client';
import { CommandIDs } from '../commands';
import { messageOf } from '../problems';
import { stagingIcon } from '../icons';
import { nameOf, StagingModel } from './model';
import { PANEL } from './panel';

/** Times to live that are offered, in seconds; 0 is for ever. */
const LIVES: readonly (readonly [string, number])[] = [
  ['1 hour', 3600],
  ['1 day', 86_400],
  ['7 days', 7 * 86_400],
  ['30 days', 30 * 86_400],
  ['until it is deleted', 0]
];

export interface Surroundings {
  app: JupyterFrontEnd;
  model: StagingModel;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
  /** Seconds that uploads live; null leaves it to the server. */
  defaultTtl: () => number | null;
}

type Action = (around: Surroundings, file: StoredFile) => Promise<unknown> | void;

export function addCommands(around: Surroundings): void {
  const { app, model, trans } = around;
  add(around, CommandIDs.showStaging, trans.__('Show the Staging Store'), stagingIcon, () =>
    app.shell.activateById(PANEL)
  );
  add(around, CommandIDs.upload, trans.__('Upload to the Staging Store…'), fileUploadIcon, async () =>
    uploadAll(around, await chooseFiles())
  );
  add(around, CommandIDs.refresh, trans.__('Refresh the Staging Store'), refreshIcon, () => model.refresh());
  addForFile(around, CommandIDs.download, trans.__('Download'), downloadIcon, download);
  addForFile(around, CommandIDs.copyKey, trans.__('Copy Key'), copyIcon, copyKey);
  addForFile(around, CommandIDs.keep, trans.__('Time to Live…'), historyIcon, chooseLife);
  addForFile(around, CommandIDs.remove, trans.__('Delete'), deleteIcon, remove);
}

/** Upload files, asking first where one would replace another. */
export async function uploadAll({ model, trans, defaultTtl }: Surroundings, files: readonly File[]): Promise<void> {
  for (const file of files) {
    try {
      if (!(await model.has(file)) || (await confirm(trans.__("Replace '%1'?", file.name), trans.__('Replace')))) {
        model.upload(file, defaultTtl());
      }
    } catch (error) {
      Notification.error(trans.__('%1 was not uploaded: %2', file.name, messageOf(error)));
    }
  }
}

const download: Action = ({ model }, file) => {
  const link = document.createElement('a');
  link.href = model.client.fileUrl(file.key);
  link.download = nameOf(file);
  document.body.append(link);
  link.click();
  link.remove();
};

const copyKey: Action = ({ trans }, file) => {
  Clipboard.copyToSystem(file.key);
  Notification.info(trans.__('Copied %1', file.key), { autoClose: 2000 });
};

const chooseLife: Action = async ({ model, trans }, file) => {
  const chosen = await InputDialog.getItem({
    title: trans.__('How long is %1 to live?', nameOf(file)),
    items: LIVES.map(([text]) => trans.__(text)),
    okLabel: trans.__('Set')
  });
  const life = LIVES.find(([text]) => trans.__(text) === chosen.value);
  if (chosen.button.accept && life) {
    await model.keep(file.key, life[1]);
  }
};

const remove: Action = async ({ model, trans }, file) => {
  if (await confirm(trans.__("Delete '%1' from the staging store?", nameOf(file)), trans.__('Delete'))) {
    await model.remove(file.key);
  }
};

function addForFile(around: Surroundings, id: string, label: string, icon: typeof copyIcon, action: Action): void {
  const { model } = around;
  const run = (): Promise<unknown> | void => (model.selectedFile ? action(around, model.selectedFile) : undefined);
  add(around, id, label, icon, run, () => model.selectedFile !== undefined);
}

/** Add a command that says in a notification why it failed. */
function add(
  { app, palette, trans }: Surroundings,
  id: string,
  label: string,
  icon: typeof copyIcon,
  run: () => Promise<unknown> | void,
  isEnabled: () => boolean = () => true
): void {
  const execute = async (): Promise<void> => {
    try {
      await run();
    } catch (error) {
      Notification.error(`${label}: ${messageOf(error)}`);
    }
  };
  app.commands.addCommand(id, { label, caption: label, icon, isEnabled, execute });
  palette?.addItem({ command: id, category: trans.__('Sandbox') });
}

async function confirm(title: string, label: string): Promise<boolean> {
  const { button } = await showDialog({ title, buttons: [Dialog.cancelButton(), Dialog.warnButton({ label })] });
  return button.accept;
}

/** Ask for files of this machine; none when somebody changes their mind. */
function chooseFiles(): Promise<File[]> {
  const field = Object.assign(document.createElement('input'), { type: 'file', multiple: true });
  return new Promise(resolve => {
    field.addEventListener('change', () => resolve([...(field.files ?? [])]));
    field.addEventListener('cancel', () => resolve([]));
    field.click();
  });
}
