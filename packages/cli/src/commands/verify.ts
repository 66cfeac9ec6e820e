import { createReader, DEVNET_CHAIN_ID, type Reader, readChainId } from '@tributary/chain';
import type { AnswerMessage, SignedReceipt } from '@tributary/protocol';
import { TributaryError } from '@tributary/protocol';
import { type Check, verifyReceipt } from '@tributary/sdk';
import { createGuardedFetch } from '@tributary/work';
import type { Command } from 'commander';
import { command, type Outcome, runs, withChain } from '../command.ts';
import { discoverContracts } from '../discover-contracts.ts';
import { type ChainOptions, chainFacts, homeOf, readText } from '../home.ts';
import type { Io } from '../io.ts';
import { clean, type Output } from '../output.ts';
import { loadReceipt } from '../receipts.ts';

interface Options extends ChainOptions {
  answer?: string;
  request?: string;
  offline?: boolean;
}

const MAX_LEAVES_BYTES = 64 * 1024 * 1024;
const LEAVES_TIMEOUT_MS = 15_000;

/** `tributary verify`: is this receipt true? From the receipt, the answer and the chain alone. */
export function verify(io: Io, done: (o: Outcome) => void): Command {
  const c = withChain(command('verify', 'check a receipt: signatures, hashes, authority on chain, claim and inclusion'))
    .argument('[receipt]', 'receipt file, or - for stdin; default: the newest kept one')
    .option('--answer <file>', 'the answer: its text, a message or a completion as JSON, or - for stdin')
    .option('--request <file>', 'the request body as JSON')
    .option('--offline', 'do not fetch the published leaves of the claim from the provider');
  return runs<Options>(c, io, done, async ({ out }, options, [file]) => {
    const { signed, source } = await loadReceipt(io, homeOf(io, options), file);
    const answer = options.answer === undefined ? null : parseAnswer(await readText(io, options.answer));
    const request = options.request === undefined ? null : parseRequest(await readText(io, options.request));
    const fetcher = options.offline ? null : leavesFetcher(signed.chainId);
    try {
      const found = await out.during('asking the chain', async () =>
        verifyReceipt(await readerFor(io, options, signed), signed, {
          ...(answer ? { answer } : {}),
          ...(request ? { request } : {}),
          ...(fetcher ? { fetchLeaves: fetcher.fetch } : {}),
        }),
      );
      out.line(`${out.bold('receipt')} ${found.receiptHash}  ${out.dim(source)}`);
      for (const check of found.checks) out.line(line(out, check));
      if (!answer) out.line(out.dim('  –  the answer was not compared: pass --answer FILE'));
      out.line();
      out.line(verdict(out, found.valid, found.claimed));
      out.result({ ...found, answerCompared: answer !== null, requestCompared: request !== null });
      return { ok: found.valid };
    } finally {
      await fetcher?.close();
    }
  });
}

function verdict(out: Output, valid: boolean, claimed: boolean): string {
  if (!valid) return out.red('This receipt does not hold.');
  return claimed ? out.green('This receipt holds, and its money is on chain.') : out.green('This receipt holds.');
}

function line(out: Output, { ok, name, detail }: Check): string {
  const mark = ok === null ? out.yellow('?') : ok ? out.green('✓') : out.red('✗');
  return `  ${mark}  ${name}  ${out.dim(clean(detail))}`;
}

/** The network's contracts by flags or home; where neither names them, from the receipt and the code on chain. */
export async function readerFor(io: Io, options: ChainOptions, signed: SignedReceipt): Promise<Reader> {
  if (options.rpc && !options.contracts) {
    const chainId = await readChainId(options.rpc, signed.chainId);
    return createReader({ rpc: options.rpc, chainId, contracts: await discoverContracts(options.rpc, signed) });
  }
  const facts = await chainFacts(io, options);
  await readChainId(facts.rpc, signed.chainId);
  return createReader(facts);
}

/** Leaves come from a stranger's URL: bounded, and never from a private address outside the devnet. */
function leavesFetcher(chainId: number) {
  const guarded = createGuardedFetch({ allowPrivate: chainId === DEVNET_CHAIN_ID });
  return {
    async fetch(url: string): Promise<string | null> {
      try {
        const response = await guarded(url, { maxBytes: MAX_LEAVES_BYTES, timeoutMs: LEAVES_TIMEOUT_MS });
        return response.status === 200 ? response.text() : null;
      } catch {
        return null;
      }
    },
    close: () => guarded.close(),
  };
}

/** An answer as people have it: plain text, a message, or a whole completion. */
export function parseAnswer(text: string): AnswerMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { content: text };
  }
  const completion = json as { choices?: { message?: unknown }[] } | null;
  const message = (Array.isArray(completion?.choices) ? completion.choices[0]?.message : json) as Record<
    string,
    unknown
  > | null;
  if (typeof message !== 'object' || message === null || !('content' in message)) return { content: text };
  const { content, refusal, tool_calls } = message;
  return {
    content: typeof content === 'string' ? content : null,
    refusal: typeof refusal === 'string' ? refusal : null,
    ...(Array.isArray(tool_calls) ? { tool_calls } : {}),
  };
}

/** A request body. Throws `bad_request_file`. */
export function parseRequest(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // Falls through to the same error.
  }
  throw new TributaryError('bad_request_file', 'The request file is not a JSON object.', {
    hint: 'Give the body of the chat request as it was sent.',
  });
}
