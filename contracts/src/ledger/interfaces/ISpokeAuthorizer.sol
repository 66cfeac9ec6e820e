// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IChannels} from "./IChannels.sol";
import {IReceiptLog} from "./IReceiptLog.sol";

/// @title The receiverAuthorizer of channels from a gateway to a service's account.
/// @notice In x402 the receiver side may claim less than the payer promised, and may refund. If an operator's key held
/// that power, it could short the share holders of a service. This contract holds it instead, and uses it in one way
/// only: anyone may claim, always exactly the ceiling of the voucher. It has no owner, no storage and no path to a refund.
///
/// The receiver of such a channel must be unable to call {IChannels-refund} itself: an account without free calls.
///
/// After the claim, and in the same transaction if wanted: the receipts are logged, the money is sent to the account, and
/// the account passes it on. Works with {IChannels} and, but for {claimCompact}, with x402's canonical contract.
interface ISpokeAuthorizer is IERC1271 {
    /// @param receiver Account to send claimed money to.
    /// @param token Token of the channel.
    /// @param flushGas Most gas for the account's `flush()`, which passes the money on; 0 leaves it out. A bound,
    /// because a receiver is a stranger who must not use up the gas of the others.
    struct Payout {
        address receiver;
        address token;
        uint256 flushGas;
    }

    /// @notice The only way this contract signs: the total is the ceiling.
    /// @param channelId Channel of {IChannels}.
    /// @param amount maxClaimableAmount of the voucher, and totalClaimed of the claim.
    struct Ceiling {
        bytes32 channelId;
        uint128 amount;
    }

    /// @notice A row claims less than was promised (or more, which {IChannels} would refuse).
    error TotalIsNotCeiling(uint256 row, uint128 totalClaimed, uint128 maxClaimableAmount);
    /// @notice A compact group does not have the flag "total is the ceiling".
    /// @param offset Byte at which the group starts.
    error GroupTotalIsNotCeiling(uint256 offset);
    /// @notice The receipt log of the constructor is for other channels.
    error ReceiptLogOfOtherChannels(address receiptLog, address channels);

    /// @notice The money of this receiver could not be sent (paused or blocking token); the claims stand.
    event SettleFailed(address indexed receiver, address indexed token);
    /// @notice The account could not pass its money on; it has it and `flush()` can be called by anyone.
    event FlushFailed(address indexed receiver);

    /// @notice Claims, logs, settles, flushes, in this order. Anyone may.
    /// @param voucherClaims As for {IChannels-claim}; may be empty. Every total equals its ceiling.
    /// @param receipts Intervals to log; they may be those just claimed. All or none, with the claims.
    /// @param payouts Receivers to settle and flush; what fails there is reported and left out.
    function claim(
        IChannels.VoucherClaim[] calldata voucherClaims,
        IReceiptLog.Entry[] calldata receipts,
        Payout[] calldata payouts
    ) external;

    /// @notice {claim} with packed rows, see {IChannels-claimCompact}. Every group has flag 1.
    /// @return outcomes What became of each row.
    function claimCompact(bytes calldata groups, IReceiptLog.Entry[] calldata receipts, Payout[] calldata payouts)
        external
        returns (bytes memory outcomes);

    /// @notice ERC-1271, for `claimWithSignature` by a facilitator: valid for a ClaimBatch whose totals are its ceilings,
    /// for nothing else, so never for a Refund.
    /// @param hash Digest of the ClaimBatch.
    /// @param signature `abi.encode(Ceiling[])`, the rows of the batch in order; anyone can write it.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view override returns (bytes4 magicValue);

    function channels() external view returns (IChannels);

    function receiptLog() external view returns (IReceiptLog);
}
