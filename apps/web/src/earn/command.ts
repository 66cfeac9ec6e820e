import { formatUnits } from '@tributary/protocol';
import type { NetworkFacts } from '@tributary/protocol/explorer';

/** Commands for the terminal, as somebody copies them from this page. */

/** A word as a POSIX shell and PowerShell both take it literally; plain words stay as they are. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function command(words: readonly string[], network: NetworkFacts | undefined, isDevnet: boolean): string {
  const line = ['npx', 'tributary', ...words].map(shellWord).join(' ');
  if (isDevnet || !network) return line;
  // On another machine the command line has to be told where the network is.
  const facts = `curl -s ${shellWord(`${network.url}/tributary/network`)} -o network.json`;
  const rpc = network.rpc ? ` --rpc ${shellWord(network.rpc)}` : ' --rpc https://…';
  return `${facts}\n${line} --contracts network.json${rpc}`;
}

export interface OfferPlan {
  name: string;
  /** Base URL of an OpenAI-compatible server; null looks for one on the machine. */
  upstream: string | null;
  documents: string | null;
  /** Base units of the dollar. */
  perRequest: bigint;
  perMillionPrompt: bigint;
  perMillionCompletion: bigint;
}

export function provideCommand(plan: OfferPlan, network: NetworkFacts | undefined, isDevnet: boolean): string {
  return command(
    [
      'provide',
      '--name',
      plan.name,
      ...(plan.upstream ? ['--upstream', plan.upstream] : []),
      ...(plan.documents ? ['--documents', plan.documents] : []),
      '--per-request',
      formatUnits(plan.perRequest),
      '--per-million-prompt',
      formatUnits(plan.perMillionPrompt),
      '--per-million-completion',
      formatUnits(plan.perMillionCompletion),
    ],
    network,
    isDevnet,
  );
}

export interface PublishPlan {
  kind: 'model' | 'dataset' | 'device';
  name: string;
  description: string;
  upstream: readonly { account: string; weightPpm: number }[];
  holders: readonly { holder: string; shares: bigint }[];
  duesPpm: number;
}

const SHARE_DECIMALS = 18;

function share(ppm: number): string {
  return `${formatUnits(BigInt(ppm), 4)}%`;
}

export function publishCommand(plan: PublishPlan, network: NetworkFacts | undefined, isDevnet: boolean): string {
  return command(
    [
      'publish',
      plan.kind,
      '--name',
      plan.name,
      ...(plan.description ? ['--description', plan.description] : []),
      ...plan.upstream.flatMap((u) => ['--upstream', `${u.account}=${share(u.weightPpm)}`]),
      ...plan.holders.flatMap((h) => ['--holder', `${h.holder}=${formatUnits(h.shares, SHARE_DECIMALS)}`]),
      ...(plan.duesPpm > 0 ? ['--dues', share(plan.duesPpm)] : []),
    ],
    network,
    isDevnet,
  );
}
