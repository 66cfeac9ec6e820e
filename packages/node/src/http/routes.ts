import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { callerAtSocket } from '@tributary/work';
import type { LeavesFolder } from '../leaves.ts';
import type { NodeState } from '../state.ts';
import { createApp } from './app.ts';
import { answerCaller, QUESTION_PATH, stopRoute } from './chat.ts';
import { EMBEDDINGS_PATH, embedForCaller } from './embeddings.ts';
import { type OperatorActions, operatorRoutes } from './operator.ts';
import { paymentRoutes } from './payments.ts';
import { publicRoutes } from './public.ts';
import { sessionRoutes } from './sessions.ts';

/** All doors of the role `serve`, as spec/wire.md has them. Questions are answered at the bare socket, everything else by routes. */
export function createServeApp(
  state: NodeState,
  leaves: LeavesFolder,
  actions: OperatorActions,
  operatorToken: string | undefined,
): RequestListener {
  const app = createApp((error, path) => state.log.error({ err: error, path }, 'a request failed'));
  stopRoute(app, state);
  sessionRoutes(app, state);
  paymentRoutes(app, state);
  publicRoutes(app, state, leaves);
  operatorRoutes(app, state, actions, operatorToken);
  const others = getRequestListener(app.fetch);
  return (request, response) => {
    const { method, url } = request;
    if (method === 'POST' && url === QUESTION_PATH) void answerCaller(callerAtSocket(request, response), state);
    else if (method === 'POST' && url === EMBEDDINGS_PATH)
      void embedForCaller(callerAtSocket(request, response), state);
    else void others(request, response);
  };
}
