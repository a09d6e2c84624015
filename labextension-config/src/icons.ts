/** Our two icons: an open box for the sandbox, a tray that files rest in for the staging store. */
import { LabIcon } from '@jupyterlab/ui-components';

function drawn(name: string, path: string): LabIcon {
  return new LabIcon({
    name: `jupyter-sandfs:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">
      <path class="sandfs-Icon" fill="none" stroke-width="1.25" stroke-linejoin="round" d="${path}"/></svg>`
  });
}

export const sandboxIcon = drawn('sandbox', 'M2 5.5 8 8l6-2.5v6L8 14l-6-2.5zM8 8v6M2 5.5 4.5 3 8 4.5 11.5 3 14 5.5');
export const stagingIcon = drawn('staging', 'M2 9.5h3.5l1 2h3l1-2H14v4H2zM2 9.5 4 2.5h8l2 7M6 5h4M5.5 7h5');
