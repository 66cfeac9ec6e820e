import { TributaryError } from '@tributary/protocol';
import { Hono } from 'hono';
import type { Metrics } from '../metrics.ts';
import type { Catalog } from '../route/catalog.ts';
import { type ChatDoor, chatCompletions } from './chat.ts';
import { asTributaryError } from './errors.ts';
import { type Explorer, explorerRoutes } from './explorer.ts';
import { modelList, oneModel } from './models.ts';
import { failed, json, preflight } from './respond.ts';

/** What the HTTP side needs. */
export interface AppDeps {
  chat: ChatDoor;
  catalog: Catalog;
  feePpm: bigint;
  explorer: Explorer;
  metrics: Metrics;
  /** The offer to pay, for `GET` on the paid resource: the official client asks for a refund that way. */
  offer(request: Request): Promise<Response>;
  /** Headers that go with an error, such as `PAYMENT-REQUIRED`. */
  errorHeaders(error: unknown): Record<string, string>;
  /** Not ready yet: what is missing. Null when everything answers. */
  notReady(): string | null;
  onInternal(error: unknown, path: string): void;
}

const CHAT_PATH = '/v1/chat/completions';

/** Methods of known paths, so that another one gets 405 and not 404. */
const METHODS: readonly [RegExp, string][] = [
  [/^\/v1\/chat\/completions$/, 'GET, POST'],
  [/^\/v1\/models(\/|$)/, 'GET'],
  [/^\/(health|metrics)$/, 'GET'],
  [/^\/tributary\/settle$/, 'POST'],
  [/^\/tributary\//, 'GET'],
];

function notFound(method: string, path: string): TributaryError {
  const allowed = METHODS.find(([pattern]) => pattern.test(path))?.[1];
  if (allowed && !allowed.split(', ').includes(method)) {
    return new TributaryError('method_not_allowed', `${method} is not possible on ${path}.`, {
      status: 405,
      hint: `Possible: ${allowed}.`,
    });
  }
  return new TributaryError('not_found', `There is no ${method} ${path}.`, {
    status: 404,
    hint: 'The API is under /v1: POST /v1/chat/completions, GET /v1/models.',
  });
}

/** The gateway's HTTP routes. A new door (another API) is another file of routes, added here. */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();

  app.options('*', (c) => preflight(c.req.raw));
  app.post(CHAT_PATH, (c) => chatCompletions(c.req.raw, deps.chat));
  app.get(CHAT_PATH, (c) => deps.offer(c.req.raw));

  app.get('/v1/models', () => json(modelList(deps.catalog, deps.feePpm)));
  app.get('/v1/models/*', (c) => {
    // Ids contain slashes; clients send them plain or as %2F.
    const path = new URL(c.req.url).pathname.slice('/v1/models/'.length);
    return json(oneModel(deps.catalog, decodePath(path), deps.feePpm));
  });

  app.get('/health', () => {
    const missing = deps.notReady();
    return json({ status: missing ?? 'ok' }, {}, missing ? 503 : 200);
  });
  app.get('/metrics', async (c) => c.text(await deps.metrics.text()));
  explorerRoutes(app, deps.explorer);

  app.notFound((c) => failed(c.req.path, notFound(c.req.method, c.req.path)));
  app.onError((thrown, c) => {
    const error = asTributaryError(thrown);
    if (error.code === 'internal_error') deps.onInternal(thrown, c.req.path);
    return failed(c.req.path, error, deps.errorHeaders(thrown));
  });
  return app;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
