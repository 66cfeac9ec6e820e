import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeUsage {
  prompt_tokens: number;
  completion_tokens: number;
}

/** What the fake does with one question. Whether it streams is the question's own choice. */
export type Behaviour =
  /** Answers. `usage` overrides the honest count: that is how it lies. `delayMs` goes before each piece. */
  | { kind: 'answer'; text?: string; usage?: FakeUsage | null; delayMs?: number; pieces?: number }
  /** Takes the question and never answers; `headers` sends status and headers first. */
  | { kind: 'hang'; headers?: boolean }
  | { kind: 'status'; status: number; body?: string; headers?: Record<string, string> }
  /** Breaks the connection after some pieces of the answer. */
  | { kind: 'cut'; afterPieces?: number; text?: string }
  /** Bytes that are no JSON and no event stream. */
  | { kind: 'malformed' }
  /** Exactly these bytes. */
  | { kind: 'raw'; contentType: string; body: string };

export interface FakeRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
  /** How it ended: the whole answer went out, or the connection broke before. */
  ended: Promise<'whole' | 'broken'>;
}

/** A running fake. */
export interface FakeUpstream extends AsyncDisposable {
  /** Base URL without `/v1`. */
  url: string;
  requests: FakeRequest[];
  /** Changes what happens to questions from now on. */
  behave(behaviour: Behaviour | Script): void;
  /** Resolves when so many questions have come in since the start. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Decides by the question and its number, from 0. */
export type Script = (request: FakeRequest, index: number) => Behaviour;

const DEFAULT_TEXT = 'The river carries what its tributaries bring.';

const PATHS = ['/v1/chat/completions', '/v1/embeddings'];

/**
 * An OpenAI-compatible server (`/v1/models`, `/v1/chat/completions`, `/v1/embeddings`) that behaves as the test says. Vectors come
 * by `raw` only.
 */
export async function fakeUpstream(
  behaviour: Behaviour | Script = { kind: 'answer' },
  models: readonly string[] = ['fake'],
): Promise<FakeUpstream> {
  let script = toScript(behaviour);
  const requests: FakeRequest[] = [];
  const waiters: { count: number; resolve: () => void }[] = [];

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.method === 'GET' && incoming.url === '/v1/models') {
      const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'test' }));
      sendJson(response, { object: 'list', data });
      return;
    }
    if (incoming.method !== 'POST' || !incoming.url || !PATHS.includes(incoming.url)) {
      response.writeHead(404).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const ended = once(response, 'close').then(() => (response.writableFinished ? 'whole' : 'broken'));
    const request: FakeRequest = { path: incoming.url, headers: incoming.headers, body, ended };
    const index = requests.push(request) - 1;
    for (const w of waiters) if (requests.length >= w.count) w.resolve();
    await respond(response, body, script(request, index));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    behave(next) {
      script = toScript(next);
    },
    received: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        else waiters.push({ count, resolve });
      }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function toScript(behaviour: Behaviour | Script): Script {
  return typeof behaviour === 'function' ? behaviour : () => behaviour;
}

async function respond(response: ServerResponse, body: Record<string, unknown>, b: Behaviour): Promise<void> {
  switch (b.kind) {
    case 'answer':
      return answer(response, body, b);
    case 'hang':
      if (b.headers) response.writeHead(200, { 'content-type': contentType(body) }).flushHeaders();
      return;
    case 'status':
      response.writeHead(b.status, { 'content-type': 'application/json', ...b.headers });
      response.end(
        b.body ?? JSON.stringify({ error: { message: 'scripted', type: 'server_error', param: null, code: null } }),
      );
      return;
    case 'cut':
      return cut(response, body, b);
    case 'malformed':
      response.writeHead(200, { 'content-type': contentType(body) });
      response.end(body.stream ? 'data: {"choices":[{"delta":\n\ndata: nonsense\n\n' : '{"choices":[{"message":');
      return;
    case 'raw':
      response.writeHead(200, { 'content-type': b.contentType }).end(b.body);
  }
}

async function answer(
  response: ServerResponse,
  body: Record<string, unknown>,
  { text = DEFAULT_TEXT, usage, delayMs = 0, pieces = 4 }: Extract<Behaviour, { kind: 'answer' }>,
): Promise<void> {
  const counted = usage === undefined ? honestUsage(body, text) : usage;
  if (!body.stream) {
    await pause(delayMs);
    sendJson(response, completion(body, text, counted));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events(body, text, pieces, counted)) {
    await pause(delayMs);
    if (response.destroyed) return;
    response.write(event);
  }
  response.end('data: [DONE]\n\n');
}

async function cut(
  response: ServerResponse,
  body: Record<string, unknown>,
  { afterPieces = 2, text = DEFAULT_TEXT }: Extract<Behaviour, { kind: 'cut' }>,
): Promise<void> {
  response.writeHead(200, { 'content-type': contentType(body) });
  const sent = body.stream
    ? events(body, text, 4, honestUsage(body, text)).slice(0, afterPieces).join('')
    : JSON.stringify(completion(body, text, honestUsage(body, text))).slice(0, 40);
  // The bytes must be out before the connection breaks, or the caller sees nothing of them.
  await new Promise<void>((resolve) => response.write(sent, () => resolve()));
  response.destroy();
}

function contentType(body: Record<string, unknown>): string {
  return body.stream ? 'text/event-stream' : 'application/json';
}

function honestUsage(body: Record<string, unknown>, text: string): FakeUsage {
  const tokens = (s: string) => Math.ceil(Buffer.byteLength(s) / 4);
  return { prompt_tokens: tokens(JSON.stringify(body.messages ?? '')), completion_tokens: tokens(text) };
}

function withTotal(usage: FakeUsage): FakeUsage & { total_tokens: number } {
  return { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens };
}

function completion(body: Record<string, unknown>, text: string, usage: FakeUsage | null): unknown {
  return {
    id: 'chatcmpl-fake',
    object: 'chat.completion',
    created: 1_800_000_000,
    model: body.model ?? 'fake',
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    ...(usage ? { usage: withTotal(usage) } : {}),
  };
}

function events(body: Record<string, unknown>, text: string, pieces: number, usage: FakeUsage | null): string[] {
  const wantsUsage = (body.stream_options as { include_usage?: boolean } | null | undefined)?.include_usage === true;
  const chunk = (choices: unknown[], extra: object = {}) =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-fake',
      object: 'chat.completion.chunk',
      created: 1_800_000_000,
      model: body.model ?? 'fake',
      choices,
      ...extra,
    })}\n\n`;
  const delta = (d: object, finish: string | null = null) => [
    { index: 0, delta: d, logprobs: null, finish_reason: finish },
  ];
  const size = Math.max(1, Math.ceil(text.length / pieces));
  const out = [chunk(delta({ role: 'assistant', content: '' }))];
  for (let i = 0; i < text.length; i += size) out.push(chunk(delta({ content: text.slice(i, i + size) })));
  out.push(chunk(delta({}, 'stop')));
  if (wantsUsage && usage) out.push(chunk([], { usage: withTotal(usage) }));
  return out;
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function pause(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
