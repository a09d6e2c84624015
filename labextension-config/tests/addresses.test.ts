import assert from 'node:assert/strict';
import { test } from 'node:test';

import { placeOf, sandboxFolders } from '../src/addresses';
import { SandfsClient } from '../src/client';

const KERNELS = [
  { kernelId: 'k1', sandboxes: [], folders: { default: 'analysis', work: 'analysis (work)' } },
  { kernelId: 'k2', sandboxes: [], folders: {} }
];
const client = new SandfsClient('http://host/sandfs/v1', async () => Response.json({ kernels: KERNELS }));

test('every folder stands for one sandbox', async () => {
  assert.deepEqual(Object.fromEntries(await sandboxFolders(client)), {
    analysis: { session_id: 'k1', sandbox: 'default' },
    'analysis (work)': { session_id: 'k1', sandbox: 'work' }
  });
});

test('a path of the browser is a path in a sandbox', async () => {
  const file = await placeOf(client, 'analysis (work)/data/x.csv');
  const root = await placeOf(client, 'analysis/');

  assert.deepEqual(file, { address: { session_id: 'k1', sandbox: 'work' }, path: '/data/x.csv' });
  assert.deepEqual(root, { address: { session_id: 'k1', sandbox: 'default' }, path: '/' });
});

test('a folder that is gone, and the list of all, are no place', async () => {
  await assert.rejects(placeOf(client, 'gone/x'), new Error("There is no sandbox 'gone'."));
  await assert.rejects(placeOf(client, ''), new Error('Choose a sandbox first.'));
});
