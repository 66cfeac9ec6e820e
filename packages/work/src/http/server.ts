import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How long an idle connection stays open, milliseconds: longer than callers keep theirs, so that they are the ones to close. */
const KEEP_ALIVE_MS = 75_000;
/** How long a request may take to come in whole, milliseconds: a slow sender holds its place no longer. */
const REQUEST_MS = 60_000;
/** Connections at the same time; more are closed at once. */
const MOST_CONNECTIONS = 4_096;

/** An HTTP server on which strangers can hold nothing for long. It does not listen yet. */
export function boundedServer(answer: RequestListener): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS }, answer);
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** Base URL by which a listening server is reached from this machine. */
export function localUrl(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

/** Stops accepting, lets answers under way finish for `graceMs`, then cuts. Resolves also when the server is closed already. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
