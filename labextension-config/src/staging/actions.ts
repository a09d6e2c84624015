/** The commands of the staging panel. */
import { Clipboard, Dialog, InputDialog, showDialog } from '@jupyterlab/apputils';
import {
  copyIcon,
  deleteIcon,
  downloadIcon,
  fileUploadIcon,
  historyIcon,
  refreshIcon
} from '@jupyterlab/ui-components';

import { placeOf, sandboxFolders } from '../addresses';
import type { StoredFile } from '../client';
import { CommandIDs } from '../commands';
import { sandboxIcon, stagingIcon } from '../icons';
import { messageOf, tellDone, tellProblem } from '../notices';
import { Command, register, Registry } from '../registration';
import { download } from '../request';
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

export interface Surroundings extends Registry {
  model: StagingModel;
  /** Seconds that uploads live; null leaves it to the server. */
  defaultTtl: () => number | null;
}

type Action = (around: Surroundings, file: StoredFile) => unknown;

export function addCommands(around: Surroundings): void {
  const { app, model, trans } = around;
  register(around, CommandIDs.showStaging, {
    label: trans.__('Show the Staging Store'),
    icon: stagingIcon,
    run: () => app.shell.activateById(PANEL)
  });
  register(around, CommandIDs.upload, {
    label: trans.__('Upload to the Staging Store…'),
    icon: fileUploadIcon,
    run: async () => uploadAll(around, await chooseFiles())
  });
  register(around, CommandIDs.refresh, {
    label: trans.__('Refresh the Staging Store'),
    icon: refreshIcon,
    run: () => model.refresh()
  });
  addFileCommands(around);
}

/** Upload files, asking first where one would replace another. */
export async function uploadAll({ model, trans, defaultTtl }: Surroundings, files: readonly File[]): Promise<void> {
  for (const file of files) {
    try {
      if (!(await model.has(file)) || (await confirm(trans.__("Replace '%1'?", file.name), trans.__('Replace')))) {
        model.upload(file, defaultTtl());
      }
    } catch (error) {
      tellProblem(trans.__('%1 was not uploaded: %2', file.name, messageOf(error)));
    }
  }
}

/** Those for the file that is selected. */
function addFileCommands(around: Surroundings): void {
  const { model, trans } = around;
  const add = (id: string, action: Action, command: Omit<Command, 'run' | 'isEnabled'>): void =>
    register(around, id, {
      ...command,
      isEnabled: () => model.selectedFile !== undefined,
      run: () => model.selectedFile && action(around, model.selectedFile)
    });
  add(CommandIDs.download, fetchFile, {
    label: trans.__('Download'),
    long: trans.__('Download Staged File'),
    icon: downloadIcon
  });
  add(CommandIDs.copyKey, copyKey, {
    label: trans.__('Copy Key'),
    long: trans.__('Copy Key of Staged File'),
    icon: copyIcon
  });
  add(CommandIDs.stage, stage, {
    label: trans.__('Copy to Sandbox…'),
    long: trans.__('Copy Staged File to Sandbox…'),
    icon: sandboxIcon
  });
  add(CommandIDs.keep, chooseLife, {
    label: trans.__('Time to Live…'),
    long: trans.__('Time to Live of Staged File…'),
    icon: historyIcon
  });
  add(CommandIDs.remove, remove, {
    label: trans.__('Delete'),
    long: trans.__('Delete Staged File'),
    icon: deleteIcon
  });
}

const fetchFile: Action = ({ model }, file) => download(model.client.fileUrl(file.key), nameOf(file));

const copyKey: Action = ({ trans }, file) => {
  Clipboard.copyToSystem(file.key);
  tellDone(trans.__('Copied %1', file.key));
};

/** Bring a file into the folder of a sandbox that somebody chooses, or types. */
const stage: Action = async ({ model, trans }, file) => {
  const chosen = await InputDialog.getItem({
    title: trans.__('Which folder is %1 to go to?', nameOf(file)),
    items: [...(await sandboxFolders(model.client)).keys()],
    editable: true,
    okLabel: trans.__('Copy')
  });
  if (chosen.button.accept && chosen.value) {
    const { address, path } = await placeOf(model.client, chosen.value);
    const written = await model.client.stageFs(address, { key: file.key, path });
    tellDone(trans.__('Copied to %1', written.path));
  }
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
