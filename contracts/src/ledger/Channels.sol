// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ChannelHashLib} from "./ChannelHashLib.sol";
import {CompactClaimsLib, Workspace} from "./CompactClaimsLib.sol";
import {IChannels} from "./interfaces/IChannels.sol";
import {IDepositCollector} from "./interfaces/IDepositCollector.sol";

/// @title Deposits, signed promises and their claims; {IChannels} is the manual.
/// @dev No constructor, no immutables: the runtime code can be placed at the canonical x402 address by a genesis file.
contract Channels is IChannels, Multicall, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev One slot: balance in the low half, totalClaimed in the high half ({_load} and {_storeClaimed} rely on it).
    struct ChannelState {
        uint128 balance;
        uint128 totalClaimed;
    }

    struct WithdrawState {
        uint128 amount;
        uint40 initiatedAt;
    }

    struct ReceiverState {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    /// @inheritdoc IChannels
    uint40 public constant MIN_WITHDRAW_DELAY = 15 minutes;
    /// @inheritdoc IChannels
    uint40 public constant MAX_WITHDRAW_DELAY = 30 days;
    /// @inheritdoc IChannels
    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = ChannelHashLib.CHANNEL_CONFIG_TYPEHASH;
    /// @inheritdoc IChannels
    bytes32 public constant VOUCHER_TYPEHASH = ChannelHashLib.VOUCHER_TYPEHASH;
    /// @inheritdoc IChannels
    bytes32 public constant REFUND_TYPEHASH = ChannelHashLib.REFUND_TYPEHASH;
    /// @inheritdoc IChannels
    bytes32 public constant CLAIM_ENTRY_TYPEHASH = ChannelHashLib.CLAIM_ENTRY_TYPEHASH;
    /// @inheritdoc IChannels
    bytes32 public constant CLAIM_BATCH_TYPEHASH = ChannelHashLib.CLAIM_BATCH_TYPEHASH;

    /// @inheritdoc IChannels
    mapping(bytes32 channelId => ChannelState state) public channels;
    /// @inheritdoc IChannels
    mapping(bytes32 channelId => WithdrawState pending) public pendingWithdrawals;
    /// @inheritdoc IChannels
    mapping(bytes32 channelId => uint256) public refundNonce; // unnamed, as in the x402 ABI
    /// @inheritdoc IChannels
    mapping(address receiver => mapping(address token => ReceiverState state)) public receivers;

    // --- money in ---

    /// @inheritdoc IChannels
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external
        nonReentrant
    {
        bytes32 id = getChannelId(config);
        ChannelState storage state = channels[id];

        _requireValid(config);
        if (amount == 0) revert ZeroDeposit();
        if (collector == address(0)) revert InvalidCollector();
        (uint256 balance, uint256 totalClaimed) = _load(state);
        if (amount > type(uint128).max - balance) revert DepositOverflow();

        uint128 newBalance = uint128(balance + amount);
        state.balance = newBalance;
        if (balance == 0 && totalClaimed == 0) emit ChannelCreated(id, config);
        emit Deposited(id, msg.sender, amount, newBalance);

        // The collector is a stranger: only what arrives counts. The guard keeps it from depositing or settling within,
        // so nothing but this deposit can account for the difference.
        uint256 held = IERC20(config.token).balanceOf(address(this));
        IDepositCollector(collector).collect(config.payer, config.token, amount, id, collectorData);
        uint256 heldNow = IERC20(config.token).balanceOf(address(this));
        if (heldNow < held || heldNow - held != amount) revert DepositCollectionFailed();
    }

    // --- claims ---

    /// @inheritdoc IChannels
    function claim(VoucherClaim[] calldata voucherClaims) external nonReentrant {
        if (voucherClaims.length == 0) revert EmptyBatch();
        bytes32 domain = _domainSeparator();
        for (uint256 i; i < voucherClaims.length; ++i) {
            ChannelConfig calldata config = voucherClaims[i].voucher.channel;
            if (!_isReceiverSide(config.receiver, config.receiverAuthorizer)) revert NotAuthorizedToClaim();
            _claim(domain, voucherClaims[i]);
        }
    }

    /// @inheritdoc IChannels
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature)
        external
        nonReentrant
    {
        if (voucherClaims.length == 0) revert EmptyBatch();
        address authorizer = voucherClaims[0].voucher.channel.receiverAuthorizer;
        bytes32 digest = getClaimBatchDigest(voucherClaims);
        if (!SignatureChecker.isValidSignatureNowCalldata(authorizer, digest, authorizerSignature)) {
            revert InvalidSignature();
        }
        bytes32 domain = _domainSeparator();
        for (uint256 i; i < voucherClaims.length; ++i) {
            if (voucherClaims[i].voucher.channel.receiverAuthorizer != authorizer) revert NotReceiverAuthorizer();
            _claim(domain, voucherClaims[i]);
        }
    }

    /// @inheritdoc IChannels
    function claimCompact(bytes calldata groups) external nonReentrant returns (bytes memory outcomes) {
        if (groups.length == 0) revert EmptyBatch();
        Workspace work = CompactClaimsLib.newWorkspace(_domainSeparator());
        outcomes = new bytes(groups.length / CompactClaimsLib.MIN_ROW_BYTES); // at least as many as there are rows
        uint256 rowsSeen;
        for (uint256 offset; offset < groups.length;) {
            CompactClaimsLib.Group memory group = CompactClaimsLib.parse(groups, offset);
            if (!_isReceiverSide(group.receiver, group.receiverAuthorizer)) revert NotAuthorizedToClaim();
            _claimGroup(work, group, outcomes, rowsSeen);
            if (group.settle) _trySettle(group.receiver, group.token);
            rowsSeen += group.rowCount;
            offset = group.end;
        }
        assembly ("memory-safe") {
            mstore(outcomes, rowsSeen)
        }
    }

    // --- money out ---

    /// @inheritdoc IChannels
    function settle(address receiver, address token) external nonReentrant {
        ReceiverState storage state = receivers[receiver][token];
        uint128 amount = state.totalClaimed - state.totalSettled;
        if (amount == 0) return;

        state.totalSettled += amount;
        emit Settled(receiver, token, msg.sender, amount);
        IERC20(token).safeTransfer(receiver, amount);
    }

    /// @inheritdoc IChannels
    function refund(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        bytes32 id = getChannelId(config);
        if (!_isReceiverSide(config.receiver, config.receiverAuthorizer)) revert NotAuthorizedToRefund();
        _refund(id, config, amount);
    }

    /// @inheritdoc IChannels
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external nonReentrant {
        bytes32 id = getChannelId(config);
        if (nonce != refundNonce[id]) revert InvalidRefundNonce();
        bytes32 digest = getRefundDigest(id, nonce, amount);
        bool signed = SignatureChecker.isValidSignatureNowCalldata(
            config.receiverAuthorizer, digest, receiverAuthorizerSignature
        );
        if (!signed) revert InvalidSignature();
        _refund(id, config, amount);
    }

    /// @inheritdoc IChannels
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        bytes32 id = getChannelId(config);
        WithdrawState storage pending = pendingWithdrawals[id];

        if (!_isPayerSide(config)) revert InvalidChannel();
        if (amount == 0) revert NothingToWithdraw();
        if (pending.initiatedAt != 0) revert WithdrawalAlreadyPending();
        if (amount > _available(id)) revert WithdrawAmountExceedsAvailable();

        pending.amount = amount;
        pending.initiatedAt = uint40(block.timestamp);
        emit WithdrawInitiated(id, amount, uint40(block.timestamp) + config.withdrawDelay);
    }

    /// @inheritdoc IChannels
    function finalizeWithdraw(ChannelConfig calldata config) external nonReentrant {
        bytes32 id = getChannelId(config);
        WithdrawState memory pending = pendingWithdrawals[id];

        if (!_isPayerSide(config)) revert NotAuthorizedToFinalizeWithdraw();
        if (pending.initiatedAt == 0) revert WithdrawalNotPending();
        if (block.timestamp < uint256(pending.initiatedAt) + config.withdrawDelay) revert WithdrawDelayNotElapsed();

        uint128 available = _available(id);
        uint128 amount = pending.amount < available ? pending.amount : available;

        delete pendingWithdrawals[id];
        channels[id].balance -= amount;
        emit WithdrawFinalized(id, msg.sender, amount);
        _emitIfClosed(id, config);
        if (amount != 0) IERC20(config.token).safeTransfer(config.payer, amount);
    }

    // --- views ---

    /// @inheritdoc IChannels
    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return ChannelHashLib.channelId(_domainSeparator(), config);
    }

    /// @inheritdoc IChannels
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) external view returns (bytes32) {
        return ChannelHashLib.voucherDigest(_domainSeparator(), channelId, maxClaimableAmount);
    }

    /// @inheritdoc IChannels
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view returns (bytes32) {
        return ChannelHashLib.refundDigest(_domainSeparator(), channelId, nonce, amount);
    }

    /// @inheritdoc IChannels
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) public view returns (bytes32) {
        bytes32 domain = _domainSeparator();
        bytes32[] memory entries = new bytes32[](voucherClaims.length);
        for (uint256 i; i < voucherClaims.length; ++i) {
            Voucher calldata voucher = voucherClaims[i].voucher;
            entries[i] = ChannelHashLib.claimEntryHash(
                ChannelHashLib.channelId(domain, voucher.channel),
                voucher.maxClaimableAmount,
                voucherClaims[i].totalClaimed
            );
        }
        return ChannelHashLib.claimBatchDigest(domain, entries);
    }

    /// @inheritdoc IERC5267
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
        // 0x0f: name, version, chainId and verifyingContract are used.
        return (hex"0f", "x402 Batch Settlement", "1", block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /// @inheritdoc IChannels
    function multicall(bytes[] calldata data) public override(IChannels, Multicall) returns (bytes[] memory results) {
        return super.multicall(data);
    }

    // --- one claim ---

    function _claim(bytes32 domain, VoucherClaim calldata voucherClaim) private {
        ChannelConfig calldata config = voucherClaim.voucher.channel;
        bytes32 id = ChannelHashLib.channelId(domain, config);
        ChannelState storage state = channels[id];
        (uint256 balance, uint256 claimedBefore) = _load(state);
        uint128 total = voucherClaim.totalClaimed;

        if (total <= claimedBefore) return;
        if (total > voucherClaim.voucher.maxClaimableAmount) revert ClaimExceedsCeiling();
        if (total > balance) revert ClaimExceedsBalance();
        bytes32 digest = ChannelHashLib.voucherDigest(domain, id, voucherClaim.voucher.maxClaimableAmount);
        _requirePayerSignature(config, digest, voucherClaim.signature);

        uint128 amount = uint128(total - claimedBefore);
        _storeClaimed(state, balance, total);
        receivers[config.receiver][config.token].totalClaimed += amount;
        emit Claimed(id, msg.sender, amount, total);
    }

    function _requirePayerSignature(ChannelConfig calldata config, bytes32 digest, bytes calldata signature)
        private
        view
    {
        bool signed = config.payerAuthorizer != address(0)
            ? ECDSA.recoverCalldata(digest, signature) == config.payerAuthorizer
            : SignatureChecker.isValidSignatureNowCalldata(config.payer, digest, signature);
        if (!signed) revert InvalidSignature();
    }

    // --- compact claims ---

    function _claimGroup(
        Workspace work,
        CompactClaimsLib.Group memory group,
        bytes memory outcomes,
        uint256 firstRow
    ) private {
        work.open(group);
        (bytes memory entries, uint256 next) = CompactClaimsLib.newEntries(group.rowCount);
        uint256 claimedSum;
        uint256 rowBytes = group.rowBytes;
        uint256 end = group.rows + group.rowCount * rowBytes;
        for (uint256 row = group.rows; row != end;) {
            (ClaimOutcome outcome, bytes32 id, uint256 total, uint256 amount) = _claimRow(work, row);
            if (outcome == ClaimOutcome.Claimed) {
                next = CompactClaimsLib.pushEntry(next, id, total);
            } else {
                uint256 index = firstRow + (row - group.rows) / rowBytes;
                outcomes[index] = bytes1(uint8(outcome));
                emit ClaimSkipped(id, msg.sender, index, outcome);
            }
            unchecked {
                claimedSum += amount; // at most 65535 rows of 128 bits each
                row += rowBytes; // inside calldata
            }
        }
        if (claimedSum == 0) return;

        // The balances of a worthless token may add up to more than 128 bits: then its own claims revert, nobody else's.
        uint128 claimAmount = SafeCast.toUint128(claimedSum);
        CompactClaimsLib.closeEntries(entries, next);
        receivers[group.receiver][group.token].totalClaimed += claimAmount;
        emit ClaimedCompact(group.receiver, group.token, msg.sender, claimAmount, entries);
    }

    /// @dev amount is by how much the claimed total of the channel rose, 0 unless claimed.
    function _claimRow(Workspace work, uint256 row)
        private
        returns (ClaimOutcome outcome, bytes32 id, uint256 total, uint256 amount)
    {
        uint256 ceiling;
        (id, ceiling, total) = work.read(row);
        ChannelState storage state = channels[id];
        (uint256 balance, uint256 claimedBefore) = _load(state);

        if (total <= claimedBefore) return (ClaimOutcome.AlreadyClaimed, id, total, 0);
        if (total > ceiling) return (ClaimOutcome.ExceedsCeiling, id, total, 0);
        if (total > balance) return (ClaimOutcome.ExceedsBalance, id, total, 0);
        outcome = work.checkSignature(row, id, ceiling);
        if (outcome != ClaimOutcome.Claimed) return (outcome, id, total, 0);

        unchecked {
            amount = total - claimedBefore;
        }
        _storeClaimed(state, balance, total);
    }

    /// @dev {settle} that does not revert: within {claimCompact} a blocked receiver must not undo the claims of others.
    function _trySettle(address receiver, address token) private {
        ReceiverState storage state = receivers[receiver][token];
        uint128 settledBefore = state.totalSettled;
        uint128 amount = state.totalClaimed - settledBefore;
        if (amount == 0) return;

        state.totalSettled = settledBefore + amount;
        if (IERC20(token).trySafeTransfer(receiver, amount)) {
            emit Settled(receiver, token, msg.sender, amount);
        } else {
            // Nothing can have changed the state meanwhile, the reentrancy guard is up.
            state.totalSettled = settledBefore;
            emit SettleFailed(receiver, token, msg.sender, amount);
        }
    }

    // --- refunds and withdrawals ---

    function _refund(bytes32 id, ChannelConfig calldata config, uint128 amount) private {
        if (amount == 0) revert ZeroRefund();
        uint128 available = _available(id);
        uint128 refunded = amount < available ? amount : available;

        ++refundNonce[id]; // even if nothing moves: a signature is used up by its first use
        if (refunded == 0) return;
        channels[id].balance -= refunded;
        _shrinkPendingWithdrawal(id, available - refunded);
        emit Refunded(id, msg.sender, refunded);
        _emitIfClosed(id, config);
        IERC20(config.token).safeTransfer(config.payer, refunded);
    }

    function _shrinkPendingWithdrawal(bytes32 id, uint128 available) private {
        WithdrawState storage pending = pendingWithdrawals[id];
        if (pending.amount <= available) return;
        if (available == 0) delete pendingWithdrawals[id];
        else pending.amount = available;
    }

    function _emitIfClosed(bytes32 id, ChannelConfig calldata config) private {
        (uint256 balance, uint256 totalClaimed) = _load(channels[id]);
        if (balance == 0 && totalClaimed == 0) emit ChannelClosed(id, config);
    }

    // --- checks and slots ---

    function _requireValid(ChannelConfig calldata config) private pure {
        if (
            config.payer == address(0) || config.receiver == address(0) || config.receiverAuthorizer == address(0)
                || config.token == address(0)
        ) revert InvalidChannel();
        if (config.withdrawDelay < MIN_WITHDRAW_DELAY || config.withdrawDelay > MAX_WITHDRAW_DELAY) {
            revert WithdrawDelayOutOfRange();
        }
    }

    function _isReceiverSide(address receiver, address receiverAuthorizer) private view returns (bool) {
        return msg.sender == receiver || msg.sender == receiverAuthorizer;
    }

    function _isPayerSide(ChannelConfig calldata config) private view returns (bool) {
        // No need to check payerAuthorizer for zero: zero sends no transactions.
        return msg.sender == config.payer || msg.sender == config.payerAuthorizer;
    }

    function _available(bytes32 id) private view returns (uint128) {
        (uint256 balance, uint256 totalClaimed) = _load(channels[id]);
        return uint128(balance - totalClaimed);
    }

    function _domainSeparator() private view returns (bytes32) {
        return ChannelHashLib.domainSeparator(address(this));
    }

    /// @dev Both halves by one read. Given as words, which saves masking them where they are only compared.
    function _load(ChannelState storage state) private view returns (uint256 balance, uint256 totalClaimed) {
        uint256 word;
        assembly ("memory-safe") {
            word := sload(state.slot)
        }
        return (uint128(word), word >> 128);
    }

    /// @dev Writes the slot whole, so that the half already read is not read again. Both fit into 128 bits: the balance
    /// was loaded, and a total is at most the balance.
    function _storeClaimed(ChannelState storage state, uint256 balance, uint256 totalClaimed) private {
        uint256 word = (totalClaimed << 128) | balance;
        assembly ("memory-safe") {
            sstore(state.slot, word)
        }
    }
}
