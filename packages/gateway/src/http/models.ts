import { formatUnits, type Price, TributaryError } from '@tributary/protocol';
import type { Catalog, Service } from '../route/catalog.ts';
import { AUTO } from '../route/plan.ts';
import { listPrice, typicalCost } from '../route/quote.ts';

/** Fields that every service takes which answers questions, and which turns texts into vectors. */
const COMMON_PARAMETERS = ['max_completion_tokens', 'max_tokens', 'stream'];
const VECTOR_PARAMETERS = ['encoding_format'];

function parametersOf(services: readonly Service[]): string[] {
  const answers = new Set(services.flatMap((s) => s.card.answers));
  return [
    ...(answers.has('chat') ? COMMON_PARAMETERS : []),
    ...(answers.has('embeddings') ? VECTOR_PARAMETERS : []),
    ...new Set(services.flatMap((s) => s.card.supports)),
  ];
}

/** OpenRouter's price list: dollars per token, as decimal text. */
function pricing(price: Price): Record<string, string> {
  return {
    prompt: formatUnits(price.perMillionPrompt, 12),
    completion: formatUnits(price.perMillionCompletion, 12),
    request: formatUnits(price.perRequest, 6),
  };
}

function providerOf(service: Service, feePpm: bigint): Record<string, unknown> {
  return {
    name: service.card.provider,
    service: service.account,
    expert: service.card.expert,
    pricing: pricing(listPrice(service.card.price, feePpm)),
    available: service.unavailable === null && service.breaker.allows,
    supported_parameters: parametersOf([service]),
  };
}

function modelObject(id: string, services: readonly Service[], feePpm: bigint): Record<string, unknown> {
  const cheapest = services.reduce((a, b) => (typicalCost(b.card.price) < typicalCost(a.card.price) ? b : a));
  const { card } = cheapest;
  const contextLength = Math.max(...services.map((s) => s.card.model.contextTokens));
  const maxOutput = Math.max(...services.map((s) => s.card.model.maxOutputTokens));
  return {
    id,
    object: 'model',
    created: Math.min(...services.map((s) => s.card.issuedAt)),
    owned_by: card.provider,
    canonical_slug: id,
    name: card.model.name,
    description: card.model.description,
    context_length: contextLength,
    architecture: {
      input_modalities: ['text'],
      output_modalities: card.answers.map((kind) => (kind === 'chat' ? 'text' : kind)),
      tokenizer: 'Other',
      instruct_type: null,
    },
    pricing: pricing(listPrice(card.price, feePpm)),
    top_provider: { context_length: contextLength, max_completion_tokens: maxOutput, is_moderated: false },
    supported_parameters: parametersOf(services),
    asset: card.model.asset,
    providers: services.map((s) => providerOf(s, feePpm)),
  };
}

function autoObject(catalog: Catalog): Record<string, unknown> {
  return {
    id: AUTO,
    object: 'model',
    created: 0,
    owned_by: 'tributary',
    name: 'Auto',
    description: 'Sends each question to the service that suits it best, and says which and why.',
    supported_parameters: parametersOf(catalog.all().filter((s) => s.card.answers.includes('chat'))),
  };
}

/** `GET /v1/models`: OpenAI's list with OpenRouter's facts; prices include the gateway's fee, the cheapest provider's shown. */
export function modelList(catalog: Catalog, feePpm: bigint): Record<string, unknown> {
  const models = catalog.models().map((id) => modelObject(id, catalog.ofModel(id), feePpm));
  return { object: 'list', data: catalog.all().length > 0 ? [autoObject(catalog), ...models] : [] };
}

/** `GET /v1/models/{id}`. @throws `model_not_found` (404) */
export function oneModel(catalog: Catalog, id: string, feePpm: bigint): Record<string, unknown> {
  if (id === AUTO && catalog.all().length > 0) return autoObject(catalog);
  const services = catalog.ofModel(id);
  if (services.length === 0) {
    throw new TributaryError('model_not_found', `The model ${JSON.stringify(id)} does not exist here.`, {
      status: 404,
      param: 'model',
      hint: 'GET /v1/models lists what there is.',
    });
  }
  return modelObject(id, services, feePpm);
}
