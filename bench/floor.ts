/**
 * The least that our path can cost: two bare hops and one synced write of a record's size, without reading, checking, signing or
 * routing anything. What lies between this and `tributary` is our own work. `node bench/floor.ts PORT UPSTREAM [JOURNAL]`
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [port, upstream, journal] = process.argv.slice(2);
const pool = new Pool(new URL(upstream!).origin, { connections: 256, pipelining: 1 });
/** As long as an answer's record in the gateway's journal, bytes. */
const record = Buffer.alloc(1_800, 'x');
const file = journal ? await open(journal, constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC) : null;
let end = 0;
let waiting: (() => void)[] = [];
let writing = false;

/** As the journal does: whoever comes while a write is under way shares the next one. */
function synced(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (!writing) void writeAll();
  return promise;
}

async function writeAll(): Promise<void> {
  writing = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    const bytes = Buffer.concat(batch.map(() => record));
    await file!.write(bytes, 0, bytes.length, end);
    end += bytes.length;
    for (const resolve of batch) resolve();
  }
  writing = false;
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', async () => {
    const { statusCode, headers, body } = await pool.request({
      path: request.url!,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(parts),
    });
    const type = String(headers['content-type']);
    if (type.startsWith('text/event-stream')) {
      response.writeHead(statusCode, { 'content-type': type });
      let last: Buffer | undefined;
      for await (const piece of body) {
        if (last) response.write(last);
        last = piece as Buffer;
      }
      if (file) await synced();
      response.end(last);
      return;
    }
    const text = await body.text();
    if (file) await synced();
    response.writeHead(statusCode, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(Number(port), '127.0.0.1', () => {
  const { port: bound } = server.address() as { port: number };
  console.log(JSON.stringify({ url: `http://127.0.0.1:${bound}` }));
});
