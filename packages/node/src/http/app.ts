import type { HttpBindings } from '@hono/node-server';
import { TributaryError } from '@tributary/protocol';
import { Hono } from 'hono';
import { asTributaryError, errorResponse } from './errors.ts';

export type NodeApp = Hono<{ Bindings: HttpBindings }>;

/** An app without routes: what is common to all of a node's roles. `onInternal` sees the errors that are our own fault. */
export function createApp(onInternal: (error: unknown, path: string) => void): NodeApp {
  const app: NodeApp = new Hono();
  app.notFound((c) =>
    errorResponse(
      c.req.path,
      new TributaryError('not_found', `There is no ${c.req.method} ${c.req.path}.`, {
        status: 404,
        hint: 'See spec/wire.md for what a node answers.',
      }),
    ),
  );
  app.onError((failure, c) => {
    const error = asTributaryError(failure);
    if (error.status >= 500) onInternal(failure, c.req.path);
    return errorResponse(c.req.path, error);
  });
  return app;
}
