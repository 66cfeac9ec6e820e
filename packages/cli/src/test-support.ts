import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { run } from './run.ts';

const hex = (byte: string, bytes: number) => `0x${byte.repeat(bytes)}`;

/** A receipt in its wire form whose signatures are nobody's. */
export const receiptJson = {
  chainId: 31_337,
  receiptLog: hex('1e', 20),
  receipt: {
    requestId: hex('01', 32),
    service: hex('5e', 20),
    agentId: '0',
    requestHash: hex('02', 32),
    responseHash: hex('03', 32),
    modelDigest: hex('04', 32),
    promptTokens: 3,
    completionTokens: 4,
    token: hex('70', 20),
    price: '60',
    attributionHash: hex('05', 32),
    issuedAt: 1_767_225_600,
  },
  signature: hex('06', 65),
  salt: hex('07', 32),
  attribution: [],
  payment: {
    receiptHash: hex('08', 32),
    channelId: hex('09', 32),
    from: '0',
    to: '60',
    payerChannelId: hex('0a', 32),
    payerFrom: '0',
    payerTo: '63',
  },
  paymentSignature: hex('0b', 65),
};

/** What a command line printed, and how it ended. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs command lines in a folder of their own, without a terminal. */
export async function createShell(t: Pick<TestContext, 'after'>, env: NodeJS.ProcessEnv = {}) {
  const home = await mkdtemp(join(tmpdir(), 'tributary-cli-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  return {
    home,
    async run(...argv: string[]): Promise<Ran> {
      return runIn(home, argv, env, '');
    },
    async runWith(stdin: string, ...argv: string[]): Promise<Ran> {
      return runIn(home, argv, env, stdin);
    },
  };
}

async function runIn(home: string, argv: string[], env: NodeJS.ProcessEnv, stdin: string): Promise<Ran> {
  const texts = { stdout: '', stderr: '' };
  const into = (name: keyof typeof texts) =>
    new Writable({
      write(chunk, _, done) {
        texts[name] += String(chunk);
        done();
      },
    });
  const code = await run(argv, {
    env: { TRIBUTARY_HOME: home, ...env },
    cwd: home,
    stdin: Readable.from([stdin]),
    stdout: into('stdout'),
    stderr: into('stderr'),
    signal: new AbortController().signal,
  });
  return { code, ...texts };
}
