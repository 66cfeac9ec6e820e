import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { conformanceServer } from './conformance-server.ts';
import { createMcpDoor } from './index.ts';

/** The official suite, from outside, on a server of ours with the tools that the suite asks for. */

const SUITE = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/dist/index.js');

/**
 * In this revision a server may ask its client in the middle of a tool call, and gets the answer by another request: that needs
 * sessions, which we do not have, and so does the scenario of several streams. No tool of ours asks back; the newer revision
 * does all of it without sessions.
 */
const NEEDS_SESSIONS = [
  'server-sse-multiple-streams',
  'tools-call-sampling',
  'tools-call-elicitation',
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
];

let folder: string;
let url: string;
const server = createServer();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-mcp-'));
  const door = createMcpDoor(conformanceServer, { publicUrl: () => url, onError: () => undefined });
  server.on('request', getRequestListener(door));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs what a revision requires; ends in an error when anything else than `known` fails, or one of those does not. */
async function conforms(revision: string, known: readonly string[] = []): Promise<string> {
  const baseline = join(folder, `${revision}.yaml`);
  await writeFile(baseline, `server: [${known.join(', ')}]\n`);
  const args = [SUITE, 'server', '--url', `${url}/mcp`, '--requirements', revision];
  const options = known.length > 0 ? ['--expected-failures', baseline] : [];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...args, ...options], { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, out) => {
      if (error) reject(new Error(out.slice(out.indexOf('=== SUMMARY')), { cause: error }));
      else resolve(out);
    });
  });
}

/** Scenarios that the summary says are passed, of those that are scored and were more than skipped. */
function passedIn(out: string): number {
  const [summary = '', notScored = ''] = out.slice(out.indexOf('=== SUMMARY')).split('Not scored');
  const passed = [...summary.matchAll(/✓ (\S+): [1-9]/g)].map((m) => m[1]!);
  return passed.filter((name) => !notScored.includes(`✓ ${name} `)).length;
}

test('all 37 server scenarios that revision 2026-07-28 requires pass', async () => {
  assert.equal(passedIn(await conforms('2026-07-28')), 37);
});

test('25 of the 30 of revision 2025-11-25 pass, the others need sessions', async () => {
  assert.equal(passedIn(await conforms('2025-11-25', NEEDS_SESSIONS)), 25);
});
