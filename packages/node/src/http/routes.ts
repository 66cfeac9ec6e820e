import type { LeavesFolder } from '../leaves.ts';
import type { NodeState } from '../state.ts';
import { createApp, type NodeApp } from './app.ts';
import { chatRoutes } from './chat.ts';
import { type OperatorActions, operatorRoutes } from './operator.ts';
import { paymentRoutes } from './payments.ts';
import { publicRoutes } from './public.ts';
import { sessionRoutes } from './sessions.ts';

/** All doors of the role `serve`, as spec/wire.md has them. */
export function createServeApp(
  state: NodeState,
  leaves: LeavesFolder,
  actions: OperatorActions,
  operatorToken: string | undefined,
): NodeApp {
  const app = createApp((error, path) => state.log.error({ err: error, path }, 'a request failed'));
  chatRoutes(app, state);
  sessionRoutes(app, state);
  paymentRoutes(app, state);
  publicRoutes(app, state, leaves);
  operatorRoutes(app, state, actions, operatorToken);
  return app;
}
