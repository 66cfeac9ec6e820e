// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChannels} from "./IChannels.sol";

/// @title Ties receipts to claims: publishes the Merkle-sum root of the receipts that a claimed interval paid for.
/// @notice The tree is described in `spec/merkle-sum.md`. The root's sum equals the length of the interval, so a proof
/// does not only show that a receipt is in the tree but also which part of the claimed money is its own:
/// [from + offset, from + offset + amount).
///
/// Anyone may log, for any channel, and any number of roots may exist for one interval: a root proves nothing by itself,
/// it only lets the holder of a signed receipt prove where that receipt was counted. A stranger's root that holds no
/// signed receipts is noise.
///
/// Only events are kept. All amounts are base units of the channel's token and positions in its cumulative total.
interface IReceiptLog {
    /// @param channelId Channel of {IChannels}.
    /// @param from Where the interval starts (inclusive), a total of the channel before the receipts were paid.
    /// @param to Where it ends (exclusive); at most what is claimed from the channel.
    /// @param root Merkle-sum root over the receipts of the interval in order; its sum is `to - from`.
    /// @param leavesHash SHA-256 of the published leaves file, by which anyone can rebuild the tree.
    struct Entry {
        bytes32 channelId;
        uint128 from;
        uint128 to;
        bytes32 root;
        bytes32 leavesHash;
    }

    /// @param hash Hash of a node beside the path.
    /// @param sum Sum of all leaves under it.
    struct Sibling {
        bytes32 hash;
        uint128 sum;
    }

    /// @notice `from` is not below `to`.
    error EmptyInterval(uint128 from, uint128 to);
    /// @notice The interval ends above what was claimed from the channel.
    error NotYetClaimed(bytes32 channelId, uint128 to, uint128 totalClaimed);
    /// @notice The channels address of the constructor has no code.
    error InvalidChannels(address channels);

    event ReceiptsLogged(
        bytes32 indexed channelId, address indexed poster, uint128 from, uint128 to, bytes32 root, bytes32 leavesHash
    );

    /// @notice Logs one interval.
    function log(Entry calldata entry) external;

    /// @notice Logs several intervals, all or none.
    function logMany(Entry[] calldata entries) external;

    /// @notice Whether a receipt is in a tree, and where.
    /// @param root Hash of the root.
    /// @param sum Sum of the root: `to - from` of the log entry.
    /// @param receiptHash Hash of the receipt.
    /// @param amount What the receipt charged.
    /// @param siblings Nodes beside the path from the leaf up; levels where the node was promoted have none. At most 256.
    /// @param leftSiblings Bit i is set if siblings[i] lies on the left.
    /// @return included Whether the path leads to the root with exactly this sum.
    /// @return offset Sum of all leaves to the left of this one; 0 if not included.
    function verify(
        bytes32 root,
        uint128 sum,
        bytes32 receiptHash,
        uint128 amount,
        Sibling[] calldata siblings,
        uint256 leftSiblings
    ) external pure returns (bool included, uint128 offset);

    /// @notice The channels that entries are checked against.
    function channels() external view returns (IChannels);
}
