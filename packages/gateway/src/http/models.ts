import { formatUnits, type Price, TributaryError } from '@tributary/protocol';
import type { Catalog, Service } from '../route/catalog.ts';
import { AUTO } from '../route/plan.ts';
import { listPrice, typicalCost } from '../route/quote.ts';
import { rankOf } from '../route/recent.ts';

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

function servicesOf(catalog: Catalog, id: string): readonly Service[] {
  const services = id === AUTO ? catalog.all().filter((s) => s.card.answers.includes('chat')) : catalog.ofModel(id);
  if (services.length > 0) return services;
  throw new TributaryError('model_not_found', `The model ${JSON.stringify(id)} does not exist here.`, {
    status: 404,
    param: 'model',
    hint: 'GET /v1/models lists what there is.',
  });
}

/** `GET /v1/models/{id}`. @throws `model_not_found` (404) */
function oneModel(catalog: Catalog, id: string, feePpm: bigint): Record<string, unknown> {
  const services = servicesOf(catalog, id);
  return id === AUTO ? autoObject(catalog) : modelObject(id, services, feePpm);
}

const MINUTE_MS = 60_000;
const PARTS = { p50: 0.5, p75: 0.75, p90: 0.9, p99: 0.99 } as const;

/** OpenRouter's percentiles: what that part of the answers was at least as good as; null without any. */
function percentiles(values: number[], isBetter: (a: number, b: number) => number): Record<string, number> | null {
  if (values.length === 0) return null;
  const sorted = values.sort(isBetter);
  return Object.fromEntries(Object.entries(PARTS).map(([name, part]) => [name, rankOf(sorted, part)]));
}

/** Percent of questions that ended well. */
function uptime(service: Service, minutes: number): number | null {
  const part = service.breaker.success(minutes * MINUTE_MS);
  return part === null ? null : Math.round(part * 10_000) / 100;
}

/** One provider of a model as OpenRouter lists it. Percentiles and uptime are what this gateway saw. */
function endpointOf(service: Service, feePpm: bigint): Record<string, unknown> {
  const { card, latency } = service;
  const past = latency.recent(30 * MINUTE_MS);
  return {
    name: `${card.provider} | ${card.model.name}`,
    model_id: card.model.id,
    model_name: card.model.name,
    context_length: card.model.contextTokens,
    pricing: { ...pricing(listPrice(card.price, feePpm)), image: '0', discount: 0 },
    provider_name: card.provider,
    tag: service.account,
    quantization: 'unknown',
    max_completion_tokens: card.model.maxOutputTokens,
    max_prompt_tokens: card.model.contextTokens,
    supported_parameters: parametersOf([service]),
    status: service.unavailable === null && service.breaker.allows ? 0 : -1,
    uptime_last_5m: uptime(service, 5),
    uptime_last_30m: uptime(service, 30),
    uptime_last_1d: uptime(service, 1_440),
    supports_implicit_caching: false,
    latency_last_30m: percentiles(past.firstTokenMs, (a, b) => a - b),
    throughput_last_30m: percentiles(past.tokensPerSecond, (a, b) => b - a),
  };
}

/** `GET /v1/models/{id}/endpoints` in OpenRouter's form: who offers a model. @throws `model_not_found` (404) */
function modelEndpoints(catalog: Catalog, id: string, feePpm: bigint): Record<string, unknown> {
  const services = servicesOf(catalog, id);
  const { name, description, created, architecture } = oneModel(catalog, id, feePpm);
  const forms = (architecture ?? { input_modalities: ['text'], output_modalities: ['text'] }) as {
    input_modalities: string[];
    output_modalities: string[];
  };
  const modality = `${forms.input_modalities.join('+')}->${forms.output_modalities.join('+')}`;
  return {
    data: {
      id,
      name,
      created,
      description,
      architecture: { tokenizer: 'Other', instruct_type: null, modality, ...forms },
      endpoints: services.map((s) => endpointOf(s, feePpm)),
    },
  };
}

/** What `GET /v1/models/…` answers: a model, or with `/endpoints` behind its id, its providers. */
export function modelAnswer(catalog: Catalog, path: string, feePpm: bigint): Record<string, unknown> {
  const id = path.endsWith('/endpoints') ? path.slice(0, -'/endpoints'.length) : null;
  const isOwnName = catalog.ofModel(path).length > 0;
  return id === null || isOwnName ? oneModel(catalog, path, feePpm) : modelEndpoints(catalog, id, feePpm);
}
