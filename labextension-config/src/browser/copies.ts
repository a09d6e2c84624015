/** Copies between the sandbox browser and other drives, with a notice that tells how far they are. */
import { Notification } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { shouldOverwrite } from '@jupyterlab/docmanager';
import type { ServiceManager } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { type Place, placeOf } from '../addresses';
import type { SandfsClient } from '../client';
import { percent } from '../figures';
import { LONG, messageOf, SHORT } from '../notices';
import { putBytes } from '../request';
import { copyInto, type Write } from '../transfer';
import { SANDBOXES } from './drive';

export interface Copier {
  services: ServiceManager.IManager;
  client: SandfsClient;
  trans: TranslationBundle;
}

/** Copy into a folder of any drive, and say how it goes. Whoever watches may stop it. */
export async function copyWithNotice(copier: Copier, paths: readonly string[], folder: string): Promise<void> {
  const { services, trans } = copier;
  const { contents, serverSettings: settings } = services;
  const stop = new AbortController();
  const id = Notification.emit(trans.__('Copying…'), 'in-progress', {
    autoClose: false,
    actions: [stopper(stop, trans)]
  });
  const onProgress = (path: string, done: number): void => {
    const message = trans.__('Copying %1: %2 %', PathExt.basename(contents.localPath(path)), `${percent(done, 1)}`);
    Notification.update({ id, message, progress: done });
  };
  const write = contents.driveName(folder) === SANDBOXES ? sandboxWriter(copier, folder, stop.signal) : null;
  const transfer = { contents, settings, mayReplace: shouldOverwrite, write, onProgress, signal: stop.signal };
  try {
    const written = await copyInto(transfer, paths, folder);
    tell(id, 'success', trans._n('Copied %1 file.', 'Copied %1 files.', written));
  } catch (error) {
    const isWanted = stop.signal.aborted;
    tell(
      id,
      isWanted ? 'info' : 'error',
      trans.__('The copy stopped: %1', messageOf(isWanted ? stop.signal.reason : error))
    );
  }
}

function stopper(stop: AbortController, trans: TranslationBundle): Notification.IAction {
  return {
    label: trans.__('Stop'),
    callback: event => {
      event.preventDefault(); // the notice stays, and says what came of it
      stop.abort(new Error(trans.__('what was copied before stays')));
    }
  };
}

function tell(id: string, type: 'success' | 'info' | 'error', message: string): void {
  Notification.update({ id, type, message, actions: [], progress: 1, autoClose: type === 'success' ? SHORT : LONG });
}

/** Into a sandbox, files go in one request each, and as they are: none is seen before it is whole. */
function sandboxWriter({ services, client }: Copier, folder: string, signal: AbortSignal): Write {
  let found: Promise<Place> | undefined;
  return async (path, content, replace, count) => {
    found ??= placeOf(client, services.contents.localPath(folder));
    const place = await found;
    const url = client.fsFileUrl({ ...place.address, path: PathExt.join(place.path, path.slice(folder.length)) });
    await putBytes(url, content, { settings: services.serverSettings, replace, count, signal });
  };
}
