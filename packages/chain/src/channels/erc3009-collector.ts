import { type Address, fromHex, type Hex, type Hex32, keccak, toHex } from '@tributary/protocol';
import { encodeAbiParameters } from 'viem';
import { type Authorization, authorizationDigest, type TokenDomain } from '../tokens/eip3009.ts';

/** A payer's authorization of a deposit, as the ERC-3009 collector takes it. */
export interface DepositAuthorization {
  /** Unix seconds, exclusive on both sides. */
  validAfter: bigint;
  validBefore: bigint;
  /** Random; makes the nonce. */
  salt: Hex32;
  signature: Hex;
}

/** The token's nonce of a deposit: keccak256(channelId ‖ salt), so an authorization is good for one channel only. */
export function depositNonce(channelId: Hex32, salt: Hex32): Hex32 {
  const data = new Uint8Array(64);
  data.set(fromHex(channelId));
  data.set(fromHex(salt), 32);
  return toHex(keccak(data));
}

/** What the payer signs to deposit `amount` base units into a channel. */
export function depositDigest(
  domain: TokenDomain,
  deposit: {
    payer: Address;
    collector: Address;
    amount: bigint;
    channelId: Hex32;
    validAfter: bigint;
    validBefore: bigint;
    salt: Hex32;
  },
): Uint8Array {
  const authorization: Authorization = {
    from: deposit.payer,
    to: deposit.collector,
    value: deposit.amount,
    validAfter: deposit.validAfter,
    validBefore: deposit.validBefore,
    nonce: depositNonce(deposit.channelId, deposit.salt),
  };
  return authorizationDigest('receive', domain, authorization);
}

/** `collectorData` of `deposit`: abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature). */
export function erc3009CollectorData({ validAfter, validBefore, salt, signature }: DepositAuthorization): Hex {
  return encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
    [validAfter, validBefore, BigInt(salt), signature],
  );
}
