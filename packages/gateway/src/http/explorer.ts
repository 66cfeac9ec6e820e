import type { HttpBindings } from '@hono/node-server';
import { TributaryError, toWire } from '@tributary/protocol';
import { type ExplorerApi, type ExplorerName, explorerApi } from '@tributary/protocol/explorer';
import { type OperatorCaller, requireOperator } from '@tributary/work';
import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Asked, TableName } from '../explore/context.ts';
import type { Explorer } from '../explore/explorer.ts';
import type { TablesAnswer } from '../tables/work.ts';
import { publishedReceipt } from './published.ts';
import { CORS, json } from './respond.ts';

export type { Explorer };

const FRESH = { 'cache-control': 'no-store' } as const;

function wire(value: unknown): Response {
  return json(toWire(value), FRESH);
}

function callerOf(c: Context): OperatorCaller {
  const env = c.env as Partial<HttpBindings> | undefined;
  return { header: (name) => c.req.header(name), remoteAddress: env?.incoming?.socket.remoteAddress };
}

function refuse(error: z.ZodError, known: string[]): TributaryError {
  const issue = error.issues[0]!;
  const param = issue.code === 'unrecognized_keys' ? issue.keys[0]! : String(issue.path[0] ?? '');
  const hint = known.length > 0 ? `Possible: ${known.join(', ')}.` : 'There are no parameters.';
  if (issue.code === 'unrecognized_keys') {
    const name = JSON.stringify(param.slice(0, 64));
    return new TributaryError('unknown_parameter', `There is no parameter ${name} here.`, {
      param: param.slice(0, 64),
      hint,
    });
  }
  return new TributaryError('invalid_value', `${param}: ${issue.message}.`, { param, hint });
}

function parsed<S extends z.ZodType>(schema: S, value: Record<string, string>): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const shape = (schema as unknown as { shape?: Record<string, unknown> }).shape ?? {};
  throw refuse(result.error, Object.keys(shape));
}

/** The members of a query string. @throws `repeated_parameter` */
function queryOf(c: Context): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (values.length > 1) {
      const param = name.slice(0, 64);
      throw new TributaryError(
        'repeated_parameter',
        `The parameter ${JSON.stringify(param)} is given more than once.`,
        {
          param,
        },
      );
    }
    query[name] = values[0]!;
  }
  return query;
}

function acceptsGzip(c: Context): boolean {
  return /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)/.test(
    c.req.header('accept-encoding') ?? '',
  );
}

/** Lets callers who ask the same at the same time share one answer. */
function createSharing(): (key: string, ask: () => Promise<TablesAnswer>) => Promise<TablesAnswer> {
  const underWay = new Map<string, Promise<TablesAnswer>>();
  return (key, ask) => {
    const known = underWay.get(key);
    const asked = known ?? ask().finally(() => underWay.delete(key));
    if (known === undefined) underWay.set(key, asked);
    return asked;
  };
}

function packed({ body, gzip }: TablesAnswer): Response {
  const encoding: Record<string, string> = gzip ? { 'content-encoding': 'gzip' } : {};
  const headers = { 'content-type': 'application/json', vary: 'accept-encoding', ...encoding, ...CORS, ...FRESH };
  return new Response(body, { headers });
}

/** Parts of a question as its schemas have them. */
function askedOf<N extends ExplorerName>(c: Context, { params, query }: ExplorerApi[N]): Asked<N> {
  return { params: parsed(params, c.req.param()), query: parsed(query, queryOf(c)) } as Asked<N>;
}

/**
 * `/tributary/*`: what everybody may know, for the web page and for programs. No text of any answer, no salts. Paths and
 * parameters are those of `explorerApi`, which the OpenAPI document is made of as well.
 */
export function explorerRoutes(app: Hono, explorer: Explorer): void {
  const share = createSharing();
  const routeOf = (name: ExplorerName) => explorerApi[name].path.replaceAll(/\{(\w+)\}/g, ':$1');

  app.get(routeOf('network'), (c) => {
    askedOf(c, explorerApi.network);
    return wire(explorer.network());
  });
  app.get(routeOf('receipt'), async (c) => {
    const { id } = askedOf<'receipt'>(c, explorerApi.receipt).params;
    const receipt = await explorer.receipt(id);
    if (receipt !== undefined) return wire(publishedReceipt(receipt));
    throw new TributaryError('receipt_not_found', `No receipt has the request id or hash ${id}.`, {
      status: 404,
      hint: 'Failed requests have none; a fresh receipt appears within a second.',
    });
  });
  for (const name of Object.keys(explorerApi) as ExplorerName[]) {
    if (name === 'network' || name === 'receipt') continue;
    app.get(routeOf(name), async (c) => {
      const asked = askedOf<TableName>(c, explorerApi[name]);
      const gzip = acceptsGzip(c);
      return packed(await share(`${gzip} ${c.req.url}`, () => explorer.answer(name, asked, gzip)));
    });
  }

  app.post('/tributary/settle', async (c) => {
    requireOperator(callerOf(c), explorer.operator());
    return wire(await explorer.settle());
  });
}
