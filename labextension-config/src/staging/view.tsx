/** The list of the staging panel: uploads on their way, then the files of the store. All names are text. */
import { Time } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  closeIcon,
  copyIcon,
  deleteIcon,
  downloadIcon,
  fileIcon,
  LabIcon,
  VDomRenderer
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { StoredFile } from '../client';
import { CommandIDs } from '../commands';
import { percent, size, timeLeft } from '../figures';
import { nameOf, StagingModel } from './model';
import type { FileUpload } from './uploads';

/** What a key does on a row; commands of ours, and which row comes next. */
const KEYS: Record<string, string> = { Delete: CommandIDs.remove, Enter: CommandIDs.download };
const STEPS: Record<string, (index: number, count: number) => number> = {
  ArrowDown: (index, count) => Math.min(index + 1, count - 1),
  ArrowUp: index => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_, count) => count - 1
};

export class StagingView extends VDomRenderer<StagingModel> {
  constructor(
    model: StagingModel,
    private readonly commands: CommandRegistry,
    private readonly trans: TranslationBundle
  ) {
    super(model);
    this.addClass('sandfs-Staging-list');
  }

  protected render(): JSX.Element {
    const { model, trans } = this;
    return (
      <>
        {model.problem && (
          <p className="sandfs-Notice" role="alert">
            {model.problem}
          </p>
        )}
        {model.queue.uploads.length > 0 && (
          <ul className="sandfs-Uploads" aria-label={trans.__('Uploads')}>
            {model.queue.uploads.map((upload, index) => this.renderUpload(upload, index))}
          </ul>
        )}
        <div
          className="sandfs-Files"
          role="listbox"
          aria-label={trans.__('Stored files')}
          tabIndex={-1}
          onKeyDown={this.onKeyDown}
        >
          {model.files.map((file, index) => this.renderFile(file, index))}
        </div>
        {this.renderEnd()}
      </>
    );
  }

  private renderFile(file: StoredFile, index: number): JSX.Element {
    const { model } = this;
    const isSelected = file.key === model.selected;
    const left = timeLeft(file.expires_at, Date.now());
    const isTabStop = isSelected || (model.selectedFile === undefined && index === 0);
    return (
      <div
        key={file.key}
        className="sandfs-File"
        role="option"
        aria-selected={isSelected}
        aria-label={nameOf(file)}
        tabIndex={isTabStop ? 0 : -1}
        title={`${file.key}\n${file.content_type}\n${file.checksum}`}
        data-key={file.key}
        onClick={() => model.select(file.key)}
        onContextMenu={() => model.select(file.key)}
      >
        <fileIcon.react tag="span" className="sandfs-File-icon" />
        <span className="sandfs-File-name">{nameOf(file)}</span>
        {file.key !== `files/${nameOf(file)}` && <span className="sandfs-File-key">{file.key}</span>}
        <span className="sandfs-File-facts">
          {size(file.size_bytes)} · {Time.formatHuman(file.created_at)} ·{' '}
          <span className={left.soon ? 'sandfs-mod-soon' : undefined}>{left.text}</span>
        </span>
        <span className="sandfs-File-actions">
          {this.renderAction(file, CommandIDs.download, downloadIcon)}
          {this.renderAction(file, CommandIDs.copyKey, copyIcon)}
          {this.renderAction(file, CommandIDs.remove, deleteIcon)}
        </span>
      </div>
    );
  }

  private renderAction(file: StoredFile, command: string, icon: LabIcon): JSX.Element {
    const label = this.commands.label(command);
    const run = (event: React.MouseEvent): void => {
      event.stopPropagation();
      this.model.select(file.key);
      void this.commands.execute(command);
    };
    return <Button key={command} label={label} name={nameOf(file)} icon={icon} onClick={run} />;
  }

  private renderUpload(upload: FileUpload, index: number): JSX.Element {
    const { trans } = this;
    const { queue } = this.model;
    const done = percent(upload.sent, upload.file.size);
    const stopped = upload.problem
      ? trans.__('Stopped at %1 %: %2.', String(done), upload.problem)
      : trans.__('Stopped at %1 %.', String(done));
    return (
      <li key={index} className="sandfs-Upload" data-state={upload.state}>
        <span className="sandfs-File-name">{upload.file.name}</span>
        <span className="sandfs-File-facts">
          {upload.state === 'stopped' ? stopped : `${size(upload.sent)} / ${size(upload.file.size)} · ${done} %`}
        </span>
        <progress max={100} value={done} aria-label={trans.__('Upload of %1', upload.file.name)} />
        <span className="sandfs-Upload-actions">
          {upload.state === 'stopped' ? (
            <button className="jp-Button sandfs-Link" onClick={() => queue.resume(upload)}>
              {trans.__('Resume')}
            </button>
          ) : (
            <button className="jp-Button sandfs-Link" onClick={() => void upload.stop()}>
              {trans.__('Pause')}
            </button>
          )}
          <Button
            label={trans.__('Cancel')}
            name={upload.file.name}
            icon={closeIcon}
            // what the server could not be told expires there
            onClick={() => void queue.cancel(upload).catch(() => undefined)}
          />
        </span>
      </li>
    );
  }

  private renderEnd(): JSX.Element | null {
    const { model, trans } = this;
    if (model.hasMore) {
      return (
        <button
          className="jp-Button sandfs-Link sandfs-More"
          disabled={model.isLoading}
          onClick={() => void model.more()}
        >
          {trans.__('Show more')}
        </button>
      );
    }
    if (model.files.length > 0 || model.isLoading || model.problem) {
      return null;
    }
    return (
      <p className="sandfs-Notice">
        {model.prefix
          ? trans.__("Nothing begins with '%1'.", model.prefix)
          : trans.__('No files are staged. Upload one, or drop files here.')}
      </p>
    );
  }

  private readonly onKeyDown = (event: React.KeyboardEvent): void => {
    const { files, selected } = this.model;
    const index = files.findIndex(file => file.key === selected);
    const step = STEPS[event.key];
    const command = KEYS[event.key];
    if (event.target instanceof HTMLButtonElement || files.length === 0 || (!step && !command)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (step) {
      this.focusFile(files[step(index, files.length)].key);
    } else {
      void this.commands.execute(command);
    }
  };

  private focusFile(key: string): void {
    this.model.select(key);
    const row = [...this.node.querySelectorAll<HTMLElement>('.sandfs-File')].find(each => each.dataset.key === key);
    row?.focus();
  }
}

function Button(props: {
  label: string;
  name: string;
  icon: LabIcon;
  onClick: (event: React.MouseEvent) => void;
}): JSX.Element {
  return (
    <button
      className="jp-Button jp-mod-minimal sandfs-Action"
      title={props.label}
      aria-label={`${props.label}: ${props.name}`}
      tabIndex={-1}
      onClick={props.onClick}
    >
      <props.icon.react tag="span" />
    </button>
  );
}
