import { countTokens, type EmbeddingsRequest, inputsOf, TributaryError, unpackVector } from '@tributary/protocol';
import type { Pool } from 'undici';
import { z } from 'zod';
import type { Embeddings } from '../expert.ts';
import { asUpstreamError, readBody, refused, timeout } from './upstream-http.ts';
import { malformed } from './upstream-stream.ts';

const MAX_ERROR_BYTES = 16 * 1024;
/** Bytes of an answer; a number in decimal takes about twelve. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

interface Upstream {
  baseUrl: string;
  /** The model's name at the upstream. */
  model: string;
  totalMs: number;
}

const Answer = z.object({
  data: z.array(
    z.object({ index: z.number().int().optional(), embedding: z.union([z.string(), z.array(z.number())]) }),
  ),
  usage: z.object({ prompt_tokens: z.number().int().nonnegative() }).nullish().catch(null),
});

function parse(text: string): z.infer<typeof Answer> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('with a body that is not JSON');
  }
  const parsed = Answer.safeParse(value);
  if (!parsed.success) throw malformed('without vectors');
  return parsed.data;
}

/** The vectors in the order of their texts. Servers answer in numbers or in base64, whatever was asked. */
function vectorsOf(data: z.infer<typeof Answer>['data'], texts: number): Float32Array[] {
  if (data.length !== texts) throw malformed(`${data.length} vectors for ${texts} texts`);
  const ordered = data.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0));
  const vectors = ordered.map(({ embedding }) =>
    typeof embedding === 'string' ? unpackVector(embedding) : Float32Array.from(embedding),
  );
  const length = vectors[0]?.length ?? 0;
  for (const vector of vectors) {
    if (!vector || length === 0 || vector.length !== length || !vector.every(Number.isFinite)) {
      throw malformed('with vectors that are none');
    }
  }
  return vectors as Float32Array[];
}

/** Turns texts into vectors through an OpenAI-compatible upstream; its token counts are kept plausible. */
export function embedThrough(pool: Pool, headers: Record<string, string>, upstream: Upstream) {
  const url = new URL(`${upstream.baseUrl}/embeddings`);
  const path = url.pathname + url.search;

  return async (request: EmbeddingsRequest, signal: AbortSignal): Promise<Embeddings> => {
    // The form of the numbers is left to the upstream: not all of them know of another one.
    const { provider: _, encoding_format: __, ...asked } = request;
    const body = JSON.stringify({ ...asked, model: upstream.model });
    const limit = AbortSignal.timeout(upstream.totalMs);
    try {
      const response = await pool.request({
        method: 'POST',
        path,
        headers,
        body,
        signal: AbortSignal.any([signal, limit]),
      });
      if (response.statusCode !== 200) {
        throw refused(response.statusCode, await readBody(response.body, MAX_ERROR_BYTES).catch(() => ''));
      }
      const texts = inputsOf(request);
      const { data, usage } = parse(await readBody(response.body, MAX_ANSWER_BYTES));
      const vectors = vectorsOf(data, texts.length);
      if (request.dimensions && vectors[0]!.length !== request.dimensions) {
        throw new TributaryError('unsupported_parameter', `This model gives ${vectors[0]!.length} dimensions only.`, {
          param: 'dimensions',
          hint: 'Leave dimensions out.',
        });
      }
      // Every token is at least a byte of what was sent.
      const most = Buffer.byteLength(body);
      const counted = usage?.prompt_tokens ?? texts.reduce((sum, text) => sum + countTokens(text), 0);
      const notes = counted > most ? [`The upstream claims ${counted} tokens for ${most} bytes; counted ${most}.`] : [];
      return { vectors, promptTokens: Math.min(counted, most), notes };
    } catch (error) {
      if (limit.aborted && !signal.aborted) throw timeout('no vectors', upstream.totalMs);
      throw asUpstreamError(error);
    }
  };
}
