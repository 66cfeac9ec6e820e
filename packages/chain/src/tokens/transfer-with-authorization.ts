import { type Address, fromHex, type Hex, toHex } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { toTributaryError } from '../errors.ts';
import type { Authorization } from './eip3009.ts';

/** The (v, r, s) form of EIP-3009: the one every token has, and the one x402 `exact` needs. */
const ABI = [
  {
    type: 'function',
    name: 'transferWithAuthorization',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'from', type: 'address' },
      { name: 'to', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'validAfter', type: 'uint256' },
      { name: 'validBefore', type: 'uint256' },
      { name: 'nonce', type: 'bytes32' },
      { name: 'v', type: 'uint8' },
      { name: 'r', type: 'bytes32' },
      { name: 's', type: 'bytes32' },
    ],
    outputs: [],
  },
] as const;

function call(token: Address, a: Authorization, signature: Hex) {
  const bytes = fromHex(signature);
  return {
    address: token,
    abi: ABI,
    functionName: 'transferWithAuthorization',
    args: [
      a.from,
      a.to,
      a.value,
      a.validAfter,
      a.validBefore,
      a.nonce,
      bytes[64] ?? 0,
      toHex(bytes.subarray(0, 32)),
      toHex(bytes.subarray(32, 64)),
    ],
  } as const;
}

/** Moves tokens by their owner's signature (65 bytes). Anyone may bring it. */
export function transferWithAuthorization(
  writer: Writer,
  authorization: Authorization,
  signature: Hex,
  token: Address = writer.contracts.dollar,
): Promise<Sent<void>> {
  return send(writer, call(token, authorization, signature));
}

/** Throws the token's error when `transferWithAuthorization` would fail now. Nothing is sent. */
export async function simulateTransferWithAuthorization(
  writer: Writer,
  authorization: Authorization,
  signature: Hex,
  token: Address = writer.contracts.dollar,
): Promise<void> {
  try {
    await writer.client.simulateContract({ ...call(token, authorization, signature), account: writer.account });
  } catch (error) {
    throw toTributaryError(error, `simulating a transfer by authorization at ${token}`);
  }
}
