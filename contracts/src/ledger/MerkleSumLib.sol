// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IReceiptLog} from "./interfaces/IReceiptLog.sol";

/// @title Merkle tree whose nodes carry sums; see `spec/merkle-sum.md`.
library MerkleSumLib {
    bytes1 private constant LEAF = 0x00;
    bytes1 private constant INNER = 0x01;

    function leaf(bytes32 receiptHash, uint128 amount) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(LEAF, receiptHash, amount));
    }

    /// @dev Both sums are hashed, not only their total: otherwise a prover could move amounts between the halves.
    function inner(bytes32 leftHash, uint128 leftSum, bytes32 rightHash, uint128 rightSum)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encodePacked(INNER, leftHash, leftSum, rightHash, rightSum));
    }

    /// @notice Goes from a leaf to the root.
    /// @return fits False if a sum leaves uint128; such a tree does not exist.
    function follow(
        bytes32 receiptHash,
        uint128 amount,
        IReceiptLog.Sibling[] calldata siblings,
        uint256 leftSiblings
    ) internal pure returns (bool fits, bytes32 root, uint128 sum, uint128 offset) {
        root = leaf(receiptHash, amount);
        sum = amount;
        for (uint256 i; i < siblings.length; ++i) {
            IReceiptLog.Sibling calldata sibling = siblings[i];
            if (sibling.sum > type(uint128).max - sum) return (false, 0, 0, 0);
            if ((leftSiblings >> i) & 1 == 1) {
                root = inner(sibling.hash, sibling.sum, root, sum);
                offset += sibling.sum; // at most the sum, which fits
            } else {
                root = inner(root, sum, sibling.hash, sibling.sum);
            }
            sum += sibling.sum;
        }
        return (true, root, sum, offset);
    }
}
