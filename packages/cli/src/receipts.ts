import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { SignedReceipt, TributaryError, toWire } from '@tributary/protocol';
import type { Answer } from '@tributary/sdk';
import { readText } from './home.ts';
import type { Io } from './io.ts';

const FOLDER = 'receipts';

/** Files of one kept answer; all that `verify` needs. */
export interface KeptReceipt {
  receipt: string;
  answer: string;
  request: string;
}

/** Keeps a receipt with its question and answer in the home folder, readable by its owner only. */
export async function keepReceipt(home: string, answer: Answer, request: unknown): Promise<KeptReceipt> {
  const folder = join(home, FOLDER);
  await mkdir(folder, { recursive: true });
  const name = join(folder, answer.receipt.receipt.requestId.slice(2, 18));
  const files = { receipt: `${name}.json`, answer: `${name}.answer.json`, request: `${name}.request.json` };
  const write = (file: string, value: unknown) =>
    writeFile(file, `${JSON.stringify(JSON.parse(toWire(value)), null, 2)}\n`, { mode: 0o600 });
  await write(files.answer, answer.message);
  await write(files.request, request);
  await write(files.receipt, answer.receipt);
  return files;
}

/** The newest kept receipt's file. Throws `no_receipt` when none is kept. */
async function newestReceipt(home: string): Promise<string> {
  const folder = join(home, FOLDER);
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => /^[0-9a-f]+\.json$/.test(name)).map((name) => join(folder, name));
  const times = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })));
  const newest = times.sort((a, b) => b.at - a.at)[0];
  if (newest) return newest.file;
  throw new TributaryError('no_receipt', `No receipt is kept in ${folder}.`, {
    hint: 'Ask something first: tributary ask "…". Or name a receipt file.',
  });
}

/**
 * A signed receipt from a file, from stdin (`-`), or the newest kept one. Throws `bad_receipt` naming the field at fault.
 */
export async function loadReceipt(
  io: Io,
  home: string,
  file: string | undefined,
): Promise<{ signed: SignedReceipt; source: string }> {
  const source = file ?? (await newestReceipt(home));
  return { signed: parseReceipt(await readText(io, source)), source: relative(io.cwd, source) || source };
}

/** Parses a receipt, bare or inside a completion's or a stream chunk's `tributary` member. */
export function parseReceipt(text: string): SignedReceipt {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw badReceipt('it is not JSON');
  }
  const inner = unwrap(json);
  const parsed = SignedReceipt.safeParse(inner);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw badReceipt(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
}

function unwrap(json: unknown): unknown {
  const member = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null && key in value ? (value as Record<string, unknown>)[key] : undefined;
  const signed = (value: unknown) => member(value, 'payment') !== undefined;
  if (signed(json)) return json;
  const field = member(json, 'tributary') ?? json;
  return member(field, 'receipt') ?? field;
}

function badReceipt(why: string): TributaryError {
  return new TributaryError('bad_receipt', `This is not a receipt: ${why}.`, {
    hint: 'Give the receipt file that `tributary ask` keeps, or an answer with its `tributary` member.',
  });
}
