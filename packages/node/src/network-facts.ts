import type { NetworkFacts, ServiceFact } from '@tributary/models';
import { type Address, parseUnits } from '@tributary/protocol';
import type { Logger } from 'pino';
import { request } from 'undici';
import { z } from 'zod';
import type { Offer } from './service.ts';

const REFRESH_MS = 30_000;
/** A gateway that starts together with its nodes has nothing to tell in its first seconds. */
const FIRST_REFRESH_MS = 1_000;
const TIMEOUT_MS = 5_000;
const MAX_LIST_BYTES = 4 * 1024 * 1024;

const Dollars = z.string().regex(/^\d{1,20}(?:\.\d{1,12})?$/);

/** The part of a gateway's `GET /v1/models` that tells who offers what at which price. */
const ModelList = z.object({
  data: z
    .array(
      z.object({
        id: z.string().max(256),
        name: z.string().max(256),
        description: z.string().max(4096),
        providers: z
          .array(
            z.object({
              name: z.string().max(128),
              expert: z.string().max(64),
              pricing: z.object({ prompt: Dollars, completion: Dollars, request: Dollars }),
            }),
          )
          .max(1024)
          .optional(),
      }),
    )
    .max(10_000),
});

/** What is true of the network, for an expert that tells people about it. */
export interface FactsSource {
  now(): NetworkFacts;
  close(): void;
}

function factOf({ card }: Offer): ServiceFact {
  const { name, description, id } = card.model;
  return { model: id, name, description, provider: card.provider, expert: card.expert, price: card.price };
}

async function askGateway(gateway: string, dollar: Address, signal: AbortSignal): Promise<ServiceFact[]> {
  const response = await request(`${gateway}/v1/models`, { signal });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > MAX_LIST_BYTES) throw new RangeError('the list of models is too long');
    chunks.push(chunk);
  }
  const { data } = ModelList.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  return data.flatMap(({ id, name, description, providers = [] }) =>
    providers.map((p) => ({
      model: id,
      name,
      description,
      provider: p.name,
      expert: p.expert,
      price: {
        token: dollar,
        perRequest: parseUnits(p.pricing.request),
        // Listed per token with twelve places: the same digits are base units per million tokens.
        perMillionPrompt: parseUnits(p.pricing.prompt, 12),
        perMillionCompletion: parseUnits(p.pricing.completion, 12),
      },
    })),
  );
}

/**
 * Facts from the gateway that the configuration names, read again every half minute; without one, and until it has told
 * something, what this node offers itself.
 */
export function createFactsSource(options: {
  gateway: string | undefined;
  endpoint: string;
  chainId: number;
  dollar: Address;
  own: () => readonly Offer[];
  log: Logger;
}): FactsSource {
  const { gateway, endpoint, chainId, dollar, own, log } = options;
  const ended = new AbortController();
  let services: ServiceFact[] | null = null;

  let timer: NodeJS.Timeout | undefined;
  async function refresh(base: string): Promise<void> {
    try {
      const told = await askGateway(base, dollar, AbortSignal.any([ended.signal, AbortSignal.timeout(TIMEOUT_MS)]));
      if (told.length > 0) services = told;
    } catch (error) {
      if (!ended.signal.aborted) log.debug({ err: error, gateway: base }, 'the gateway does not tell what it offers');
    }
    if (ended.signal.aborted) return;
    timer = setTimeout(() => void refresh(base), services ? REFRESH_MS : FIRST_REFRESH_MS);
    timer.unref();
  }
  if (gateway !== undefined) void refresh(gateway);

  return {
    now: () => ({ gateway: `${gateway ?? endpoint}/v1`, chainId, services: services ?? own().map(factOf) }),
    close() {
      clearTimeout(timer);
      ended.abort();
    },
  };
}
