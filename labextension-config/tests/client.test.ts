import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SandfsClient, SandfsError } from '../src/client';

interface Sent {
  url: string;
  init: RequestInit;
}

/** A client of a server that gives the same answer to all, and what it was sent. */
function clientOf(answer: () => Response): { client: SandfsClient; sent: Sent[] } {
  const sent: Sent[] = [];
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    sent.push({ url, init });
    return answer();
  };
  return { client: new SandfsClient('http://hub/user/ä/sandfs/v1', send), sent };
}

test('what stands in a path or a query is escaped, and the slashes of a key are its own', async () => {
  const { client, sent } = clientOf(() => Response.json({}));

  await client.deleteFile('files/a b/ü&?#.txt');
  await client.statFs({ path: '/a&b=c/ü.txt', session_id: undefined });

  assert.deepEqual(
    sent.map(({ url, init }) => [init.method, url]),
    [
      ['DELETE', 'http://hub/user/ä/sandfs/v1/files/files/a%20b/%C3%BC%26%3F%23.txt'],
      ['GET', 'http://hub/user/ä/sandfs/v1/fs/stat?path=%2Fa%26b%3Dc%2F%C3%BC.txt']
    ]
  );
});

test('a key that looks like a pattern of replacements stays what it is', () => {
  assert.equal(
    clientOf(() => Response.json({})).client.fileUrl("files/$&$'"),
    "http://hub/user/ä/sandfs/v1/files/files/%24%26%24'"
  );
});

test('bodies say what they are', async () => {
  const { client, sent } = clientOf(() => Response.json({}));

  await client.moveFs({ sandbox: 'other' }, { from: '/a', to: '/b' });
  await client.writeFsFile({ path: '/a' }, 'text', { 'If-None-Match': '*' });

  assert.deepEqual(
    sent.map(({ init }) => [init.method, init.headers, init.body]),
    [
      ['POST', { 'Content-Type': 'application/json' }, '{"from":"/a","to":"/b"}'],
      ['PUT', { 'If-None-Match': '*', 'Content-Type': 'application/octet-stream' }, 'text']
    ]
  );
});

test('a refusal is an error in the words of the server', async () => {
  const problem = { type: 'urn:sandfs:error:not_found', title: '', status: 404, detail: 'not found: /a', instance: '' };
  const { client } = clientOf(() => Response.json(problem, { status: 404 }));

  await assert.rejects(client.statFs({ path: '/a' }), new SandfsError(404, 'not_found', 'not found: /a'));
});

test('a proxy that answers in its own words is an error too', async () => {
  const { client } = clientOf(() => new Response('<h1>oops</h1>', { status: 502, statusText: 'Bad Gateway' }));

  await assert.rejects(client.listFiles(), new SandfsError(502, 'internal', '502 Bad Gateway'));
});

test('only a file that is not there is no file', async () => {
  const statuses = [200, 404, 403];
  const { client } = clientOf(() => new Response(null, { status: statuses.shift() ?? 500 }));

  assert.equal(await client.hasFile('files/a'), true);
  assert.equal(await client.hasFile('files/a'), false);
  await assert.rejects(client.hasFile('files/a'), (error: SandfsError) => error.status === 403);
});

test('a file is kept by storing it once more at its own key', async () => {
  const { client, sent } = clientOf(() => Response.json({}));

  await client.keepFile('files/a', 60);

  assert.equal(sent[0].url, 'http://hub/user/ä/sandfs/v1/files/files/a/copy');
  assert.equal(sent[0].init.body, '{"to":"files/a","ttl":60,"overwrite":true}');
});
