// Uploads with tus-js-client: aborted on the way, taken up by a second Upload, and one in parallel parts.
import { createHash, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const tus = require('tus-js-client');
const [endpoint, token, size] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const headers = { Authorization: `token ${token}` };

/** Upload `content`; with `stopAt`, abort once that many bytes were sent. Resolves to the address of the upload. */
function upload(content, options, stopAt = Infinity) {
  return new Promise((resolve, reject) => {
    const one = new tus.Upload(content, {
      endpoint,
      headers,
      retryDelays: [0, 100],
      onError: reject,
      onSuccess: () => resolve(one.url),
      onProgress: sent => {
        if (sent >= stopAt) {
          stopAt = Infinity;
          one.abort().then(() => resolve(one.url), reject);
        }
      },
      ...options
    });
    one.start();
  });
}

const digest = content => createHash('sha256').update(content).digest('hex');
const [resumed, parallel] = [randomBytes(size), randomBytes(size)];
const pieces = { chunkSize: size / 8 };
const url = await upload(resumed, { ...pieces, metadata: { key: 'resumed.bin' } }, size / 2);
const stopped = await fetch(url, { method: 'HEAD', headers: { ...headers, 'Tus-Resumable': '1.0.0' } });
await upload(resumed, { ...pieces, uploadUrl: url });
await upload(parallel, { parallelUploads: 4, metadata: { key: 'parallel.bin', filename: 'ä b.bin' } });
console.log(
  JSON.stringify({
    stoppedAt: Number(stopped.headers.get('Upload-Offset')),
    resumed: digest(resumed),
    parallel: digest(parallel)
  })
);
