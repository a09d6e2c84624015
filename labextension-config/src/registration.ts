/** Commands that say in a notification why they failed, and stand in the palette. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';

import { messageOf, tellProblem } from './notices';

export interface Registry {
  app: JupyterFrontEnd;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
}

export interface Command {
  label: string;
  /** What the palette calls it, where `label` alone would not say enough. */
  long?: string;
  icon?: LabIcon;
  isEnabled?: () => boolean;
  run: () => unknown;
}

export function register({ app, palette, trans }: Registry, id: string, command: Command): void {
  const { label, long = label, icon, isEnabled = () => true, run } = command;
  app.commands.addCommand(id, {
    label: args => (args.isPalette ? long : label),
    caption: long,
    icon,
    isEnabled,
    execute: async () => {
      try {
        await run();
      } catch (error) {
        tellProblem(`${label}: ${messageOf(error)}`);
      }
    }
  });
  palette?.addItem({ command: id, category: trans.__('Sandbox'), args: { isPalette: true } });
}
