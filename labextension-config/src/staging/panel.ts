/** The staging panel of the left bar: a toolbar, and the list below it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandToolbarButton, SidePanel } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Poll } from '@lumino/polling';
import { Panel, Widget } from '@lumino/widgets';

import { CommandIDs } from '../commands';
import { stagingIcon } from '../icons';
import type { StagingModel } from './model';
import { StagingView } from './view';

export const PANEL = 'sandfs-staging';
const REFRESH_SECONDS = 10;

export class StagingPanel extends SidePanel {
  private readonly poll: Poll;

  /** @param onFiles - told which files somebody dropped */
  constructor(
    readonly model: StagingModel,
    commands: CommandRegistry,
    trans: TranslationBundle,
    private readonly onFiles: (files: File[]) => void
  ) {
    super({ content: new Panel() }); // not the accordion that it would be
    this.id = PANEL;
    this.addClass('sandfs-Staging');
    this.title.icon = stagingIcon;
    this.title.caption = trans.__('Staging store');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Staging store'));
    for (const id of [CommandIDs.upload, CommandIDs.refresh]) {
      this.toolbar.addItem(id, new CommandToolbarButton({ commands, id, label: '' }));
    }
    this.content.addWidget(prefixField(model, trans));
    this.content.addWidget(new StagingView(model, commands, trans));
    this.poll = new Poll({
      name: 'jupyter-sandfs:staging',
      auto: false,
      factory: () => model.refresh(),
      frequency: { interval: 1000 * REFRESH_SECONDS, backoff: true },
      standby: () => (this.isVisible ? 'when-hidden' : true)
    });
    this.node.addEventListener('dragover', this);
    this.node.addEventListener('drop', this);
  }

  /** Take files that are dragged in from the desktop. */
  handleEvent(event: Event): void {
    const files = event instanceof DragEvent ? event.dataTransfer : null;
    if (files?.types.includes('Files')) {
      event.preventDefault();
      event.stopPropagation();
      if (event.type === 'drop') {
        this.onFiles([...files.files]);
      }
    }
  }

  override dispose(): void {
    this.poll.dispose();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.poll.start();
    void this.poll.refresh();
  }
}

/** Where the beginning of keys is typed. */
function prefixField(model: StagingModel, trans: TranslationBundle): Widget {
  const field = document.createElement('input');
  field.type = 'search';
  field.className = 'jp-mod-styled';
  field.placeholder = trans.__('Keys that begin with…');
  field.setAttribute('aria-label', field.placeholder);
  field.addEventListener('input', () => void model.filter(field.value.trim()));
  const node = document.createElement('div');
  node.className = 'sandfs-Prefix';
  node.append(field);
  return new Widget({ node });
}
