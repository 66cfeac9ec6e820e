import { assets, identity, type Reader } from '@tributary/chain';
import {
  type Address,
  type ChatRequest,
  type Curve,
  cardDigest,
  Address as HexAddress,
  noble,
  ServiceCard,
  SignedServiceCard,
  sameHex,
  TributaryError,
} from '@tributary/protocol';
import type { AnswerOpener } from '@tributary/protocol/sealed';
import { z } from 'zod';
import type { Delta } from './answer-builder.ts';
import { orNull } from './authority.ts';
import { toHttpError } from './http-error.ts';

/** A question that only its service can read: the body to send, and what opens the answer's content. */
export interface PrivateAsking {
  body: ChatRequest;
  open: OpenContent;
}

/** Opens the content of a sealed answer as it comes. */
export interface OpenContent {
  /** The deltas that are complete with this text; the last one carries the citations. */
  take(content: string): Delta[];
  /** @throws `sealed_unreadable` unless the answer came to its end */
  end(): void;
}

const Model = z.looseObject({
  providers: z
    .array(
      z.looseObject({
        service: HexAddress,
        name: z.string(),
        available: z.boolean(),
        supported_parameters: z.array(z.string()),
      }),
    )
    .optional(),
});

const Opened = z.looseObject({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(z.unknown()).nullish(),
  citations: z.array(z.unknown()).nullish(),
});

/** What a gateway has to see: where the question goes, how its answer is framed, and how long it may get. */
const OUTSIDE = ['model', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens'] as const;

function cannot(message: string, hint: string): TributaryError {
  return new TributaryError('no_private_service', message, { status: 404, param: 'model', hint });
}

/** A service of the model that can be asked privately, in the gateway's order of preference by the caller's choice. */
async function chooseService(send: typeof fetch, gateway: string, request: ChatRequest): Promise<Address> {
  const model = request.model ?? 'auto';
  if (model === 'auto' || request.models?.length) {
    throw new TributaryError('model_needed', 'A private question needs the name of one model.', {
      param: 'model',
      hint: 'The gateway cannot choose for a question that it cannot read. GET /v1/models lists what there is.',
    });
  }
  const response = await send(`${gateway}/v1/models/${encodeURIComponent(model)}`);
  if (!response.ok) throw await toHttpError(response);
  const { providers = [] } = Model.parse(await response.json());
  const named = (names: readonly string[] | null | undefined, p: (typeof providers)[number]) =>
    names?.some((n) => n.toLowerCase() === p.name.toLowerCase() || sameHex(n, p.service)) ?? false;
  const able = providers.filter((p) => p.supported_parameters.includes('sealed'));
  if (able.length === 0) {
    throw cannot(
      `Nobody answers private questions to ${model}.`,
      'Choose a model whose supported_parameters list sealed.',
    );
  }
  const { only, ignore, order } = request.provider ?? {};
  const left = able.filter((p) => p.available && (!only?.length || named(only, p)) && !named(ignore, p));
  const first = left.find((p) => named(order, p)) ?? left[0];
  if (first) return first.service;
  throw cannot(`Nobody who answers private questions to ${model} can be asked now.`, 'Try again in a few seconds.');
}

/** The service's card, believed only when the wallet signed it that the chain names for the service's owner. */
async function trustedCard(
  send: typeof fetch,
  gateway: string,
  service: Address,
  reader: Reader,
  curve: Curve,
): Promise<ServiceCard> {
  const response = await send(`${gateway}/tributary/services/${service}/card`);
  if (!response.ok) throw await toHttpError(response);
  const signed = SignedServiceCard.safeParse(await response.json());
  const parsed = ServiceCard.safeParse(signed.data?.card);
  const lied = (what: string) =>
    new TributaryError('gateway_lied', `The card of service ${service} does not hold: ${what}.`, {
      status: 502,
      hint: 'Nothing was sent. The gateway may want to read what you ask.',
    });
  if (!signed.success || !parsed.success) throw lied('it is malformed');
  const card = parsed.data;
  if (card.service !== service || card.chainId !== reader.chainId) throw lied('it is for another service');
  const signer = curve.recover(
    cardDigest(signed.data.card, reader.chainId, reader.contracts.receiptLog),
    signed.data.signature,
  );
  const [isAsset, wallet, agentOwner] = await Promise.all([
    assets.isAsset(reader, service),
    orNull(identity.agentWallet(reader, card.agentId)),
    orNull(identity.ownerOf(reader, card.agentId)),
  ]);
  if (!isAsset) throw lied('the service is not registered');
  if (!wallet || !signer || !sameHex(wallet, signer)) throw lied('it is not signed by the wallet of its identity');
  if (!agentOwner || !sameHex(agentOwner, await assets.ownerOf(reader, service))) {
    throw lied('its identity belongs to somebody else');
  }
  return card;
}

/**
 * Seals a question to one service, so that the gateway routes and meters it without reading it. Whose documents an answer used
 * is part of its public receipt all the same.
 *
 * @param send A plain `fetch`.
 * @throws `model_needed`, `no_private_service`, or `gateway_lied` when the service's key is not its own
 */
export async function sealFor(
  send: typeof fetch,
  gateway: string,
  request: ChatRequest,
  reader: Reader,
  curve: Curve = noble,
): Promise<PrivateAsking> {
  const service = await chooseService(send, gateway, request);
  const card = await trustedCard(send, gateway, service, reader, curve);
  if (!card.sealKey) throw cannot(`${card.provider} publishes no key.`, 'Choose another provider.');
  const { provider: _, models: __, ...rest } = request;
  const outside: Partial<ChatRequest> = {};
  const inside: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if ((OUTSIDE as readonly string[]).includes(key)) Object.assign(outside, { [key]: value });
    else inside[key] = value;
  }
  const { sealQuestion } = await import('@tributary/protocol/sealed');
  const sealed = await sealQuestion(card.sealKey, service, { ...inside, messages: request.messages });
  const only = { only: [service], allow_fallbacks: false };
  return { body: { ...outside, ...sealed.request, provider: only }, open: contentOpener(sealed.answer) };
}

function contentOpener(answer: AnswerOpener): OpenContent {
  return {
    take: (content) =>
      answer.take(content).map((value) => {
        const { citations, tool_calls, ...delta } = Opened.parse(value);
        return {
          ...delta,
          ...(tool_calls ? { tool_calls: tool_calls as NonNullable<Delta['tool_calls']> } : {}),
          ...(citations ? { annotations: citations } : {}),
        } as Delta;
      }),
    end: () => answer.end(),
  };
}
