// The client of the JupyterLab extension, as it was built, against a server: every method once.
import { readFileSync } from 'node:fs';

const [file, root, token, archive] = process.argv.slice(2);
// The built file is a module that imports nothing; only its name does not say so.
const source = readFileSync(file, 'utf8');
const { SandfsClient } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
const send = (url, init) => fetch(url, { ...init, headers: { ...init.headers, Authorization: `token ${token}` } });
const client = new SandfsClient(root, send);

const { kernels } = await client.listSandboxes();
const at = { session_id: kernels[0].kernelId, sandbox: 'default' };
const said = { folders: Object.values(kernels[0].folders) };
const text = async response => (await response).text();
const refusal = async promise => promise.catch(({ status, code, message }) => [status, code, message]);

said.mkdir = await client.mkdirFs({ ...at, path: '/ä b' });
said.written = (await client.writeFsFile({ ...at, path: '/ä b/1.txt' }, 'one')).bytesWritten;
said.part = await text(client.readFsFile({ ...at, path: '/ä b/1.txt' }, { Range: 'bytes=1-' }));
said.moved = await client.moveFs(at, { from: '/ä b/1.txt', to: '/ä b/2.txt' });
said.conflict = (await refusal(client.writeFsFile({ ...at, path: '/ä b/2.txt' }, '', { 'If-None-Match': '*' })))[0];
said.batch = await client.uploadFsBatch({ ...at, path: '/ä b' }, readFileSync(archive));
said.entries = (await client.listFsEntries({ ...at, path: '/ä b' })).map(each => [each.name, each.entryType]);
said.archive = (await send(client.archiveUrl({ ...at, path: '/ä b' }), {})).status;

await client.writeFile('files/x & y.txt', 'stored', { ttl: 60 });
said.has = [await client.hasFile('files/x & y.txt'), await client.hasFile('files/none')];
await client.keepFile('files/x & y.txt', 0);
await client.copyFile('files/x & y.txt', { to: 'files/z' });
said.files = (await client.listFiles({ prefix: 'files/' })).files.map(each => [each.key, each.expires_at]);
said.read = await text(client.readFile('files/z'));
said.signed = await text(fetch((await client.signFile('files/z', { expires: 60 })).url));
said.url = await text(send(client.fileUrl('files/z'), {}));
said.staged = (await client.stageFs(at, { key: 'files/z', path: '/ä b/z' })).path;
said.published = (await client.publishFs(at, { path: '/ä b/z', key: 'files/p' })).file_key;
said.deleted = await client.deleteFile('files/p');
said.removed = await client.deleteFsEntry({ ...at, path: '/ä b', recursive: true });
said.gone = await refusal(client.statFs({ ...at, path: '/ä b' }));
console.log(JSON.stringify(said));
