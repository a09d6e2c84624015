/** Which sandbox a folder of the file browser is. */
import type { Address, SandfsClient } from './client';

/** A place in a sandbox, as `/sandfs/v1/fs` names it. */
export interface Place {
  address: Address;
  path: string;
}

/** The names of all folders that sandboxes have, and which sandboxes they are. */
export async function sandboxFolders(client: SandfsClient): Promise<Map<string, Address>> {
  const { kernels } = await client.listSandboxes();
  return new Map(
    kernels.flatMap(({ kernelId, folders }) =>
      Object.entries(folders).map(([sandbox, folder]) => [folder, { session_id: kernelId, sandbox }])
    )
  );
}

/**
 * Find what a path of the file browser means.
 *
 * @param path - without the name of the drive: `analysis/data/x.csv`
 * @throws Error - there is no such sandbox (any more)
 */
export async function placeOf(client: SandfsClient, path: string): Promise<Place> {
  const [folder, ...inner] = path.split('/').filter(Boolean);
  const address = (await sandboxFolders(client)).get(folder ?? '');
  if (!address) {
    throw new Error(folder ? `There is no sandbox '${folder}'.` : 'Choose a sandbox first.');
  }
  return { address, path: `/${inner.join('/')}` };
}
