import type { HttpBindings } from '@hono/node-server';
import { toWire } from '@tributary/protocol';
import { type OperatorCaller, requireOperator } from '@tributary/work';
import type { Context } from 'hono';
import type { NodeState } from '../state.ts';
import type { NodeApp } from './app.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

function callerOf(c: Context<{ Bindings: HttpBindings }>): OperatorCaller {
  return { header: (name) => c.req.header(name), remoteAddress: c.env.incoming.socket.remoteAddress };
}

/** What the operator can see and do while the node runs. */
export interface OperatorActions {
  /** Claims everything that can be claimed, whatever the minimum. */
  claim(): Promise<unknown>;
  /** Reads documents and settings of experts again; accounts of the services that changed. */
  reload(): Promise<unknown>;
}

/** `GET /tributary/earnings` for anybody; `POST /tributary/claim` and `/tributary/reload` for the operator. */
export function operatorRoutes(
  app: NodeApp,
  state: NodeState,
  actions: OperatorActions,
  operatorToken: string | undefined,
): void {
  const terms = { token: operatorToken, publicUrl: state.endpoint };

  app.get('/tributary/earnings', () => {
    const services = [...state.earnings()].map(([service, sums]) => ({ service, ...sums }));
    return new Response(toWire({ services }), { headers: JSON_HEADERS });
  });

  app.post('/tributary/claim', async (c) => {
    requireOperator(callerOf(c), terms);
    return new Response(toWire({ claims: await actions.claim() }), { headers: JSON_HEADERS });
  });

  app.post('/tributary/reload', async (c) => {
    requireOperator(callerOf(c), terms);
    return new Response(toWire({ changed: await actions.reload() }), { headers: JSON_HEADERS });
  });
}
