/**
 * Gas of channels and identities, whole transactions. Prints, and writes `snapshots/channels.json`: value and goal side by side.
 * Steady state: every channel and the receiver have been claimed before, as in daily use.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, encodeFunctionData, type Hex, hashTypedData, keccak256, numberToHex, toHex } from 'viem';
import {
  artifact,
  asVoucherClaim,
  CANONICAL,
  type ChannelConfig,
  calldataBytes,
  channelsDomain,
  channelTypes,
  depositCall,
  mintCall,
  newChain,
  packGroup,
  type SignedClaim,
  sessionKey,
} from '../test/ledger/channels/fixture.ts';

export interface Measure {
  value: number;
  goal?: number;
}

const GATEWAY = 1;
const SIZES = [1, 10, 100];
const DEPOSIT = 1_000_000n;

export async function measureChannels(): Promise<Record<string, Measure>> {
  const chain = await newChain();
  const { abi } = artifact('src/ledger/Channels.sol');
  await chain.place(CANONICAL, 'src/ledger/Channels.sol');
  const token = await chain.deploy('src/ledger/TestDollar.sol');
  const collector = await chain.deploy('src/ledger/Erc3009Collector.sol', [CANONICAL]);
  const gateway = chain.account(GATEWAY).address;
  const out: Record<string, Measure> = {};

  const channels = await Promise.all(
    Array.from({ length: Math.max(...SIZES) }, async (_, i) => {
      const payer = sessionKey(`payer ${i}`);
      const session = sessionKey(`session ${i}`);
      const config: ChannelConfig = {
        payer: payer.address,
        payerAuthorizer: session.address,
        receiver: gateway,
        receiverAuthorizer: gateway,
        token,
        withdrawDelay: 86_400,
        // Eight bytes that are not mostly zeros: zero bytes are cheaper and would flatter the result.
        salt: numberToHex(BigInt(keccak256(toHex(i))) >> 192n, { size: 32 }),
      };
      const id = hashTypedData({
        domain: channelsDomain(chain.chainId),
        types: channelTypes,
        primaryType: 'ChannelConfig',
        message: config,
      });
      return { payer, session, config, id };
    }),
  );
  for (const { payer, config, id } of channels) {
    await chain.send(0, token, mintCall(payer.address, 3n * DEPOSIT));
    const domain = { name: 'Test Dollar', version: '1' };
    const first = await depositCall(chain.chainId, payer, config, id, DEPOSIT, collector, domain, 1n);
    const created = await chain.send(0, CANONICAL, first);
    out['channels.deposit.first'] ??= { value: Number(created.gasUsed) };
    if (out['channels.deposit.topUp']) continue;
    const second = await depositCall(chain.chainId, payer, config, id, DEPOSIT, collector, domain, 2n);
    out['channels.deposit.topUp'] = { value: Number((await chain.send(0, CANONICAL, second)).gasUsed) };
  }

  /** Each round claims more than the one before. */
  let round = 0n;
  async function vouchers(count: number, totalIsCeiling = false): Promise<SignedClaim[]> {
    round += 1n;
    const totalClaimed = 10_000n * round + 1_234n;
    return Promise.all(
      channels.slice(0, count).map(async ({ session, config, id }) => {
        const maxClaimableAmount = totalIsCeiling ? totalClaimed : totalClaimed + 5_000n;
        const signature = await session.signTypedData({
          domain: channelsDomain(chain.chainId),
          types: channelTypes,
          primaryType: 'Voucher',
          message: { channelId: id, maxClaimableAmount },
        });
        return { config, maxClaimableAmount, totalClaimed, signature };
      }),
    );
  }
  const send = (functionName: string, args: unknown[]) => measure(GATEWAY, CANONICAL, encodeFunctionData({ abi, functionName, args }));
  async function measure(from: number, to: Address, data: Hex) {
    const { gasUsed, logs } = await chain.send(from, to, data);
    return { gas: Number(gasUsed), bytes: calldataBytes(data), logs: logs.length };
  }
  function note(name: string, count: number, { gas, bytes }: { gas: number; bytes: number }, goals?: [number, number]) {
    out[`${name}.gasPerClaim`] = { value: Math.ceil(gas / count), ...(goals && { goal: goals[0] }) };
    out[`${name}.bytesPerClaim`] = { value: Math.ceil(bytes / count), ...(goals && { goal: goals[1] }) };
  }

  await send('claim', [(await vouchers(100)).map(asVoucherClaim)]); // the first claim of the receiver
  out['channels.settle.first'] = { value: (await send('settle', [gateway, token])).gas };
  for (const n of SIZES) {
    note(`channels.claim.${n}`, n, await send('claim', [(await vouchers(n)).map(asVoucherClaim)]));
    const goals: [number, number] | undefined = n === 100 ? [12_500, 135] : undefined;
    const pack = { saltBytes: 8, amountBytes: 5 };
    const compact = await send('claimCompact', [packGroup(await vouchers(n), pack)]);
    note(`channels.claimCompact.${n}`, n, compact, goals);
  }
  out['channels.settle.steady'] = { value: (await send('settle', [gateway, token])).gas };
  const ceiling = { saltBytes: 8, amountBytes: 5, totalIsCeiling: true };
  note('channels.claimCompactCeiling.100', 100, await send('claimCompact', [packGroup(await vouchers(100, true), ceiling)]), [12_500, 135]);
  const settled = packGroup(await vouchers(100), { saltBytes: 8, amountBytes: 5, settle: true });
  note('channels.claimCompactSettle.100', 100, await send('claimCompact', [settled]));
  return out;
}

export async function measureIdentity(): Promise<Record<string, Measure>> {
  const chain = await newChain();
  const identity = await chain.deploy('src/identity/IdentityRegistry.sol');
  const reputation = await chain.deploy('src/identity/ReputationRegistry.sol', [identity]);
  const uri = 'https://node.example/.well-known/agent-registration.json';
  const gas = async (from: number, to: Address, source: string, functionName: string, args: unknown[]) =>
    Number((await chain.send(from, to, encodeFunctionData({ abi: artifact(source).abi, functionName, args }))).gasUsed);
  const register = (from: number) => gas(from, identity, 'src/identity/IdentityRegistry.sol', 'register', [uri]);
  const rate = (from: number) =>
    gas(from, reputation, 'src/identity/ReputationRegistry.sol', 'giveFeedback', [
      0n, 9977n, 2, 'uptime', 'month', 'https://node.example/v1', '', keccak256('0x'),
    ]);
  await register(0);
  const registered = await register(1);
  const first = await rate(1);
  return {
    'identity.register': { value: registered },
    'identity.giveFeedback.first': { value: first },
    'identity.giveFeedback.steady': { value: await rate(1) },
  };
}

if (import.meta.main) {
  const measures = { ...(await measureChannels()), ...(await measureIdentity()) };
  console.table(measures);
  writeFileSync(join(import.meta.dirname, '../snapshots/channels.json'), `${JSON.stringify(measures, null, 2)}\n`);
}
