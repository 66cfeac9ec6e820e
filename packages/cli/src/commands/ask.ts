import { relative } from 'node:path';
import { type ChatRequest, TributaryError } from '@tributary/protocol';
import { type Answer, createTributary } from '@tributary/sdk';
import type { Command } from 'commander';
import { command, type Outcome, runs } from '../command.ts';
import { type CommonOptions, findNetwork, homeOf, readText } from '../home.ts';
import type { Io } from '../io.ts';
import { clean, dollars, type Output, percent } from '../output.ts';
import { keepReceipt } from '../receipts.ts';

interface Options extends CommonOptions {
  model: string;
  gateway?: string;
  apiKey?: string;
  maxTokens?: string;
  private?: boolean;
}

/** `tributary ask`: one question, its answer, who gave it, from whose data, and what it cost. */
export function ask(io: Io, done: (o: Outcome) => void): Command {
  const c = command('ask', 'ask a question; shows the answer, its sources, who answered and why, and what it cost')
    .argument('<question...>', 'the question, or - to read it from stdin')
    .option('--model <id>', 'model to ask; auto chooses the service that suits best', 'auto')
    .option('--gateway <url>', 'gateway to ask; default: the running network’s')
    .option('--api-key <key>', 'key whose channel pays (TRIBUTARY_API_KEY); default: the running network’s')
    .option('--max-tokens <number>', 'longest answer, in tokens')
    .option('--private', 'seal the question to the service, so that the gateway cannot read it; needs --model');
  return runs<Options>(c, io, done, async ({ out }, options, words) => {
    const home = homeOf(io, options);
    const network = await findNetwork(home);
    const gateway = options.gateway ?? network?.gateway;
    if (!gateway) {
      throw new TributaryError('gateway_needed', 'No gateway is known.', {
        hint: 'Start a network with `npm start`, or pass --gateway URL and --api-key KEY.',
      });
    }
    if (!URL.canParse(gateway)) {
      throw new TributaryError('invalid_value', `--gateway is ${JSON.stringify(gateway)}, expected a URL.`, {
        param: 'gateway',
        hint: 'Such as http://127.0.0.1:8787.',
      });
    }
    const own = gateway === network?.gateway ? network : null;
    const apiKey = options.apiKey ?? (io.env.TRIBUTARY_API_KEY || own?.apiKey);
    const client = createTributary({
      gateway,
      ...(apiKey ? { apiKey } : {}),
      // Checks on chain who signed, where the chain is known.
      ...(own ? { rpc: own.rpc, contracts: own.contracts } : {}),
    });
    const question = words.join(' ') === '-' ? await readText(io, '-') : words.join(' ');
    if (question.trim() === '') {
      throw new TributaryError('invalid_value', 'The question is empty.', {
        param: 'question',
        hint: 'Put it in quotes: tributary ask "What does a receipt contain?"',
      });
    }
    const request: ChatRequest = {
      model: options.model,
      messages: [{ role: 'user', content: question }],
      ...(options.maxTokens === undefined ? {} : { max_completion_tokens: wholeNumber(options.maxTokens) }),
    };
    const answer = await streamed(out, () =>
      client.stream(request, { signal: io.signal, private: options.private === true }),
    );
    const files = await keepReceipt(home, answer, answer.request);
    show(out, answer, relative(io.cwd, files.receipt));
    out.result({
      answer: answer.text,
      outcome: answer.outcome,
      citations: answer.citations,
      model: answer.model,
      provider: answer.provider,
      service: answer.service,
      why: answer.why,
      chargedBaseUnits: answer.charged,
      cost: dollars(answer.charged),
      promptTokens: answer.promptTokens,
      completionTokens: answer.completionTokens,
      receipt: answer.receipt,
      files,
    });
    return undefined;
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 1_000_000) return value;
  throw new TributaryError('invalid_value', `--max-tokens is ${JSON.stringify(text)}, expected 1 to 1000000.`, {
    param: 'max-tokens',
  });
}

/** Writes the pieces as they come; until the first one, shows that something is under way. */
async function streamed(
  out: Output,
  start: () => AsyncIterable<string> & { answer: Promise<Answer> },
): Promise<Answer> {
  const stream = start();
  const pieces = stream[Symbol.asyncIterator]();
  let piece = await out.during('asking', () => pieces.next());
  while (!piece.done) {
    out.write(clean(piece.value));
    piece = await pieces.next();
  }
  const answer = await stream.answer;
  out.line();
  return answer;
}

function show(out: Output, answer: Answer, receiptFile: string): void {
  if (answer.citations.length > 0) {
    out.line();
    out.line(out.bold('Sources'));
    answer.citations.forEach((c, i) => {
      out.line(`  [${i + 1}] ${clean(c.document)} ${out.dim(`by ${clean(c.contributor)}`)}`);
    });
  }
  const shares = answer.receipt.attribution.filter((a) => a.weightPpm > 0);
  out.line();
  out.line(
    `${out.dim('answered by')} ${clean(answer.provider)} ${out.dim('with')} ${clean(answer.model)}${answer.why ? `: ${clean(answer.why)}` : ''}`,
  );
  for (const a of shares)
    out.line(`${out.dim('from')} ${clean(a.document)} ${out.dim(`(${percent(a.weightPpm)} of this answer)`)}`);
  const cost = answer.charged === 0n ? 'nothing: it is free' : dollars(answer.charged);
  out.line(`${out.dim('cost')}        ${cost}`);
  out.line(`${out.dim('receipt')}     ${receiptFile}  ${out.dim('(tributary verify, tributary trace)')}`);
}
