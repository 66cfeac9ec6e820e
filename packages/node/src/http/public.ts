import { Address, Hex32, TributaryError } from '@tributary/protocol';
import type { LeavesFolder } from '../leaves.ts';
import type { NodeState } from '../state.ts';
import type { NodeApp } from './app.ts';

/** Pages of any origin may read what is public: they check published claims themselves. */
const JSON_HEADERS = { 'content-type': 'application/json', 'access-control-allow-origin': '*' };

function unknownService(account: string): TributaryError {
  return new TributaryError('service_not_found', `This node does not offer ${account.slice(0, 80)}.`, {
    status: 404,
    hint: 'GET /services lists what it offers.',
  });
}

/** What anybody may read: cards, published leaves, health and metrics. */
export function publicRoutes(app: NodeApp, state: NodeState, leaves: LeavesFolder): void {
  app.get('/services', () => {
    const cards = [...state.services.values()].map((s) => s.offer().signedCard);
    return new Response(`{"services":[${cards.join(',')}]}`, { headers: JSON_HEADERS });
  });

  app.get('/services/:account', (c) => {
    const account = Address.safeParse(c.req.param('account'));
    const service = account.success ? state.services.get(account.data) : undefined;
    if (!service) throw unknownService(c.req.param('account'));
    return new Response(service.offer().signedCard, { headers: JSON_HEADERS });
  });

  app.get('/leaves/:root', async (c) => {
    const root = Hex32.safeParse(c.req.param('root'));
    const bytes = root.success ? await leaves.read(root.data) : null;
    if (!bytes) throw new TributaryError('leaves_not_found', 'No claim of this node has that root.', { status: 404 });
    // A root names its leaves for ever.
    return new Response(bytes, {
      headers: { ...JSON_HEADERS, 'cache-control': 'public, max-age=31536000, immutable' },
    });
  });

  app.get('/health', () => new Response('{"status":"ok"}', { headers: JSON_HEADERS }));

  app.get('/metrics', async () => {
    for (const [service, sums] of state.earnings()) state.metrics.uncovered(service, sums.uncovered);
    return new Response(await state.metrics.text(), { headers: { 'content-type': state.metrics.contentType } });
  });
}
