import { createMcpHandler, McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
import { TributaryError } from '@tributary/protocol';
import { CORS } from '../../http/respond.ts';
import type { AskChat } from '../agents/ask-chat.ts';
import { readMessage, unread } from '../agents/read-message.ts';
import type { ReceiptTools } from '../agents/receipt-tools.ts';
import { refuseForeignHosts } from './hosts.ts';
import { registerTools } from './tools.ts';

/** Streams that wait for changes of the tools at once; there are none to report. */
const MAX_SUBSCRIPTIONS = 64;

const INSTRUCTIONS =
  'Tributary answers questions by competing providers and pays everyone behind each answer. Use `ask` for a question, ' +
  '`list_services` to see who answers and at what price, `verify_receipt` and `trace_receipt` to check an answer and follow its money.';

/** What the door needs from the gateway. */
export interface McpDeps {
  ask: AskChat;
  /** Services as they are listed for everybody. */
  services(): unknown;
  receipts: ReceiptTools;
  /** Base URL by which clients reach the gateway. */
  publicUrl(): string;
  onError(error: unknown): void;
}

/** The gateway's own server: made for each request, so it holds nothing of anybody. */
export function ownServer(deps: McpDeps): McpServerFactory {
  return () => {
    const server = new McpServer({ name: 'tributary', version: '0.1.0' }, { instructions: INSTRUCTIONS });
    registerTools(server, deps);
    return server;
  };
}

/**
 * The Model Context Protocol over streamable HTTP, revisions 2026-07-28 and 2025-11-25 and before. Without sessions: every
 * request stands for itself, so any replica of the gateway can answer it and there is nothing to fill up.
 */
export function createMcpDoor(
  factory: McpServerFactory,
  deps: Pick<McpDeps, 'publicUrl' | 'onError'>,
): (request: Request) => Promise<Response> {
  const handler = createMcpHandler(factory, { maxSubscriptions: MAX_SUBSCRIPTIONS, onerror: deps.onError });

  async function answer(request: Request): Promise<Response> {
    refuseForeignHosts(request.headers, deps.publicUrl());
    if (request.method !== 'POST') return handler.fetch(request);
    return handler.fetch(request, { parsedBody: await readMessage(request) });
  }

  return async (request) => {
    const response = await answer(request).catch((error: unknown) => {
      if (TributaryError.is(error)) return unread(error);
      throw error;
    });
    for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
    return response;
  };
}
