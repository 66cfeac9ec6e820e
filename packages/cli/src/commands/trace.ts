import type { Address } from '@tributary/protocol';
import { type AccountStep, type ChannelStep, type Trace, trace as traceReceipt } from '@tributary/sdk';
import type { Command } from 'commander';
import { command, type Outcome, runs, withChain } from '../command.ts';
import { type ChainOptions, findNetwork, homeOf } from '../home.ts';
import type { Io } from '../io.ts';
import { clean, dollars, microDollars, type Output, percent } from '../output.ts';
import { loadReceipt } from '../receipts.ts';
import { readerFor } from './verify.ts';

type Names = ReadonlyMap<string, string>;

/** `tributary trace`: where the money of one answer went, with the transactions. */
export function trace(io: Io, done: (o: Outcome) => void): Command {
  const c = withChain(
    command('trace', 'follow the money of one answer: payer → gateway → service → everyone behind it'),
  ).argument('[receipt]', 'receipt file, or - for stdin; default: the newest kept one');
  return runs<ChainOptions>(c, io, done, async ({ out }, options, [file]) => {
    const home = homeOf(io, options);
    const { signed, source } = await loadReceipt(io, home, file);
    const found = await out.during('asking the chain', async () =>
      traceReceipt(await readerFor(io, options, signed), signed),
    );
    const assets = (await findNetwork(home).catch(() => null))?.assets ?? [];
    show(out, found, source, new Map(assets.map((a) => [a.id, clean(a.name)])));
    out.result(found);
    return undefined;
  });
}

function show(out: Output, t: Trace, source: string, names: Names): void {
  out.line(`${out.bold('receipt')} ${t.receiptHash}  ${out.dim(source)}`);
  if (t.charged === 0n) {
    out.line('This answer was free: no money moved.');
    return;
  }
  out.line(
    `charged ${dollars(t.charged)}: ${dollars(t.price)} to the service, ${dollars(t.charged - t.price)} to the gateway`,
  );
  out.line();
  if (t.hub) channel(out, 'payer → gateway', t.hub);
  else out.line(`${out.bold('payer → gateway')}  paid by a transfer, without a channel`);
  if (t.spoke) channel(out, 'gateway → service', t.spoke);
  out.line();
  if (t.account) account(out, t.account, 0, names);
  else
    out.line(out.yellow('Promised, not yet claimed: from the service on, nothing has moved. Try `tributary settle`.'));
}

function channel(out: Output, name: string, step: ChannelStep): void {
  out.line(`${out.bold(name)}  ${dollars(step.amount)} on channel ${step.channelId}`);
  if (!step.claim) out.line(`  ${out.yellow('promised, not yet claimed')}`);
  else out.line(`  claimed   ${step.claim.transactionHash}`);
  if (step.settlement) out.line(`  sent      ${step.settlement.transactionHash}`);
  else if (step.claim) out.line(`  ${out.yellow('claimed, not yet sent')}`);
}

function nameOf(names: Names, address: Address): string {
  const name = names.get(address);
  return name ? `${name} ${address}` : address;
}

function account(out: Output, step: AccountStep, depth: number, names: Names): void {
  const indent = '  '.repeat(depth);
  const share = depth === 0 ? '' : ` (${percent(step.weightPpm)})`;
  const state = step.arrived ? out.dim(step.arrived.transactionHash) : out.yellow('waits at the account above');
  out.line(
    `${indent}${out.bold(step.kind)} ${nameOf(names, step.account)}  ${microDollars(step.microAmount)}${share}  ${state}`,
  );
  for (const h of step.holders) {
    const paid = h.paid ? out.dim(h.paid.transactionHash) : step.arrived ? out.yellow('to be claimed') : '';
    const part = h.role === 'owner' ? 'owner' : `holder of ${percent(h.sharePpm)}`;
    out.line(`${indent}  ${part} ${h.holder}  ${microDollars(h.microAmount)}  ${paid}`);
  }
  for (const next of step.upstream) account(out, next, depth + 1, names);
}
