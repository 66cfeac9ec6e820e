import { TributaryError } from '@tributary/protocol';
import { request } from 'undici';
import { z } from 'zod';

/** A model server found on this machine. */
export interface FoundUpstream {
  program: string;
  /** Ready for `relay`'s `baseUrl`. */
  baseUrl: string;
  models: string[];
}

/** Where these programs listen unless told otherwise. */
const USUAL: readonly { program: string; port: number }[] = [
  { program: 'Ollama', port: 11434 },
  { program: 'llama.cpp', port: 8080 },
  { program: 'vLLM', port: 8000 },
  { program: 'LM Studio', port: 1234 },
];

const MAX_LIST_BYTES = 1024 * 1024;
const ModelList = z.looseObject({
  object: z.literal('list'),
  data: z.array(z.looseObject({ id: z.string().min(1).max(256) })).max(1000),
});

async function modelsAt(baseUrl: string, timeoutMs: number): Promise<string[]> {
  const response = await request(`${baseUrl}/models`, { signal: AbortSignal.timeout(timeoutMs) });
  let text = '';
  for await (const chunk of response.body) {
    text += String(chunk);
    if (text.length > MAX_LIST_BYTES) throw new RangeError('list of models too long');
  }
  if (response.statusCode !== 200) return [];
  return ModelList.parse(JSON.parse(text)).data.map((m) => m.id);
}

/**
 * Looks on the usual local ports for programs that speak OpenAI's protocol, all at once. Other programs on these ports
 * (anything that does not answer with a list of models in time) are passed over.
 */
export async function discoverUpstreams(
  options: { timeoutMs?: number; ports?: readonly { program: string; port: number }[] } = {},
): Promise<FoundUpstream[]> {
  const { timeoutMs = 800, ports = USUAL } = options;
  const found = await Promise.all(
    ports.map(async ({ program, port }) => {
      const baseUrl = `http://127.0.0.1:${port}/v1`;
      const models = await modelsAt(baseUrl, timeoutMs).catch(() => []);
      return { program, baseUrl, models };
    }),
  );
  return found.filter((f) => f.models.length > 0);
}

/**
 * The server that a person named by its URL, with or without `/v1`. Throws `upstream_unreachable` when neither answers with a
 * list of models.
 */
export async function upstreamAt(url: string, timeoutMs = 5_000): Promise<FoundUpstream> {
  const base = url.replace(/\/+$/, '');
  const candidates = base.endsWith('/v1') ? [base] : [`${base}/v1`, base];
  let cause: unknown;
  for (const baseUrl of candidates) {
    try {
      const models = await modelsAt(baseUrl, timeoutMs);
      if (models.length > 0) return { program: 'OpenAI-compatible server', baseUrl, models };
    } catch (error) {
      cause = error;
    }
  }
  throw new TributaryError('upstream_unreachable', `${url} does not answer GET /v1/models with a list of models.`, {
    status: 502,
    param: 'upstream',
    hint: 'Check the URL, and that the server runs and has a model loaded.',
    cause,
  });
}
