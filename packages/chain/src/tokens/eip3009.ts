import { type Address, digestOf, domainSeparator, type Hex32, structHash, textHash } from '@tributary/protocol';

/** The EIP-712 domain of a token with EIP-3009. */
export interface TokenDomain {
  name: string;
  version: string;
  chainId: number;
  token: Address;
}

/** An EIP-3009 transfer: `value` base units, good strictly between two unix seconds. */
export interface Authorization {
  from: Address;
  to: Address;
  value: bigint;
  validAfter: bigint;
  validBefore: bigint;
  nonce: Hex32;
}

const MEMBERS = '(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)';
const TYPEHASHES = {
  transfer: textHash(`TransferWithAuthorization${MEMBERS}`),
  receive: textHash(`ReceiveWithAuthorization${MEMBERS}`),
} as const;

/** What the owner of the tokens signs. `receive` can only be used by `to` itself. */
export function authorizationDigest(kind: 'transfer' | 'receive', domain: TokenDomain, a: Authorization): Uint8Array {
  return digestOf(
    domainSeparator(domain.name, domain.version, domain.chainId, domain.token),
    structHash(TYPEHASHES[kind], [a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce]),
  );
}
