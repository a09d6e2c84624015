/** Files that are dragged from another drive into a file browser. */
import type { FileBrowser } from '@jupyterlab/filebrowser';
import { Drag } from '@lumino/dragdrop';

const PATHS = 'application/x-jupyter-icontents';
const TARGET = 'jp-mod-dropTarget';

/** The paths of files that a drag of JupyterLab carries; empty for any other drag. */
export function draggedPaths(event: Drag.Event): string[] {
  return event.mimeData.hasData(PATHS) ? (event.mimeData.getData(PATHS) as string[]) : [];
}

/**
 * Accept what is dragged over from other drives. What comes from the same drive is left to the browser itself.
 *
 * @param onDrop - told which paths go into which folder
 */
export function acceptDrops(browser: FileBrowser, onDrop: (paths: string[], folder: string) => void): void {
  const { contents } = browser.model.manager.services;
  const foreign = (event: Drag.Event): string[] => {
    const paths = draggedPaths(event);
    return paths.some(path => contents.driveName(path) === browser.model.driveName) ? [] : paths;
  };
  const folderAt = (event: Drag.Event): string => {
    const item = browser.modelForClick(event);
    return item?.type === 'directory' ? item.path : browser.model.path;
  };
  const mark = (over: boolean): void => void browser.node.classList.toggle(TARGET, over);
  const take = (event: Event, then: (event: Drag.Event, paths: string[]) => void): void => {
    const paths = foreign(event as Drag.Event);
    if (paths.length > 0) {
      event.preventDefault();
      event.stopPropagation();
      then(event as Drag.Event, paths);
    }
  };
  // JupyterLab's browsers offer files to be moved only; what is not offered can't be dropped. We copy all the same.
  const offer = (event: Drag.Event): void => {
    event.dropAction = event.proposedAction;
    mark(true);
  };
  const listen = (name: string, then: (event: Drag.Event, paths: string[]) => void): void =>
    browser.node.addEventListener(name, event => take(event, then), true);
  listen('lm-dragenter', offer);
  listen('lm-dragover', offer);
  listen('lm-dragleave', () => mark(false));
  listen('lm-drop', (event, paths) => {
    offer(event);
    mark(false);
    onDrop(paths, folderAt(event));
  });
}

/** Show a panel when files are dragged over its tab: it lies behind the browser that they come from. */
export function openOnDrag(id: string, open: () => void): void {
  const tab = `.jp-SideBar .lm-TabBar-tab[data-id="${id}"]`;
  document.addEventListener(
    'lm-dragenter',
    event => {
      const isOverTab = event.target instanceof Element && event.target.closest(tab) !== null;
      if (isOverTab && draggedPaths(event as Drag.Event).length > 0) {
        open();
      }
    },
    true
  );
}
