import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { TributaryError } from '@tributary/protocol';
import { askInside, type Caller, callerAtSocket, type Headers } from '@tributary/work';
import { Hono } from 'hono';
import type { ReceiptChecks } from '../doors/agents/receipt-tools.ts';
import { readChat } from '../doors/chat/index.ts';
import { readCompletions } from '../doors/completions/index.ts';
import { readEmbeddings } from '../doors/embeddings/index.ts';
import { countMessages, readMessages } from '../doors/messages/index.ts';
import { readResponses } from '../doors/responses/index.ts';
import type { Metrics } from '../metrics.ts';
import type { Catalog } from '../route/catalog.ts';
import { agentRoutes } from './agent-routes.ts';
import { type AskDoor, ask, MAX_BODY_BYTES } from './ask.ts';
import { describeRoutes } from './describe.ts';
import { asTributaryError, errorAnswer } from './errors.ts';
import { type Explorer, explorerRoutes } from './explorer.ts';
import type { ReadAsking } from './form.ts';
import { modelAnswer, modelList } from './models.ts';
import { type PageSources, pageRoutes } from './page.ts';
import { readLimited } from './read-limited.ts';
import { CORS, failed, json, preflight } from './respond.ts';
import { signedCard } from './signed-card.ts';

/** What the HTTP side needs. */
export interface AppDeps {
  asking: AskDoor;
  catalog: Catalog;
  feePpm: bigint;
  explorer: Explorer;
  metrics: Metrics;
  /** Holds receipts against the chain; loaded when first asked for. */
  receiptChecks(): Promise<ReceiptChecks>;
  /** Base URL by which clients reach the gateway. */
  publicUrl(): string;
  /** What the web page may talk to beside this gateway. */
  pageSources(): PageSources;
  /** The offer to pay, for `GET` on the paid resource: the official client asks for a refund that way. */
  offer(caller: Caller): Promise<Headers>;
  /** Headers that go with an error, such as `PAYMENT-REQUIRED`. */
  errorHeaders(error: unknown): Record<string, string>;
  /** Not ready yet: what is missing. Null when everything answers. */
  notReady(): string | null;
  onInternal(error: unknown, path: string): void;
}

/** The APIs in which a question can be asked, by path. */
const ASKINGS: Readonly<Record<string, ReadAsking>> = {
  '/v1/chat/completions': readChat,
  '/v1/responses': readResponses,
  '/v1/completions': readCompletions,
  '/v1/embeddings': readEmbeddings,
  '/v1/messages': readMessages,
};

/** Methods of known paths, so that another one gets 405 and not 404. */
const METHODS: readonly [RegExp, string][] = [
  [/^\/v1\/(chat\/completions|responses|completions|embeddings|messages)$/, 'GET, POST'],
  [/^\/v1\/messages\/count_tokens$/, 'POST'],
  [/^\/v1\/models(\/|$)/, 'GET'],
  [/^\/(health|metrics|openapi\.json|llms\.txt|\.well-known\/agent-card\.json)$/, 'GET'],
  [/^\/mcp$/, 'GET, POST, DELETE'],
  [/^\/a2a$/, 'POST'],
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
    hint: 'The API is under /v1: POST to chat/completions, responses, completions, embeddings or messages, GET models.',
  });
}

/** Answers a question, or says in the path's own form why not. */
async function answerCaller(caller: Caller, read: ReadAsking, deps: AppDeps): Promise<void> {
  try {
    await ask(caller, read, deps.asking);
  } catch (thrown) {
    refuse(caller, thrown, deps);
  }
}

function refuse(caller: Caller, thrown: unknown, deps: AppDeps): void {
  const error = asTributaryError(thrown);
  if (error.code === 'internal_error') deps.onInternal(thrown, caller.path);
  const { status, headers, body } = errorAnswer(caller.path, error);
  caller.answer(status, { ...CORS, ...headers, ...deps.errorHeaders(thrown) }, body);
}

async function answerOffer(caller: Caller, deps: AppDeps): Promise<void> {
  try {
    caller.answer(200, { 'content-type': 'application/json', ...CORS, ...(await deps.offer(caller)) }, '{}');
  } catch (thrown) {
    refuse(caller, thrown, deps);
  }
}

/**
 * What the gateway answers over HTTP. Questions are answered at the bare socket, everything else by routes. A new API to ask in
 * is a line in `ASKINGS`; any other door is a file of routes, added to `routes`.
 */
export function createApp(deps: AppDeps): RequestListener {
  // The libraries of the agents' doors hand on requests, which do not say where they came from.
  const outer = new AsyncLocalStorage<Caller>();
  const others = getRequestListener(routes(deps, () => outer.getStore()).fetch);
  return (request, response) => {
    const caller = callerAtSocket(request, response);
    const read = ASKINGS[caller.path];
    if (read && request.method === 'POST') void answerCaller(caller, read, deps);
    else if (read && request.method === 'GET') void answerOffer(caller, deps);
    else void outer.run(caller, () => others(request, response));
  };
}

function routes(deps: AppDeps, outer: () => Caller | undefined): Hono {
  const app = new Hono();

  app.options('*', (c) => preflight(c.req.raw));

  app.get('/v1/models', () => json(modelList(deps.catalog, deps.feePpm)));
  app.get('/v1/models/*', (c) => {
    // Ids contain slashes; clients send them plain or as %2F.
    const path = new URL(c.req.url).pathname.slice('/v1/models/'.length);
    return json(modelAnswer(deps.catalog, decodePath(path), deps.feePpm));
  });

  app.post('/v1/messages/count_tokens', async (c) => json(countMessages(await readLimited(c.req.raw, MAX_BODY_BYTES))));

  app.get('/tributary/services/:account/card', (c) => json(signedCard(deps.catalog, c.req.param('account'))));

  app.get('/health', () => {
    const missing = deps.notReady();
    return json({ status: missing ?? 'ok' }, {}, missing ? 503 : 200);
  });
  app.get('/metrics', async (c) =>
    c.body(await deps.metrics.text(), 200, { 'content-type': deps.metrics.contentType }),
  );
  agentRoutes(app, {
    ...deps,
    ask: (request) => askInside(request, outer(), (caller) => answerCaller(caller, readChat, deps)),
    findReceipt: deps.explorer.receipt,
  });
  explorerRoutes(app, deps.explorer);
  describeRoutes(app, deps);
  pageRoutes(app, deps.pageSources);

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
