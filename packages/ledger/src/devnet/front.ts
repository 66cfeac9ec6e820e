import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TributaryError } from '@tributary/protocol';
import type { Logger } from 'pino';
import { z } from 'zod';
import { RpcError } from './anvil.ts';
import type { Engine, Outcome } from './engine.ts';
import { kindOfMethod } from './methods.ts';

const MAX_BODY_BYTES = 4 << 20;
const MAX_BATCH = 1000;

const RpcRequest = z.object({
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().max(128),
  params: z.array(z.unknown()).optional(),
});
type RpcRequest = z.infer<typeof RpcRequest>;

const RawTransaction = z.string().regex(/^0x(?:[0-9a-fA-F]{2})+$/);
/** A count of seconds or blocks: a number, or its hex as JSON-RPC has it. */
const Quantity = z.union([
  z.number().int().nonnegative(),
  z
    .string()
    .regex(/^0x[0-9a-fA-F]{1,12}$/)
    .transform(Number),
]);

export interface Front {
  url: string;
  close(): Promise<void>;
}

/** The devnet's JSON-RPC door. Reads go to anvil; everything that changes the chain goes through the journal. */
export async function openFront(
  engine: Engine,
  options: { port: number; admin: boolean; log: Logger },
): Promise<Front> {
  const { port, admin, log } = options;

  async function answer(request: RpcRequest): Promise<string> {
    const id = JSON.stringify(request.id ?? null);
    const params = request.params ?? [];
    try {
      const kind = kindOfMethod(request.method);
      if (kind === 'read') {
        const body = JSON.stringify({ jsonrpc: '2.0', id: request.id ?? null, method: request.method, params });
        return (await engine.forward(body)).toString();
      }
      if (kind === 'refused' || (kind !== 'send' && !admin)) throw refused(request.method, kind !== 'refused');
      const outcome = await change(kind, request.method, params);
      if ('error' in outcome) throw outcome.error;
      return `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(outcome.result ?? null)}}`;
    } catch (error) {
      return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(errorBody(error))}}`;
    }
  }

  function change(kind: string, method: string, params: unknown[]): Promise<Outcome> {
    switch (kind) {
      case 'send':
        return engine.send(parse(RawTransaction, params[0], 'a raw transaction in hex'));
      case 'increaseTime': {
        const seconds = parse(Quantity, params[0], 'seconds');
        return engine.change(({ offset }) => ({ kind: 'clock', offset: offset + seconds, nextAt: null }));
      }
      case 'setNextBlockTimestamp': {
        const at = parse(Quantity, params[0], 'unix seconds');
        return engine.change(() => ({ kind: 'clock', offset: at - Math.floor(Date.now() / 1000), nextAt: at }));
      }
      case 'mine': {
        const { blocks, interval, at } = mineParams(method, params);
        return engine.change((now) => ({ kind: 'mine', at: at ?? now.at, blocks, interval }));
      }
      default:
        return engine.change(() => ({ kind: 'admin', method, params }));
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'devnet request failed');
      response.destroy();
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', '*');
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-headers', 'content-type');
      response.setHeader('access-control-allow-methods', 'POST');
      response.setHeader('access-control-max-age', '86400');
      response.writeHead(204).end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    const body = request.method === 'POST' ? await readBody(request) : Buffer.alloc(0);
    if (body === null) {
      response.setHeader('connection', 'close');
      response.writeHead(413).end(failure(-32600, `the request is larger than ${MAX_BODY_BYTES} bytes`));
      return;
    }
    response.end(await answerBody(body));
  }

  async function answerBody(body: Buffer): Promise<string> {
    let json: unknown;
    try {
      json = JSON.parse(body.toString());
    } catch {
      return failure(-32700, 'the body is not JSON; POST a JSON-RPC request');
    }
    const one = async (item: unknown) => {
      const request = RpcRequest.safeParse(item);
      return request.success ? answer(request.data) : failure(-32600, 'not a JSON-RPC request: id, method and params');
    };
    if (!Array.isArray(json)) return one(json);
    if (json.length === 0 || json.length > MAX_BATCH) return failure(-32600, `a batch has 1 to ${MAX_BATCH} requests`);
    return `[${(await Promise.all(json.map(one))).join(',')}]`;
  }

  server.keepAliveTimeout = 60_000;
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/** `evm_mine` takes a time or `{timestamp}`; the others take a count and an interval. */
function mineParams(method: string, params: unknown[]): { blocks: number; interval: number; at: number | null } {
  const first = params[0];
  if (method === 'evm_mine') {
    const given = typeof first === 'object' && first !== null && 'timestamp' in first ? first.timestamp : first;
    return { blocks: 1, interval: 0, at: given == null ? null : parse(Quantity, given, 'unix seconds') };
  }
  const blocks = first == null ? 1 : parse(Quantity, first, 'a number of blocks');
  if (blocks < 1 || blocks > 10_000) throw new RpcError(-32602, 'between 1 and 10000 blocks can be mined at once');
  return { blocks, interval: params[1] == null ? 1 : parse(Quantity, params[1], 'seconds'), at: null };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, expected: string): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new RpcError(-32602, `expected ${expected} as the first parameter`);
  return parsed.data;
}

function refused(method: string, needsAdmin: boolean): RpcError {
  const why = needsAdmin ? 'it needs a devnet started with the admin option' : 'the devnet does not offer it';
  return new RpcError(-32601, `${method.slice(0, 64)} is refused: ${why}`);
}

function errorBody(error: unknown): { code: number; message: string; data?: unknown } {
  if (error instanceof RpcError) {
    return { code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) };
  }
  const message = TributaryError.is(error) ? error.message : 'the devnet could not do this just now; try again';
  return { code: -32603, message };
}

function failure(code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } });
}

/** The body, or null when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new TributaryError('port_in_use', `The devnet cannot listen on port ${port}: ${cause.message}.`, {
          status: 500,
          cause,
          hint: 'Stop what uses the port, or choose another one.',
        }),
      );
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
