import { AgentCard } from '@a2a-js/sdk';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import { JsonRpcTransportHandler, ServerCallContext, validateVersion } from '@a2a-js/sdk/server';
import { TributaryError } from '@tributary/protocol';
import { CORS } from '../../http/respond.ts';
import type { AskChat } from '../agents/ask-chat.ts';
import { readMessage, unread } from '../agents/read-message.ts';
import { agentCard, type SkillFact } from './card.ts';
import { createAgent, withHeaders } from './handler.ts';

/** What a request without a version means. */
const LEGACY = '0.3';
const MAX_EXTENSIONS = 32;

/** What the door needs from the gateway. */
export interface A2aDeps {
  ask: AskChat;
  /** The models that answer at the moment. */
  models(): SkillFact[];
  /** Base URL by which clients reach the gateway. */
  publicUrl(): string;
  onError(error: unknown): void;
}

/** A2A over JSON-RPC, versions 1.0 and 0.3. */
export interface A2aDoor {
  /** `POST /a2a`. */
  call(request: Request): Promise<Response>;
  /** `GET /.well-known/agent-card.json`. */
  card(): Response;
}

const SSE_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  ...CORS,
} as const;

const isStream = (answer: object): answer is AsyncGenerator<object, void, undefined> => Symbol.asyncIterator in answer;

/** Both versions in one document: either reader takes its own fields and leaves the others. */
function cardJson(card: AgentCard): Record<string, unknown> {
  const [first] = card.supportedInterfaces;
  return {
    ...(AgentCard.toJSON(card) as Record<string, unknown>),
    protocolVersion: '0.3.0',
    url: first?.url,
    preferredTransport: first?.protocolBinding,
  };
}

function extensionsIn(headers: Headers): string[] {
  const listed = headers.get('a2a-extensions') ?? headers.get('x-a2a-extensions') ?? '';
  return listed
    .split(',')
    .map((uri) => uri.trim())
    .filter((uri) => uri !== '')
    .slice(0, MAX_EXTENSIONS);
}

export function createA2aDoor(deps: A2aDeps): A2aDoor {
  const card = () => agentCard(deps.publicUrl(), deps.models());
  const agent = createAgent({ ask: deps.ask, card, onError: deps.onError });
  const current = new JsonRpcTransportHandler(agent);
  const legacy = new LegacyJsonRpcTransportHandler(agent);

  function streamOf(
    first: IteratorResult<object, void>,
    events: AsyncGenerator<object, void, undefined>,
    failed: (error: unknown) => object,
  ): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let next: IteratorResult<object, void> | null = first;
    return new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = next ?? (await events.next());
          next = null;
          if (done) controller.close();
          else controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
        } catch (error) {
          controller.enqueue(encoder.encode(`event: error\ndata: ${JSON.stringify(failed(error))}\n\n`));
          controller.close();
        }
      },
      async cancel() {
        await events.return();
      },
    });
  }

  async function answer(request: Request): Promise<Response> {
    const body = await readMessage(request);
    const id = typeof body.id === 'string' || typeof body.id === 'number' ? body.id : null;
    const requestedVersion = request.headers.get('a2a-version') || LEGACY;
    const isLegacy = requestedVersion === LEGACY;
    const context = new ServerCallContext({
      requestedExtensions: extensionsIn(request.headers),
      requestedVersion,
      state: withHeaders(request.headers),
    });
    const failed = (error: unknown) => ({
      jsonrpc: '2.0',
      id,
      error: isLegacy
        ? LegacyJsonRpcTransportHandler.mapToLegacyJSONRPCError(error)
        : JsonRpcTransportHandler.mapToJSONRPCError(error),
    });
    const headers = () => {
      const activated = context.activatedExtensions?.join(', ');
      return activated ? { [isLegacy ? 'x-a2a-extensions' : 'a2a-extensions']: activated } : {};
    };
    try {
      validateVersion(requestedVersion, card(), 'JSONRPC');
      const result = await (isLegacy ? legacy : current).handle(body, context);
      if (!isStream(result)) return Response.json(result, { headers: { ...CORS, ...headers() } });
      const first = await result.next();
      return new Response(streamOf(first, result, failed), { headers: { ...SSE_HEADERS, ...headers() } });
    } catch (error) {
      return Response.json(failed(error), { headers: CORS });
    }
  }

  return {
    async call(request) {
      try {
        return await answer(request);
      } catch (error) {
        if (!TributaryError.is(error)) throw error;
        const response = unread(error);
        for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
        return response;
      }
    },
    card: () => Response.json(cardJson(card()), { headers: { ...CORS, 'cache-control': 'public, max-age=60' } }),
  };
}
