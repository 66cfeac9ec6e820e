import { type Address, encodeFunctionData, hashTypedData, keccak256, numberToHex, size, toHex } from 'viem';
import {
  asVoucherClaim,
  type ChannelConfig,
  channelsDomain,
  channelTypes,
  depositCall,
  type PackOptions,
  packGroup,
  type SignedClaim,
  sessionKey,
} from '../../test/ledger/channels/fixture.ts';
import type { GasChain, Measured } from './chain.ts';

const COUNTS = [1, 10, 100] as const;
const MOST = 100;
const DEPOSIT = 1_000_000n;
const GOALS = { gas: 12_500n, bytes: 135 };

/**
 * Channels: whole transactions, in steady state (receiver and channels were claimed before). `claim…` are gas per claim;
 * bytes of calldata per claim are in the note.
 */
export async function measureChannels(chain: GasChain): Promise<Measured> {
  const gateway = chain.account(1);
  const chainId = await chain.reader.getChainId();
  const { address: channels, abi } = await chain.deploy(chain.artifact('ledger/Channels.sol', 'Channels'));
  const token = await chain.deploy(chain.artifact('ledger/TestDollar.sol', 'TestDollar'));
  const { address: collector } = await chain.deploy(chain.artifact('ledger/Erc3009Collector.sol', 'Erc3009Collector'), [
    channels,
  ]);
  const domain = channelsDomain(chainId, channels);
  const measured: Measured = {};

  const parties = Array.from({ length: MOST }, (_, i) => {
    const payer = sessionKey(`payer ${i}`);
    const session = sessionKey(`session ${i}`);
    const config: ChannelConfig = {
      payer: payer.address,
      payerAuthorizer: session.address,
      receiver: gateway,
      receiverAuthorizer: gateway,
      token: token.address,
      withdrawDelay: 86_400,
      // Eight bytes that are not mostly zeros: zero bytes are cheaper and would flatter the result.
      salt: numberToHex(BigInt(keccak256(toHex(i))) >> 192n, { size: 32 }),
    };
    const id = hashTypedData({ domain, types: channelTypes, primaryType: 'ChannelConfig', message: config });
    return { payer, session, config, id };
  });

  for (const [i, { payer, config, id }] of parties.entries()) {
    await chain.send({ to: token.address, abi: token.abi, functionName: 'mint', args: [payer.address, 3n * DEPOSIT] });
    const tokenDomain = { name: 'Test Dollar', version: '1' };
    const deposit = async (salt: bigint) =>
      chain.sendRaw(
        channels,
        await depositCall({ chainId, payer, config, id, amount: DEPOSIT, collector, tokenDomain, salt }),
      );
    const gas = await deposit(1n);
    if (i > 0) continue;
    measured.depositFirst = { gas, note: 'EIP-3009, creates the channel' };
    measured.deposit = { gas: await deposit(2n), note: 'EIP-3009, tops it up' };
  }

  /** Each round claims more than the one before. */
  let round = 0n;
  function vouchers(count: number, totalIsCeiling = false): Promise<SignedClaim[]> {
    round += 1n;
    const totalClaimed = 10_000n * round + 1_234n;
    const maxClaimableAmount = totalIsCeiling ? totalClaimed : totalClaimed + 5_000n;
    return Promise.all(
      parties.slice(0, count).map(async ({ session, config, id }) => {
        const message = { channelId: id, maxClaimableAmount };
        const signature = await session.signTypedData({ domain, types: channelTypes, primaryType: 'Voucher', message });
        return { config, maxClaimableAmount, totalClaimed, signature };
      }),
    );
  }
  async function send(functionName: string, args: unknown[]) {
    const data = encodeFunctionData({ abi, functionName, args });
    return { gas: await chain.sendRaw(channels, data, gateway), bytes: size(data) };
  }
  const compact = async (count: number, options: Partial<PackOptions> = {}) =>
    send('claimCompact', [
      packGroup(await vouchers(count, options.totalIsCeiling), { saltBytes: 8, amountBytes: 5, ...options }),
    ]);
  function perClaim(name: string, count: number, { gas, bytes }: { gas: bigint; bytes: number }, withGoal = false) {
    const each = Math.ceil(bytes / count);
    measured[name] = {
      gas: (gas + BigInt(count) - 1n) / BigInt(count),
      ...(withGoal && { goal: GOALS.gas }),
      note: `per claim; ${each} bytes per claim${withGoal ? `, goal ${GOALS.bytes}` : ''}`,
    };
    if (withGoal && each > GOALS.bytes) throw new Error(`${name}: ${each} bytes a claim, goal ${GOALS.bytes}`);
  }

  await send('claim', [(await vouchers(MOST)).map(asVoucherClaim)]); // the first claim of the receiver
  measured.settleFirst = { gas: (await send('settle', [gateway, token.address])).gas };
  for (const count of COUNTS) {
    perClaim(`claim${count}`, count, await send('claim', [(await vouchers(count)).map(asVoucherClaim)]));
    perClaim(`claimCompact${count}`, count, await compact(count), count === MOST);
  }
  measured.settle = { gas: (await send('settle', [gateway, token.address])).gas };
  perClaim('claimCompactCeiling100', MOST, await compact(MOST, { totalIsCeiling: true }), true);
  perClaim('claimCompactAndSettle100', MOST, await compact(MOST, { settle: true }), true);

  // A service's channel, claimed by a stranger through the spoke authorizer.
  const log = await chain.deploy(chain.artifact('ledger/ReceiptLog.sol', 'ReceiptLog'), [channels]);
  const spoke = await chain.deploy(chain.artifact('ledger/SpokeAuthorizer.sol', 'SpokeAuthorizer'), [
    channels,
    log.address,
  ]);
  const { payer, session } = parties[0]!;
  const config: ChannelConfig = {
    ...parties[0]!.config,
    receiver: chain.account(5),
    receiverAuthorizer: spoke.address,
  };
  const id = hashTypedData({ domain, types: channelTypes, primaryType: 'ChannelConfig', message: config });
  const tokenDomain = { name: 'Test Dollar', version: '1' };
  await chain.sendRaw(
    channels,
    await depositCall({ chainId, payer, config, id, amount: DEPOSIT, collector, tokenDomain, salt: 1n }),
  );
  const claimSpoke = async (from: bigint, to: bigint) => {
    const message = { channelId: id, maxClaimableAmount: to };
    const signature = await session.signTypedData({ domain, types: channelTypes, primaryType: 'Voucher', message });
    const pack = { saltBytes: 8, amountBytes: 5, totalIsCeiling: true };
    const groups = packGroup([{ config, maxClaimableAmount: to, totalClaimed: to, signature }], pack);
    const receipts = [{ channelId: id, from, to, root: keccak256('0x01'), leavesHash: keccak256('0x02') }];
    const payouts = [{ receiver: config.receiver, token: token.address, flushGas: 0n }];
    return chain.send({
      to: spoke.address,
      abi: spoke.abi,
      functionName: 'claimCompact',
      args: [groups, receipts, payouts],
    });
  };
  await claimSpoke(0n, 10_000n);
  measured.spokeClaimLogSettle = {
    gas: await claimSpoke(10_000n, 25_000n),
    note: 'one service: claim, receipt root, settle',
  };
  return measured;
}

/** ERC-8004: whole transactions. */
export async function measureIdentity(chain: GasChain): Promise<Measured> {
  const identity = await chain.deploy(chain.artifact('identity/IdentityRegistry.sol', 'IdentityRegistry'));
  const reputation = await chain.deploy(chain.artifact('identity/ReputationRegistry.sol', 'ReputationRegistry'), [
    identity.address,
  ]);
  const uri = 'https://node.example/.well-known/agent-registration.json';
  const register = (from: Address) =>
    chain.sendRaw(
      identity.address,
      encodeFunctionData({ abi: identity.abi, functionName: 'register', args: [uri] }),
      from,
    );
  const rate = (from: Address) =>
    chain.send({
      from,
      to: reputation.address,
      abi: reputation.abi,
      functionName: 'giveFeedback',
      args: [0n, 9977n, 2, 'uptime', 'month', 'https://node.example/v1', '', keccak256('0x')],
    });
  await register(chain.account(0));
  return {
    register: { gas: await register(chain.account(1)), note: 'URI of 56 bytes' },
    giveFeedbackFirst: { gas: await rate(chain.account(1)), note: 'first rating by this client, two tags, endpoint' },
    giveFeedback: { gas: await rate(chain.account(1)), note: 'second rating by this client' },
  };
}
