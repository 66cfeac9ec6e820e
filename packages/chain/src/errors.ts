import { TributaryError } from '@tributary/protocol';
import {
  type Abi,
  type AbiParameter,
  BaseError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  type Hex,
  HttpRequestError,
  InsufficientFundsError,
  TimeoutError,
} from 'viem';
import * as generated from './generated/index.ts';

/** A custom error that a contract of the network threw, with its numbers by name. */
export interface Revert {
  name: string;
  args: Readonly<Record<string, unknown>>;
}

const errorItems: Abi = Object.values(generated).flatMap((abi) => (abi as Abi).filter((item) => item.type === 'error'));

function decode(data: Hex): Revert | null {
  try {
    const { abiItem, args, errorName } = decodeErrorResult({ abi: errorItems, data });
    return { name: errorName, args: named('inputs' in abiItem ? abiItem.inputs : [], args) };
  } catch {
    return null;
  }
}

function named(inputs: readonly AbiParameter[], args: readonly unknown[] | undefined): Record<string, unknown> {
  return Object.fromEntries((args ?? []).map((value, i) => [inputs[i]?.name || `arg${i}`, value]));
}

/**
 * The contract's custom error under an exception of viem or of ours, or null when there is none. Errors thrown by a
 * contract further down (a token, a collector) are found as well.
 */
export function revertOf(error: unknown): Revert | null {
  const root = TributaryError.is(error) ? error.cause : error;
  if (!(root instanceof BaseError)) return null;
  const reverted = root.walk((e) => e instanceof ContractFunctionRevertedError);
  if (!(reverted instanceof ContractFunctionRevertedError)) return null;
  if (reverted.data) {
    const { abiItem, args, errorName } = reverted.data;
    return { name: errorName, args: named('inputs' in abiItem ? abiItem.inputs : [], args) };
  }
  return reverted.raw && reverted.raw.length >= 10 ? decode(reverted.raw) : null;
}

/** An `error DuesNotMet(address ancestor, uint256 needed)` becomes `dues_not_met`. */
export function errorCodeOf(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase();
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value, bigintText) : String(value);
}

function bigintText(_: string, v: unknown): unknown {
  return typeof v === 'bigint' ? v.toString() : v;
}

/**
 * Any failure of a chain call as a `TributaryError`. A custom error keeps its name as the code (snake_case) and its
 * numbers in the message; the network's own failures are `rpc_unreachable` (retryable) or `chain_error`.
 *
 * @param doing What was being done, for the message: `calling Channels.deposit`.
 */
export function toTributaryError(error: unknown, doing: string): TributaryError {
  if (TributaryError.is(error)) return error;
  const revert = revertOf(error);
  if (revert) {
    const args = Object.entries(revert.args).map(([k, v]) => `${k} ${show(v)}`);
    return new TributaryError(
      errorCodeOf(revert.name),
      `The contract refused while ${doing}: ${revert.name}${args.length ? ` (${args.join(', ')})` : ''}.`,
      { cause: error },
    );
  }
  if (error instanceof BaseError) {
    const network = error.walk((e) => e instanceof HttpRequestError || e instanceof TimeoutError);
    if (network) {
      return new TributaryError('rpc_unreachable', `The chain's RPC endpoint did not answer while ${doing}.`, {
        status: 502,
        retryable: true,
        cause: error,
        hint: 'Check the RPC URL, and that the devnet or the RPC provider is up.',
      });
    }
    if (error.walk((e) => e instanceof InsufficientFundsError)) {
      return new TributaryError('no_gas_money', `The account cannot pay for gas while ${doing}.`, {
        cause: error,
        hint: 'Send some of the chain’s own coin to the account.',
      });
    }
    return new TributaryError('chain_error', `Failed while ${doing}: ${error.shortMessage}`, { cause: error });
  }
  return new TributaryError('chain_error', `Failed while ${doing}: ${String(error)}`, { status: 500, cause: error });
}
