import { type Address, type Hex, TributaryError } from '@tributary/protocol';
import type {
  Abi,
  ContractFunctionArgs,
  ContractFunctionName,
  ContractFunctionReturnType,
  TransactionReceipt,
} from 'viem';
import type { Reader, Writer } from './clients.ts';
import { toTributaryError } from './errors.ts';

/** A transaction that is in a block and succeeded. */
export interface Sent<Result = unknown> {
  hash: Hex;
  receipt: TransactionReceipt;
  /** What the simulation just before sending returned. */
  result: Result;
}

type ReadName<abi extends Abi> = ContractFunctionName<abi, 'pure' | 'view'>;
type WriteName<abi extends Abi> = ContractFunctionName<abi, 'nonpayable' | 'payable'>;

/** Calls a view function. Throws a `TributaryError` with the contract's own error decoded. */
export async function read<const abi extends Abi, name extends ReadName<abi>>(
  reader: Reader,
  call: {
    address: Address;
    abi: abi;
    functionName: name;
    args: ContractFunctionArgs<abi, 'pure' | 'view', name>;
    blockNumber?: bigint;
  },
): Promise<ContractFunctionReturnType<abi, 'pure' | 'view', name>> {
  try {
    // The generic call is checked by this function's own signature; viem's overloads cannot be inferred through it.
    return (await reader.client.readContract(call as never)) as ContractFunctionReturnType<abi, 'pure' | 'view', name>;
  } catch (error) {
    throw toTributaryError(error, `reading ${call.functionName} at ${call.address}`);
  }
}

/**
 * Simulates a call, sends it and waits until it is in a block. A call that would fail costs nothing: the simulation
 * throws the contract's error with its numbers, as a `TributaryError`.
 */
export async function send<const abi extends Abi, name extends WriteName<abi>>(
  writer: Writer,
  call: {
    address: Address;
    abi: abi;
    functionName: name;
    args: ContractFunctionArgs<abi, 'nonpayable' | 'payable', name>;
    /**
     * Gas on top of the estimate. An estimate is the least with which the call succeeds; where a contract goes on after
     * an inner call that ran out of gas, that is too little for the inner call. What is not used is not paid.
     */
    extraGas?: bigint;
  },
): Promise<Sent<ContractFunctionReturnType<abi, 'nonpayable' | 'payable', name>>> {
  const doing = `calling ${call.functionName} at ${call.address}`;
  let hash: Hex;
  let result: unknown;
  let receipt: TransactionReceipt;
  try {
    const { extraGas, ...contractCall } = call;
    const request = { ...contractCall, account: writer.account };
    const simulated = await writer.client.simulateContract(request as never);
    result = simulated.result;
    const gas = extraGas && (await writer.client.estimateContractGas(request as never)) + extraGas;
    hash = await writer.wallet.writeContract({ ...(simulated.request as object), ...(gas ? { gas } : {}) } as never);
    receipt = await writer.client.waitForTransactionReceipt({ hash, timeout: 120_000 });
  } catch (error) {
    throw toTributaryError(error, doing);
  }
  if (receipt.status !== 'success') {
    throw new TributaryError('transaction_reverted', `Transaction ${hash} was reverted while ${doing}.`, {
      retryable: true,
      hint: 'The chain changed between simulation and inclusion; try again.',
    });
  }
  return { hash, receipt, result: result as ContractFunctionReturnType<abi, 'nonpayable' | 'payable', name> };
}
