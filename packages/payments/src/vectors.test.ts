import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { channels, tokens } from '@tributary/chain';
import {
  type Address,
  ChannelConfig,
  channelDigests,
  domainSeparator,
  fromHex,
  type Hex,
  sameHex,
  textHash,
  toHex,
} from '@tributary/protocol';
import { curve } from './curve.ts';

const FILE = join(import.meta.dirname, '../../../../shared/vectors/x402/typed-data.json');

interface Vector {
  id: string;
  kind: string;
  chainId: number;
  verifyingContract: Address;
  config?: unknown;
  channelId: Hex;
  maxClaimableAmount: string;
  nonce: string;
  amount: string;
  claims: { channelId: Hex; maxClaimableAmount: string; totalClaimed: string }[];
  digest: Hex;
  signature: Hex;
  signer: string;
  tokenDomain: { name: string; version: string; chainId: number; verifyingContract: Address };
  erc3009Nonce: Hex;
  collectorData: Hex;
  collector: Address;
  message: { from: Address; to: Address; value: string; validAfter: string; validBefore: string; nonce: Hex };
  payload: {
    deposit: {
      amount: string;
      authorization: { erc3009Authorization: { validAfter: string; validBefore: string; salt: Hex; signature: Hex } };
    };
    authorization: { from: Address; to: Address; value: string; validAfter: string; validBefore: string; nonce: Hex };
    signature: Hex;
  };
}

interface Vectors {
  accounts: { name: string; address: Address; privateKey: Hex }[];
  addresses: { x402BatchSettlement: Address };
  domainSeparators: { chainId: number; verifyingContract: Address; domainSeparator: Hex }[];
  typeStrings: { encodeType: string; typeHash: Hex }[];
  vectors: Vector[];
  negative: {
    chainId: number;
    channelId: Hex;
    maxClaimableAmount: string;
    expectedSigner: Address;
    cases: { name: string; signature: Hex }[];
  };
}

describe('x402 typed data vectors', { skip: existsSync(FILE) ? false : `${FILE} is absent` }, () => {
  const data = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Vectors) : ({ vectors: [] } as never);
  const account = (name: string) => data.accounts.find((a) => a.name === name)!;

  function checkSigned(digest: Uint8Array, v: { digest: Hex; signer: string }, signature: Hex): void {
    assert.equal(toHex(digest), v.digest);
    const { privateKey, address } = account(v.signer);
    assert.equal(curve.sign(digest, fromHex(privateKey)), signature);
    assert.ok(sameHex(curve.recover(digest, signature)!, address));
  }

  test('type hashes and domain separators', () => {
    for (const { encodeType, typeHash } of data.typeStrings) assert.equal(toHex(textHash(encodeType)), typeHash);
    for (const { chainId, verifyingContract, domainSeparator: expected } of data.domainSeparators) {
      assert.equal(toHex(domainSeparator('x402 Batch Settlement', '1', chainId, verifyingContract)), expected);
    }
  });

  for (const v of data.vectors) {
    test(v.id, () => {
      const digests = v.verifyingContract && channelDigests(v.chainId, v.verifyingContract);
      switch (v.kind) {
        case 'channelId':
          assert.equal(digests.channelId(ChannelConfig.parse(v.config)), v.channelId);
          break;
        case 'voucher':
        case 'ownDeployment':
          checkSigned(digests.voucher(v.channelId, BigInt(v.maxClaimableAmount)), v, v.signature);
          break;
        case 'refund':
          checkSigned(digests.refund(v.channelId, BigInt(v.nonce), BigInt(v.amount)), v, v.signature);
          break;
        case 'claimBatch':
        case 'claimBatchEmpty': {
          const digest = digests.claimBatch(
            v.claims.map((c) => ({
              channelId: c.channelId,
              maxClaimableAmount: BigInt(c.maxClaimableAmount),
              totalClaimed: BigInt(c.totalClaimed),
            })),
          );
          if (v.kind === 'claimBatch') checkSigned(digest, v, v.signature);
          else assert.equal(toHex(digest), v.digest);
          break;
        }
        case 'depositErc3009': {
          const { validAfter, validBefore, salt, signature } = v.payload.deposit.authorization.erc3009Authorization;
          const authorization = { validAfter: BigInt(validAfter), validBefore: BigInt(validBefore), salt };
          const { name, version, chainId, verifyingContract: token } = v.tokenDomain;
          const digest = channels.depositDigest(
            { name, version, chainId, token },
            {
              payer: v.message.from,
              collector: v.collector,
              amount: BigInt(v.payload.deposit.amount),
              channelId: v.channelId,
              ...authorization,
            },
          );
          assert.equal(channels.depositNonce(v.channelId, salt), v.erc3009Nonce);
          assert.equal(channels.erc3009CollectorData({ ...authorization, signature }), v.collectorData);
          checkSigned(digest, v, signature);
          break;
        }
        case 'exactEip3009': {
          const { name, version, chainId, verifyingContract: token } = v.tokenDomain;
          const { from, to, value, validAfter, validBefore, nonce } = v.payload.authorization;
          const authorization = {
            from,
            to,
            value: BigInt(value),
            validAfter: BigInt(validAfter),
            validBefore: BigInt(validBefore),
            nonce,
          };
          const digest = tokens.authorizationDigest('transfer', { name, version, chainId, token }, authorization);
          checkSigned(digest, v, v.payload.signature);
          break;
        }
        default:
          assert.fail(`unknown kind ${v.kind}`);
      }
    });
  }

  test('all 39 vectors are there', () => assert.equal(data.vectors.length, 39));

  for (const { name, signature } of data.negative?.cases ?? []) {
    test(`refused: ${name}`, () => {
      const { chainId, channelId, maxClaimableAmount, expectedSigner } = data.negative;
      const digest = channelDigests(chainId, data.addresses.x402BatchSettlement).voucher(
        channelId,
        BigInt(maxClaimableAmount),
      );
      const signer = curve.recover(digest, signature);
      assert.ok(signer === null || !sameHex(signer, expectedSigner));
    });
  }
});
