// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {MerkleSumLib} from "./MerkleSumLib.sol";
import {IChannels} from "./interfaces/IChannels.sol";
import {IReceiptLog} from "./interfaces/IReceiptLog.sol";

/// @title Merkle-sum roots of receipts, tied to claims; {IReceiptLog} is the manual.
contract ReceiptLog is IReceiptLog, IERC5267 {
    /// @inheritdoc IReceiptLog
    IChannels public immutable channels;

    constructor(IChannels channels_) {
        if (address(channels_).code.length == 0) revert InvalidChannels(address(channels_));
        channels = channels_;
    }

    /// @inheritdoc IReceiptLog
    function log(Entry calldata entry) external {
        _log(entry);
    }

    /// @inheritdoc IReceiptLog
    function logMany(Entry[] calldata entries) external {
        for (uint256 i; i < entries.length; ++i) {
            _log(entries[i]);
        }
    }

    /// @inheritdoc IReceiptLog
    function verify(
        bytes32 root,
        uint128 sum,
        bytes32 receiptHash,
        uint128 amount,
        Sibling[] calldata siblings,
        uint256 leftSiblings
    ) external pure returns (bool included, uint128 offset) {
        if (siblings.length > 256) return (false, 0);
        (bool fits, bytes32 reached, uint128 reachedSum, uint128 left) =
            MerkleSumLib.follow(receiptHash, amount, siblings, leftSiblings);
        included = fits && reached == root && reachedSum == sum;
        return (included, included ? left : 0);
    }

    /// @inheritdoc IERC5267
    /// @dev This contract checks no signatures. The domain is where receipts and payments name their chain and log, so
    /// that wallets and tools find it.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", "Tributary", "1", block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    function _log(Entry calldata entry) private {
        (, uint128 totalClaimed) = channels.channels(entry.channelId);
        if (entry.from >= entry.to) revert EmptyInterval(entry.from, entry.to);
        if (entry.to > totalClaimed) revert NotYetClaimed(entry.channelId, entry.to, totalClaimed);
        emit ReceiptsLogged(entry.channelId, msg.sender, entry.from, entry.to, entry.root, entry.leavesHash);
    }
}
