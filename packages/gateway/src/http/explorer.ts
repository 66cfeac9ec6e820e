import type { HttpBindings } from '@hono/node-server';
import { Hex32, TributaryError, toWire } from '@tributary/protocol';
import { type OperatorCaller, type OperatorTerms, requireOperator } from '@tributary/work';
import type { Context, Hono } from 'hono';
import { publishedReceipt } from './published.ts';
import { json } from './respond.ts';

const PAGE = 100;
const MAX_PAGE = 1_000;

/** Where the explorer's facts come from. Values may hold bigints; they go out as strings. */
export interface Explorer {
  network(): unknown;
  services(): unknown;
  assets(): Promise<unknown>;
  /** Receipts after a sequence number, oldest first. */
  receipts(since: number, limit: number): Promise<{ seq: number; receipt: unknown }[]>;
  /** By request id or receipt hash. */
  receipt(id: Hex32): Promise<unknown | undefined>;
  claims(): Promise<unknown>;
  /** Claims everything now. */
  settle(): Promise<unknown>;
  /** Who may settle. */
  operator(): OperatorTerms;
}

function wire(value: unknown): Response {
  return json(toWire(value), { 'cache-control': 'no-store' });
}

function numberOf(text: string | undefined, fallback: number, name: string): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new TributaryError('invalid_value', `${name} is ${JSON.stringify(text)}, expected a whole number.`, {
    param: name,
  });
}

function callerOf(c: Context): OperatorCaller {
  const env = c.env as Partial<HttpBindings> | undefined;
  return { header: (name) => c.req.header(name), remoteAddress: env?.incoming?.socket.remoteAddress };
}

/** `/tributary/*`: what everybody may know, for the web page and for `tributary trace`. No text of any answer, no salts. */
export function explorerRoutes(app: Hono, explorer: Explorer): void {
  app.get('/tributary/network', () => wire(explorer.network()));
  app.get('/tributary/services', () => wire(explorer.services()));
  app.get('/tributary/assets', async () => wire(await explorer.assets()));
  app.get('/tributary/claims', async () => wire(await explorer.claims()));

  app.get('/tributary/receipts', async (c) => {
    const since = numberOf(c.req.query('since'), 0, 'since');
    const limit = Math.min(numberOf(c.req.query('limit'), PAGE, 'limit'), MAX_PAGE);
    const found = await explorer.receipts(since, limit);
    const receipts = found.map((r) => ({ ...r, receipt: publishedReceipt(r.receipt) }));
    return wire({ receipts, next: receipts.at(-1)?.seq ?? since });
  });

  app.get('/tributary/receipts/:id', async (c) => {
    const id = Hex32.safeParse(c.req.param('id'));
    if (!id.success)
      throw new TributaryError('invalid_value', 'expected 32 bytes: 0x and 64 hex digits', { param: 'id' });
    const receipt = await explorer.receipt(id.data);
    if (receipt !== undefined) return wire(publishedReceipt(receipt));
    throw new TributaryError('receipt_not_found', `No receipt has the request id or hash ${id.data}.`, {
      status: 404,
      hint: 'Failed requests have none; a fresh receipt appears within a second.',
    });
  });

  app.post('/tributary/settle', async (c) => {
    requireOperator(callerOf(c), explorer.operator());
    return wire(await explorer.settle());
  });
}
