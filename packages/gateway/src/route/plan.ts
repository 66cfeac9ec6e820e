import {
  type ChatRequest,
  firstUnmet,
  type ProviderChoice,
  type Requirement,
  requirementsOf,
  TributaryError,
} from '@tributary/protocol';
import type { ParsedChat } from '../http/parse-chat.ts';
import type { Catalog, Service } from './catalog.ts';
import { type Candidate, filterByChoice, orderOf } from './choose.ts';
import { quoteOf } from './quote.ts';

/** Most services asked for one request. */
const MAX_ATTEMPTS = 5;
/** Who may charge more than a dollar for an answer is asked only where nobody charges less; base units. */
const DEAR = 1_000_000n;

/** The model name that lets the router choose. */
export const AUTO = 'auto';

/** A candidate and, when the router chose it, why. */
export interface Step extends Candidate {
  why: string | null;
}

/** Whom to ask, in order, and what it can cost at most. */
export interface Plan {
  steps: Step[];
  /** Base units, fee included: the dearest of all who could answer, so that the same request always has the same quote. */
  maxCharge: bigint;
}

/** Ranks services by how well they suit a question; `@tributary/models` has the real one. */
export type Rank = <S extends Pick<Service, 'card'>>(
  request: ChatRequest,
  services: readonly S[],
) => { service: S; score: number; why: string }[];

export interface PlanContext {
  catalog: Catalog;
  feePpm: bigint;
  rank: Rank;
}

/** `name:floor` and `name:nitro` are OpenRouter's short forms of `sort`. */
function suffixChoice(
  model: string,
  choice: ProviderChoice | null | undefined,
): { model: string; choice: ProviderChoice | null } {
  if (model.endsWith(':floor')) return { model: model.slice(0, -6), choice: { ...choice, sort: 'price' } };
  if (model.endsWith(':nitro')) return { model: model.slice(0, -6), choice: { ...choice, sort: 'throughput' } };
  return { model, choice: choice ?? null };
}

function modelNotFound(models: readonly string[], catalog: Catalog): TributaryError {
  const known = catalog.models().slice(0, 8);
  const named = models.map((m) => JSON.stringify(m)).join(', ');
  if (catalog.awaited > 0) {
    return new TributaryError('no_provider_available', `Nobody who answers so far offers the model ${named}.`, {
      status: 503,
      retryable: true,
      param: 'model',
      hint: `${catalog.awaited} registered services have not answered yet; try again in a few seconds.`,
    });
  }
  return new TributaryError('model_not_found', `The model ${named} does not exist here.`, {
    status: 404,
    param: 'model',
    hint: known.length > 0 ? `There are: ${[AUTO, ...known].join(', ')}.` : 'No service is registered yet.',
  });
}

function unsupported({ param, feature }: Requirement, model: string, { nameOf }: ParsedChat): TributaryError {
  const name = nameOf?.(param) ?? param;
  return new TributaryError('unsupported_parameter', `${name} is not supported by ${model}.`, {
    param: name,
    hint: `Leave it out, or choose a model whose supported_parameters list ${feature}; see GET /v1/models.`,
  });
}

function answersOtherwise(model: string, kind: string, catalog: Catalog): TributaryError {
  const others = new Set(catalog.all().flatMap(({ card }) => (card.answers.includes(kind) ? [card.model.id] : [])));
  return new TributaryError('wrong_endpoint', `${model} does not answer ${kind} requests.`, {
    param: 'model',
    hint: others.size > 0 ? `These do: ${[...others].slice(0, 8).join(', ')}.` : 'No model here does.',
  });
}

/** Vectors of two models cannot be compared, so a name must not mean one model now and another one later. */
function ofOneModel(services: readonly Service[]): readonly Service[] {
  return services.filter((s) => s.card.model.digest === services[0]!.card.model.digest);
}

function allUnavailable(services: readonly Service[]): TributaryError {
  return new TributaryError(
    'no_provider_available',
    `No provider can be asked at the moment: ${services[0]?.unavailable}.`,
    {
      status: 503,
      retryable: true,
      hint: 'Try again in a few seconds.',
    },
  );
}

/** The steps of one entry of `model` and `models`. */
function stepsOf(model: string, parsed: ParsedChat, requirements: Requirement[], context: PlanContext): Step[] {
  const { chat } = parsed;
  const asked = suffixChoice(model, chat.provider);
  const auto = asked.model === AUTO;
  const known = auto ? context.catalog.all() : context.catalog.ofModel(asked.model);
  if (known.length === 0) throw modelNotFound([model], context.catalog);
  const kind = parsed.vectors ? 'embeddings' : 'chat';
  const ofKind = known.filter((s) => s.card.answers.includes(kind));
  if (ofKind.length === 0) throw answersOtherwise(model, kind, context.catalog);
  const services = parsed.vectors ? ofOneModel(ofKind) : ofKind;
  const capable = services.filter((s) => !firstUnmet(requirements, s.card.supports));
  if (capable.length === 0) throw unsupported(firstUnmet(requirements, services[0]!.card.supports)!, model, parsed);
  const available = capable.filter((s) => s.unavailable === null);
  if (available.length === 0) throw allUnavailable(capable);
  const quoted = available.map((service) => ({
    service,
    quote: quoteOf(service.card, chat, parsed.bytes, context.feePpm, parsed.vectors ? 0 : undefined),
  }));
  // Anybody may register a service at any price: it must not raise what everybody else has to set aside.
  const modest = quoted.filter((c) => c.quote.charge <= DEAR);
  const affordable = modest.length > 0 ? modest : quoted;
  const ordered = orderOf(filterByChoice(affordable, asked.choice, context.feePpm), asked.choice);
  if (!auto) return ordered.map((c) => ({ ...c, why: null }));
  return rankSteps(ordered, chat, context);
}

function rankSteps(candidates: readonly Candidate[], chat: ChatRequest, context: PlanContext): Step[] {
  // Ties keep the given order, which is by load, sort or order.
  const ranking = context.rank(
    chat,
    candidates.map((c) => ({ card: c.service.card, candidate: c })),
  );
  const suited = ranking.filter((r) => r.score > 0);
  if (suited.length === 0) {
    throw new TributaryError('no_suitable_service', 'No service suits this question.', {
      status: 404,
      param: 'model',
      hint: 'Name a model; see GET /v1/models.',
    });
  }
  return suited.map((r) => ({ ...r.service.candidate, why: r.why }));
}

function dearest(steps: readonly Step[]): bigint {
  let most = 0n;
  for (const { quote } of steps) if (quote.charge > most) most = quote.charge;
  return most;
}

/** The plan without those who may charge most; null when nobody is left. */
export function withoutDearest({ steps, maxCharge }: Plan): Plan | null {
  const rest = steps.filter((s) => s.quote.charge < maxCharge);
  if (rest.length === 0) return null;
  return { steps: rest, maxCharge: dearest(rest) };
}

/**
 * Decides whom to ask for a request, in which order.
 * @throws 400 `unsupported_parameter`, 404 `model_not_found`, 503 when nobody is left
 */
export function planFor(parsed: ParsedChat, context: PlanContext): Plan {
  const { chat } = parsed;
  const requirements = requirementsOf(parsed.raw, chat);
  if (parsed.vectors?.dimensions) requirements.push({ param: 'dimensions', feature: 'dimensions' });
  const models = [...new Set([...(chat.model === undefined ? [] : [chat.model]), ...(chat.models ?? [])])];
  const steps: Step[] = [];
  let firstError: unknown;
  for (const model of models) {
    try {
      steps.push(...stepsOf(model, parsed, requirements, context));
    } catch (error) {
      // A fall-back that cannot be used is no reason to refuse what can be.
      firstError ??= error;
    }
  }
  if (steps.length === 0) throw firstError;
  const seen = new Set<Service>();
  const unique = steps.filter((s) => !seen.has(s.service) && seen.add(s.service));
  const kept = unique.slice(0, chat.provider?.allow_fallbacks === false ? 1 : MAX_ATTEMPTS);
  return { steps: kept, maxCharge: dearest(unique) };
}
