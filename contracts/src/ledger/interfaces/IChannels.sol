// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title Pay-per-use money: a deposit, and signed cumulative promises against it.
/// @notice Superset of the x402 `batch-settlement` contract: same ABI, same typed data, same semantics, so official
/// x402 clients pay through it. Ours on top: {claimCompact}, many claims in one call for about half the gas.
///
/// A channel is a {ChannelConfig}; nothing about it can change, and its id is the EIP-712 digest of it, so an id is
/// bound to one chain and one contract. The payer side signs vouchers `(channelId, maxClaimableAmount)`. Amounts are
/// cumulative over the life of the channel: a voucher is a ceiling, needs no nonce and no expiry, and a later voucher
/// contains all earlier ones. The receiver side decides how much of the ceiling it takes.
///
/// All amounts are base units of `token`. All times are unix seconds.
///
/// Promises: a channel never pays out more than was deposited into it; a voucher never pays twice; money only ever goes
/// to `payer` (refund, withdrawal) or to `receiver` (settlement); between the announcement of a withdrawal and the
/// withdrawal lie at least `withdrawDelay` seconds in which the receiver can claim. There is no owner and no fee.
///
/// Sharp edges: an unclaimed voucher reserves nothing, so a receiver must watch {WithdrawInitiated} and claim within
/// the delay. Tokens that take a fee on transfer fail at deposit; rebasing tokens are unsafe.
interface IChannels is IERC5267 {
    /// @param payer Owner of the deposit; the only address that refunds and withdrawals go to. Not zero.
    /// @param payerAuthorizer Key that signs vouchers (plain ECDSA, never asked as a contract) and may start and finish
    /// withdrawals. Zero: `payer` itself signs (ECDSA without code, ERC-1271 with code).
    /// @param receiver Where settled money goes. Not zero.
    /// @param receiverAuthorizer May claim and refund besides `receiver`; key or ERC-1271 contract. Not zero.
    /// @param token ERC-20 token. Not zero.
    /// @param withdrawDelay Seconds between start and end of a withdrawal, 900 to 2,592,000 (inclusive).
    /// @param salt Lets the same parties hold several channels. {claimCompact} is cheapest with small numbers.
    struct ChannelConfig {
        address payer;
        address payerAuthorizer;
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
        bytes32 salt;
    }

    /// @param channel The channel the voucher is for.
    /// @param maxClaimableAmount Ceiling of the total that may ever be claimed from the channel.
    struct Voucher {
        ChannelConfig channel;
        uint128 maxClaimableAmount;
    }

    /// @param voucher What the payer side signed.
    /// @param signature 65 bytes `r ‖ s ‖ v` with low s and v 27 or 28, or ERC-1271 data where that is allowed.
    /// @param totalClaimed What the receiver side takes: the new total of the channel, at most the ceiling.
    struct VoucherClaim {
        Voucher voucher;
        bytes signature;
        uint128 totalClaimed;
    }

    /// @notice What became of one row of {claimCompact}. Anything but `Claimed` means that the row changed nothing.
    enum ClaimOutcome {
        Claimed,
        AlreadyClaimed, // the recorded total is at least as high; the signature was not read
        ExceedsCeiling, // total above the voucher's ceiling
        ExceedsBalance, // total above what the channel holds (not funded, withdrawn, or on another chain)
        PayerHasCode, // no payerAuthorizer and the payer is a contract: use {claim}, which asks it by ERC-1271
        BadSignature // not signed by the payer side, or s is high
    }

    // Errors carry no arguments, as x402 has it, so that official tools recognise them.

    /// @notice payer, receiver, receiverAuthorizer or token is zero; or a withdrawal is started by neither payer nor
    /// payerAuthorizer (x402 has no error of its own for that).
    error InvalidChannel();
    /// @notice A deposit of nothing.
    error ZeroDeposit();
    /// @notice The balance of the channel would exceed 2^128 - 1.
    error DepositOverflow();
    /// @notice Not signed by the one who had to sign.
    error InvalidSignature();
    /// @notice The rows of a signed claim batch have different receiverAuthorizers.
    error NotReceiverAuthorizer();
    /// @notice The caller is neither receiver nor receiverAuthorizer of a claimed channel.
    error NotAuthorizedToClaim();
    /// @notice The caller is neither receiver nor receiverAuthorizer of the channel to refund.
    error NotAuthorizedToRefund();
    /// @notice The claimed total is above the ceiling of the voucher.
    error ClaimExceedsCeiling();
    /// @notice The claimed total is above the balance of the channel.
    error ClaimExceedsBalance();
    /// @notice One withdrawal at a time.
    error WithdrawalAlreadyPending();
    /// @notice There is no withdrawal to finish.
    error WithdrawalNotPending();
    /// @notice The caller who wants to finish a withdrawal is neither payer nor payerAuthorizer.
    error NotAuthorizedToFinalizeWithdraw();
    /// @notice Too early.
    error WithdrawDelayNotElapsed();
    /// @notice A withdrawal of nothing.
    error NothingToWithdraw();
    /// @notice More than balance less claimed total.
    error WithdrawAmountExceedsAvailable();
    /// @notice withdrawDelay is outside {MIN_WITHDRAW_DELAY} to {MAX_WITHDRAW_DELAY}.
    error WithdrawDelayOutOfRange();
    /// @notice No rows.
    error EmptyBatch();
    /// @notice The collector did not bring exactly the amount.
    error DepositCollectionFailed();
    /// @notice The collector address is zero.
    error InvalidCollector();
    /// @notice The refund was signed for another nonce.
    error InvalidRefundNonce();
    /// @notice A refund of nothing.
    error ZeroRefund();
    /// @notice Never thrown here; part of the x402 ABI.
    error InvalidShortString();
    /// @notice Never thrown here; part of the x402 ABI.
    error StringTooLong(string str);
    /// @notice The packed claims are cut off, have a group without rows, or a field width out of range.
    /// @param offset Byte of `groups` at which the malformed group starts.
    error MalformedClaims(uint256 offset);

    /// @notice First deposit into a channel, or the first one after it was emptied without any claim.
    event ChannelCreated(bytes32 indexed channelId, ChannelConfig config);
    /// @notice The channel is empty and nothing was ever claimed from it.
    event ChannelClosed(bytes32 indexed channelId, ChannelConfig config);
    event Deposited(bytes32 indexed channelId, address indexed sender, uint128 amount, uint128 newBalance);
    event Claimed(bytes32 indexed channelId, address indexed sender, uint128 claimAmount, uint128 newTotalClaimed);
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);
    event Refunded(bytes32 indexed channelId, address indexed sender, uint128 amount);
    /// @param finalizeAfter First second in which {finalizeWithdraw} succeeds.
    event WithdrawInitiated(bytes32 indexed channelId, uint128 amount, uint40 finalizeAfter);
    event WithdrawFinalized(bytes32 indexed channelId, address indexed sender, uint128 amount);

    /// @notice The claimed rows of one group of {claimCompact}; takes the place of one {Claimed} per row.
    /// @param claimAmount Sum by which the group raised `receivers(receiver, token).totalClaimed`.
    /// @param entries 48 bytes for each claimed row, in order: channelId (32) ‖ new total of the channel (16).
    event ClaimedCompact(
        address indexed receiver, address indexed token, address indexed sender, uint128 claimAmount, bytes entries
    );
    /// @notice A row of {claimCompact} changed nothing, for this reason.
    /// @param row Index of the row over all groups of the call, from 0.
    event ClaimSkipped(bytes32 indexed channelId, address indexed sender, uint256 row, ClaimOutcome outcome);
    /// @notice The settlement asked for in {claimCompact} failed (paused or blocking token); the claims stand and
    /// {settle} can be repeated by anyone.
    event SettleFailed(address indexed receiver, address indexed token, address indexed sender, uint128 amount);

    /// @notice Adds money to a channel; anyone may, for any channel. The money comes through a collector, which is
    /// named by the caller and not trusted: exactly `amount` must arrive.
    /// @param config The channel; checked here and only here, a channel without deposit has nothing to claim.
    /// @param amount 1 to 2^128 - 1.
    /// @param collector Contract with {IDepositCollector-collect}.
    /// @param collectorData Handed to the collector: signature and what belongs to it.
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external;

    /// @notice Raises the claimed totals of channels. Moves no token. All rows or none.
    /// @dev For each row: a total that is not above the recorded one is passed over in silence, its signature unread;
    /// then ceiling, balance, signature.
    /// @param voucherClaims At least one; the caller is receiver or receiverAuthorizer of every row.
    function claim(VoucherClaim[] calldata voucherClaims) external;

    /// @notice {claim} by anyone who holds the receiverAuthorizer's signature over the batch.
    /// @param voucherClaims At least one; all with the same receiverAuthorizer.
    /// @param authorizerSignature Signature over {getClaimBatchDigest}, ECDSA or ERC-1271.
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature) external;

    /// @notice {claim} for many channels at once: packed rows, bad rows are skipped and reported, not reverted.
    /// @dev `groups` is one or more groups without gaps, all numbers big-endian:
    ///
    ///     header, 70 bytes                          row, 104 + s + a (+ a) bytes
    ///     receiver             20                   payer                20
    ///     receiverAuthorizer   20                   payerAuthorizer      20
    ///     token                20                   salt                  s   low-order bytes, rest zero
    ///     withdrawDelay         5                   maxClaimableAmount    a
    ///     flags                 1                   totalClaimed          a   absent with flag 1
    ///     s, 0 to 32            1                   r ‖ yParityAndS      64   EIP-2098, low s
    ///     a, 1 to 16            1
    ///     number of rows        2   at least 1
    ///
    /// flags: 1 = total is the ceiling; 2 = settle (receiver, token) after the group; other bits zero.
    /// The caller must be receiver or receiverAuthorizer of every group, else the call reverts NotAuthorizedToClaim.
    /// Rows are checked in the order of {claim}. Vouchers are the same as for {claim}; only the signature is packed.
    /// @param groups The packed groups.
    /// @return outcomes One byte for each row over all groups, a {ClaimOutcome}; simulate the call to see it first.
    function claimCompact(bytes calldata groups) external returns (bytes memory outcomes);

    /// @notice Sends everything claimed but not yet settled to the receiver. Anyone may; returns silently if nothing is due.
    function settle(address receiver, address token) external;

    /// @notice Returns `min(amount, balance - totalClaimed)` to the payer. Raises the refund nonce, so a refund that was
    /// signed for the former nonce is void. A pending withdrawal shrinks to what is left.
    /// @param config The channel; the caller is its receiver or receiverAuthorizer.
    /// @param amount Most to return, not zero.
    function refund(ChannelConfig calldata config, uint128 amount) external;

    /// @notice {refund} by anyone who holds the receiverAuthorizer's signature over {getRefundDigest}.
    /// @param nonce The current {refundNonce} of the channel.
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external;

    /// @notice Announces a withdrawal of unclaimed money and starts the delay. By payer or payerAuthorizer.
    /// @param amount 1 to balance - totalClaimed.
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external;

    /// @notice After the delay, sends `min(announced, balance - totalClaimed)` to the payer, which may be nothing.
    /// By payer or payerAuthorizer.
    function finalizeWithdraw(ChannelConfig calldata config) external;

    /// @notice Several calls in one transaction, each as the caller; reverts if one does.
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);

    /// @return balance Everything deposited less refunds and withdrawals; claims do not reduce it.
    /// @return totalClaimed Claimed so far, at most `balance`.
    function channels(bytes32 channelId) external view returns (uint128 balance, uint128 totalClaimed);

    /// @return amount Announced amount, 0 if none is pending.
    /// @return initiatedAt Time of the announcement, 0 if none is pending.
    function pendingWithdrawals(bytes32 channelId) external view returns (uint128 amount, uint40 initiatedAt);

    /// @notice Number of refunds attempted on the channel so far.
    function refundNonce(bytes32 channelId) external view returns (uint256);

    /// @return totalClaimed Sum of all claims for this receiver and token.
    /// @return totalSettled Part of it that was sent.
    function receivers(address receiver, address token)
        external
        view
        returns (uint128 totalClaimed, uint128 totalSettled);

    /// @notice EIP-712 digest of the config under this contract's domain.
    function getChannelId(ChannelConfig calldata config) external view returns (bytes32);

    /// @notice What the payer side signs.
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) external view returns (bytes32);

    /// @notice What the receiverAuthorizer signs for {refundWithSignature}.
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) external view returns (bytes32);

    /// @notice What the receiverAuthorizer signs for {claimWithSignature}. Signatures of the rows do not enter.
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) external view returns (bytes32);

    /// @notice 900 seconds.
    function MIN_WITHDRAW_DELAY() external view returns (uint40);
    /// @notice 30 days in seconds.
    function MAX_WITHDRAW_DELAY() external view returns (uint40);
    function CHANNEL_CONFIG_TYPEHASH() external view returns (bytes32);
    function VOUCHER_TYPEHASH() external view returns (bytes32);
    function REFUND_TYPEHASH() external view returns (bytes32);
    function CLAIM_ENTRY_TYPEHASH() external view returns (bytes32);
    function CLAIM_BATCH_TYPEHASH() external view returns (bytes32);
}
