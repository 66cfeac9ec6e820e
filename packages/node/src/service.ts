import { type ExpertContext, expertNamed, type OpenExpert, type OpenLibrary } from '@tributary/models';
import {
  type Address,
  canonicalJson,
  type Hex,
  type Hex32,
  type Price,
  ServiceCard,
  type ServiceCardJson,
  TributaryError,
} from '@tributary/protocol';
import type { ServiceConfig } from './config.ts';

/** What a service offers right now: an expert with its data, and the signed card that describes it. */
export interface Offer {
  readonly expert: OpenExpert;
  readonly card: ServiceCard;
  /** `{card, signature}` as JSON text, exactly what is served and what the signature is over. */
  readonly signedCard: string;
}

/** One service of this node. Its offer changes when its documents do; answers under way keep the offer they began with. */
export interface Service {
  readonly account: Address;
  readonly price: Price;
  offer(): Offer;
  /** The current offer, kept open until `done` is called. */
  take(): { offer: Offer; done(): void };
  /** Reads the data again. True when the card changed. A failure leaves the present offer in place. */
  reload(): Promise<boolean>;
  close(): Promise<void>;
}

/** What all services of a node have in common. */
export interface ServiceSurroundings {
  chainId: number;
  agentId: bigint;
  provider: string;
  endpoint: string;
  dollar: Address;
  /** Public key to which private questions are sealed. */
  sealKey: Hex32;
  /** Signs a card with the hot key. */
  signCard(card: ServiceCardJson): Hex;
  /** Loads what the expert needs beyond its options. */
  context(config: ServiceConfig): Promise<ExpertContext>;
  nowSeconds(): number;
}

/** An open expert and how many answers use it. */
interface Held {
  expert: OpenExpert;
  users: number;
  retired: boolean;
}

function makeCard(config: ServiceConfig, expert: OpenExpert, around: ServiceSurroundings): Offer {
  const answers = [...(expert.answers ?? ['chat'])];
  const card: ServiceCardJson = {
    service: config.account,
    agentId: String(around.agentId),
    chainId: around.chainId,
    endpoint: around.endpoint,
    expert: config.expert,
    model: {
      ...config.model,
      digest: expert.modelDigest,
      contextTokens: expert.contextTokens,
      maxOutputTokens: expert.maxOutputTokens,
    },
    provider: around.provider,
    price: {
      token: around.dollar,
      perRequest: String(config.price.perRequest),
      perMillionPrompt: String(config.price.perMillionPrompt),
      perMillionCompletion: String(config.price.perMillionCompletion),
    },
    answers,
    supports: answers.includes('chat') ? [...expert.supports, 'sealed'] : expert.supports,
    deterministic: expert.deterministic,
    sealKey: around.sealKey,
    hints: expert.hints,
    issuedAt: around.nowSeconds(),
  };
  // Parsed back before it is signed: a card that a gateway would refuse must fail here, at its author.
  const parsed = ServiceCard.parse(JSON.parse(JSON.stringify(card)));
  return { expert, card: parsed, signedCard: JSON.stringify({ card, signature: around.signCard(card) }) };
}

function canUpdate(expert: OpenExpert): expert is OpenLibrary {
  return 'update' in expert;
}

/** Opens a service. Throws `unknown_expert` or `bad_options`, or what the expert says about its data. */
export async function openService(config: ServiceConfig, around: ServiceSurroundings): Promise<Service> {
  const expert = expertNamed(config.expert);
  if (!expert) {
    throw new TributaryError('unknown_expert', `There is no expert named ${config.expert}.`, {
      param: 'expert',
      hint: 'Experts are listed in packages/models/README.md.',
    });
  }
  const options = expert.options.safeParse(config.options);
  if (!options.success) {
    const issue = options.error.issues[0];
    throw new TributaryError(
      'bad_options',
      `Options of ${config.expert} for ${config.account}: ${issue?.path.join('.') || 'all'}: ${issue?.message}.`,
      { param: `options.${issue?.path.join('.') ?? ''}` },
    );
  }
  const expertOf = (context: ExpertContext): Promise<OpenExpert> => expert.open(options.data, context);

  let held: Held = { expert: await expertOf(await around.context(config)), users: 0, retired: false };
  let offer = makeCard(config, held.expert, around);
  // Reloads run one after another: two at once could leave the older data in place.
  let reloading: Promise<unknown> = Promise.resolve();

  const closeIfIdle = async (h: Held): Promise<void> => {
    if (h.retired && h.users === 0) await h.expert.close();
  };
  const retire = async (h: Held): Promise<void> => {
    h.retired = true;
    await closeIfIdle(h);
  };

  async function reloadNow(): Promise<boolean> {
    const context = await around.context(config);
    const { expert } = held;
    const { digest } = offer.card.model;
    if (canUpdate(expert) && context.dataset) {
      // In place, between two answers: only documents that changed are indexed again.
      expert.update(context.dataset);
      if (expert.modelDigest === digest) return false;
      // The card follows in the same turn, so no answer is signed under the wrong digest.
      offer = makeCard(config, expert, around);
      return true;
    }
    const next = await expertOf(context);
    if (next.modelDigest === digest && canonicalJson(next.hints) === canonicalJson(expert.hints)) {
      await next.close();
      return false;
    }
    const old = held;
    held = { expert: next, users: 0, retired: false };
    offer = makeCard(config, next, around);
    await retire(old);
    return true;
  }

  return {
    account: config.account,
    price: offer.card.price,
    offer: () => offer,
    take() {
      const taken = held;
      taken.users++;
      let released = false;
      return {
        offer,
        done() {
          if (released) return;
          released = true;
          taken.users--;
          void closeIfIdle(taken).catch(() => undefined);
        },
      };
    },
    reload() {
      const run = reloading.then(reloadNow);
      reloading = run.catch(() => undefined);
      return run;
    },
    async close() {
      await reloading;
      await retire(held);
    },
  };
}
