// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ChannelHashLib} from "./ChannelHashLib.sol";
import {CompactClaimsLib} from "./CompactClaimsLib.sol";
import {IChannels} from "./interfaces/IChannels.sol";
import {IReceiptLog} from "./interfaces/IReceiptLog.sol";
import {ISpokeAuthorizer} from "./interfaces/ISpokeAuthorizer.sol";

/// @dev What a receiver may have, so that money does not stop at it.
interface IFlushable {
    function flush() external;
}

/// @title Claims exactly what was promised; {ISpokeAuthorizer} is the manual.
contract SpokeAuthorizer is ISpokeAuthorizer {
    /// @inheritdoc ISpokeAuthorizer
    IChannels public immutable channels;
    /// @inheritdoc ISpokeAuthorizer
    IReceiptLog public immutable receiptLog;

    constructor(IChannels channels_, IReceiptLog receiptLog_) {
        if (address(receiptLog_.channels()) != address(channels_)) {
            revert ReceiptLogOfOtherChannels(address(receiptLog_), address(channels_));
        }
        channels = channels_;
        receiptLog = receiptLog_;
    }

    /// @inheritdoc ISpokeAuthorizer
    function claim(
        IChannels.VoucherClaim[] calldata voucherClaims,
        IReceiptLog.Entry[] calldata receipts,
        Payout[] calldata payouts
    ) external {
        for (uint256 i; i < voucherClaims.length; ++i) {
            uint128 total = voucherClaims[i].totalClaimed;
            uint128 ceiling = voucherClaims[i].voucher.maxClaimableAmount;
            if (total != ceiling) revert TotalIsNotCeiling(i, total, ceiling);
        }
        if (voucherClaims.length != 0) channels.claim(voucherClaims);
        _logAndPayOut(receipts, payouts);
    }

    /// @inheritdoc ISpokeAuthorizer
    function claimCompact(bytes calldata groups, IReceiptLog.Entry[] calldata receipts, Payout[] calldata payouts)
        external
        returns (bytes memory outcomes)
    {
        for (uint256 offset; offset < groups.length;) {
            CompactClaimsLib.Group memory group = CompactClaimsLib.parse(groups, offset);
            if (!group.totalIsCeiling) revert GroupTotalIsNotCeiling(offset);
            offset = group.end;
        }
        outcomes = channels.claimCompact(groups);
        _logAndPayOut(receipts, payouts);
    }

    /// @inheritdoc ISpokeAuthorizer
    function isValidSignature(bytes32 hash, bytes calldata signature)
        external
        view
        returns (bytes4 magicValue)
    {
        Ceiling[] memory ceilings = abi.decode(signature, (Ceiling[]));
        bytes32[] memory entries = new bytes32[](ceilings.length);
        for (uint256 i; i < ceilings.length; ++i) {
            Ceiling memory ceiling = ceilings[i];
            entries[i] = ChannelHashLib.claimEntryHash({
                id: ceiling.channelId,
                maxClaimableAmount: ceiling.amount,
                totalClaimed: ceiling.amount
            });
        }
        bytes32 domain = ChannelHashLib.domainSeparator(address(channels));
        bool isClaim = ChannelHashLib.claimBatchDigest(domain, entries) == hash;
        return isClaim ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function _logAndPayOut(IReceiptLog.Entry[] calldata receipts, Payout[] calldata payouts) private {
        if (receipts.length != 0) receiptLog.logMany(receipts);
        for (uint256 i; i < payouts.length; ++i) {
            _payOut(payouts[i]);
        }
    }

    /// @dev A receiver or token that fails must not hold up the others. Reentrance is harmless: nothing is stored here.
    function _payOut(Payout calldata payout) private {
        bytes memory settle = abi.encodeCall(IChannels.settle, (payout.receiver, payout.token));
        if (!_tryCall(address(channels), gasleft(), settle)) emit SettleFailed(payout.receiver, payout.token);
        if (payout.flushGas == 0) return;
        if (!_tryCall(payout.receiver, payout.flushGas, abi.encodeCall(IFlushable.flush, ()))) {
            emit FlushFailed(payout.receiver);
        }
    }

    /// @dev Unlike `try`, this never copies what the callee returns, which could be made large on purpose.
    function _tryCall(address target, uint256 gasLimit, bytes memory data) private returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gasLimit, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }
}
