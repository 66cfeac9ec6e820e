import type { Hono } from 'hono';
import type { AskChat } from '../doors/agents/ask-chat.ts';
import { createReceiptTools, type FindReceipt, type ReceiptChecks } from '../doors/agents/receipt-tools.ts';
import type { Catalog, Service } from '../route/catalog.ts';
import { AUTO } from '../route/plan.ts';
import { listPrice } from '../route/quote.ts';

/** Longest name or description of a stranger's that agents are shown, characters. */
const MAX_REMARK_LENGTH = 300;

/** What the doors for agents need. */
export interface AgentRoutes {
  ask: AskChat;
  catalog: Catalog;
  feePpm: bigint;
  findReceipt: FindReceipt;
  receiptChecks(): Promise<ReceiptChecks>;
  /** Base URL by which clients reach the gateway. */
  publicUrl(): string;
  onInternal(error: unknown, path: string): void;
}

/** Made when first asked for. A failure is not kept. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** Words of strangers on their way into models: short, on one line. */
function remark(text: string): string {
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim();
  return line.length <= MAX_REMARK_LENGTH ? line : `${line.slice(0, MAX_REMARK_LENGTH - 1)}…`;
}

function serviceFacts({ account, card, unavailable, breaker }: Service, feePpm: bigint) {
  const { perRequest, perMillionPrompt, perMillionCompletion } = listPrice(card.price, feePpm);
  return {
    service: account,
    model: card.model.id,
    name: remark(card.model.name),
    description: remark(card.model.description),
    provider: remark(card.provider),
    expert: card.expert,
    available: unavailable === null && breaker.allows,
    price: { perRequest, perMillionPrompt, perMillionCompletion },
    supports: card.supports,
  };
}

/** `/mcp`, `/a2a` and the agent card. Their libraries are loaded by the first who comes, so that the start does not wait for them. */
export function agentRoutes(app: Hono, deps: AgentRoutes): void {
  const { ask, catalog, feePpm, publicUrl, onInternal } = deps;
  const receipts = createReceiptTools(deps.findReceipt, deps.receiptChecks);

  const mcp = once(async () => {
    const { createMcpDoor, ownServer } = await import('../doors/mcp/index.ts');
    const door = {
      ask,
      services: () => ({ auto: AUTO, services: catalog.all().map((s) => serviceFacts(s, feePpm)) }),
      receipts,
      publicUrl,
      onError: (error: unknown) => onInternal(error, '/mcp'),
    };
    return createMcpDoor(ownServer(door), door);
  });
  app.on(['GET', 'POST', 'DELETE'], '/mcp', async (c) => (await mcp())(c.req.raw));

  const a2a = once(async () => {
    const { createA2aDoor } = await import('../doors/a2a/index.ts');
    return createA2aDoor({
      ask,
      models: () =>
        catalog.models().flatMap((id) => {
          const card = catalog.ofModel(id)[0]?.card;
          if (!card) return [];
          const { name, description } = card.model;
          return [{ id, name: remark(name), description: remark(description), expert: card.expert }];
        }),
      publicUrl,
      onError: (error) => onInternal(error, '/a2a'),
    });
  });
  app.post('/a2a', async (c) => (await a2a()).call(c.req.raw));
  app.get('/.well-known/agent-card.json', async () => (await a2a()).card());
}
