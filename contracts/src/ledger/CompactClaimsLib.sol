// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ChannelHashLib} from "./ChannelHashLib.sol";
import {IChannels} from "./interfaces/IChannels.sol";

/// @notice Position of a scratch area in memory, see {CompactClaimsLib-newWorkspace}.
type Workspace is uint256;

using CompactClaimsLib for Workspace global;

/// @title Reads packed claims (layout: {IChannels-claimCompact}) and does what every row needs.
/// @dev The only hand-tuned code of the ledger. Each function does one step, so that each can be read against one line
/// of the layout. A row costs three hashes, one signature recovery and one storage slot; there is nothing else in it.
library CompactClaimsLib {
    /// @dev `rows` is an absolute calldata position, `end` an offset in the packed bytes.
    struct Group {
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
        bool totalIsCeiling;
        bool settle;
        uint256 saltBytes;
        uint256 amountBytes;
        uint256 rowBytes;
        uint256 rowCount;
        uint256 rows;
        uint256 end;
    }

    uint256 internal constant HEADER_BYTES = 70;
    /// @dev payer, payerAuthorizer and signature.
    uint256 internal constant FIXED_ROW_BYTES = 104;
    /// @dev Smallest row: no salt, one byte of ceiling.
    uint256 internal constant MIN_ROW_BYTES = 105;
    /// @dev channelId and total, as {IChannels-ClaimedCompact} lists them.
    uint256 internal constant ENTRY_BYTES = 48;

    uint256 private constant FLAG_TOTAL_IS_CEILING = 1;
    uint256 private constant FLAG_SETTLE = 2;
    uint256 private constant KNOWN_FLAGS = 3;

    /// @dev Half the order of secp256k1, the highest s that is not malleable.
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    // --- groups ---

    /// @notice Reads the header at byte `offset` and makes sure that all rows of the group are there.
    function parse(bytes calldata groups, uint256 offset) internal pure returns (Group memory group) {
        if (groups.length - offset < HEADER_BYTES) revert IChannels.MalformedClaims(offset);
        uint256 first;
        uint256 second;
        uint256 third;
        uint256 tail; // withdrawDelay 5 ‖ flags 1 ‖ saltBytes 1 ‖ amountBytes 1 ‖ rowCount 2
        uint256 rows;
        assembly ("memory-safe") {
            let header := add(groups.offset, offset)
            first := calldataload(header)
            second := calldataload(add(header, 20))
            third := calldataload(add(header, 40))
            tail := shr(176, calldataload(add(header, 60)))
            rows := add(header, 70)
        }
        uint256 flags = uint8(tail >> 32);
        group.receiver = address(uint160(first >> 96));
        group.receiverAuthorizer = address(uint160(second >> 96));
        group.token = address(uint160(third >> 96));
        group.withdrawDelay = uint40(tail >> 40);
        group.totalIsCeiling = flags & FLAG_TOTAL_IS_CEILING != 0;
        group.settle = flags & FLAG_SETTLE != 0;
        group.saltBytes = uint8(tail >> 24);
        group.amountBytes = uint8(tail >> 16);
        group.rowCount = uint16(tail);
        group.rowBytes = FIXED_ROW_BYTES + group.saltBytes + group.amountBytes * (group.totalIsCeiling ? 1 : 2);
        group.rows = rows;
        group.end = offset + HEADER_BYTES + group.rowCount * group.rowBytes;
        if (
            flags & ~KNOWN_FLAGS != 0 || group.saltBytes > 32 || group.amountBytes == 0 || group.amountBytes > 16
                || group.rowCount == 0 || group.end > groups.length
        ) revert IChannels.MalformedClaims(offset);
    }

    // --- rows; `row` is the calldata position of one ---

    /// @notice Reserves the memory that all rows of a call share.
    /// @dev Layout, in bytes from the start:
    ///     0x000  the eight words of ChannelConfig's encoding, type hash first
    ///     0x11e  0x1901 ‖ domain ‖ struct hash: 66 bytes, hashed in place
    ///     0x160  the three words of Voucher's encoding, type hash first
    ///     0x1c0  the four words of the ecrecover call
    ///     0x240  how far to shift a word down to get a salt, 0x260 an amount
    ///     0x280  where in a row the ceiling is, 0x2a0 the total, 0x2c0 the signature
    function newWorkspace(bytes32 domain) internal pure returns (Workspace work) {
        bytes32 configTypehash = ChannelHashLib.CHANNEL_CONFIG_TYPEHASH;
        bytes32 voucherTypehash = ChannelHashLib.VOUCHER_TYPEHASH;
        assembly ("memory-safe") {
            work := mload(0x40)
            mstore(0x40, add(work, 0x2e0))
            mstore(work, configTypehash)
            mstore(add(work, 0x100), 0x1901)
            mstore(add(work, 0x120), domain)
            mstore(add(work, 0x160), voucherTypehash)
        }
    }

    /// @notice Writes what all rows of a group have in common.
    function open(Workspace work, Group memory group) internal pure {
        uint256 saltBytes = group.saltBytes;
        uint256 amountBytes = group.amountBytes;
        uint256 ceilingAt = 40 + saltBytes; // behind payer, payerAuthorizer and salt
        uint256 totalAt = group.totalIsCeiling ? ceilingAt : ceilingAt + amountBytes;
        assembly ("memory-safe") {
            mcopy(add(work, 0x60), group, 0x80) // receiver, receiverAuthorizer, token, withdrawDelay
            // A shift by 256 gives the zero that a salt of no bytes means.
            mstore(add(work, 0x240), sub(256, mul(8, saltBytes)))
            mstore(add(work, 0x260), sub(256, mul(8, amountBytes)))
            mstore(add(work, 0x280), ceilingAt)
            mstore(add(work, 0x2a0), totalAt)
            mstore(add(work, 0x2c0), add(totalAt, amountBytes))
        }
    }

    /// @notice Reads a row up to its signature.
    /// @return id Id of the channel, the same value as {IChannels-getChannelId}.
    /// @return ceiling maxClaimableAmount of the voucher.
    /// @return total New total to claim; the ceiling itself if the group says so.
    function read(Workspace work, uint256 row) internal pure returns (bytes32 id, uint256 ceiling, uint256 total) {
        assembly ("memory-safe") {
            mstore(add(work, 0x20), shr(96, calldataload(row))) // payer
            mstore(add(work, 0x40), shr(96, calldataload(add(row, 20)))) // payerAuthorizer
            mstore(add(work, 0xe0), shr(mload(add(work, 0x240)), calldataload(add(row, 40)))) // salt
            mstore(add(work, 0x140), keccak256(work, 0x100))
            id := keccak256(add(work, 0x11e), 66)

            let shift := mload(add(work, 0x260))
            ceiling := shr(shift, calldataload(add(row, mload(add(work, 0x280)))))
            total := shr(shift, calldataload(add(row, mload(add(work, 0x2a0)))))
        }
    }

    /// @notice Whether the payer side signed the voucher of the row that was read last: `Claimed` if it did.
    /// @dev The row's channel must have a balance, which means a payer: so "nobody signed" (zero) is never a match.
    function checkSignature(Workspace work, uint256 row, bytes32 id, uint256 ceiling)
        internal
        view
        returns (IChannels.ClaimOutcome)
    {
        address payerSide;
        bool hasCode;
        assembly ("memory-safe") {
            payerSide := mload(add(work, 0x40)) // payerAuthorizer
            if iszero(payerSide) {
                payerSide := mload(add(work, 0x20)) // payer
                hasCode := gt(extcodesize(payerSide), 0)
            }
        }
        if (hasCode) return IChannels.ClaimOutcome.PayerHasCode;
        if (_signer(work, row, id, ceiling) != payerSide) return IChannels.ClaimOutcome.BadSignature;
        return IChannels.ClaimOutcome.Claimed;
    }

    /// @dev Who signed the voucher; zero if nobody did or s is high.
    function _signer(Workspace work, uint256 row, bytes32 id, uint256 ceiling) private view returns (address who) {
        assembly ("memory-safe") {
            mstore(add(work, 0x180), id)
            mstore(add(work, 0x1a0), ceiling)
            mstore(add(work, 0x140), keccak256(add(work, 0x160), 0x60))

            let signature := add(row, mload(add(work, 0x2c0)))
            let yParityAndS := calldataload(add(signature, 32))
            let s := shr(1, shl(1, yParityAndS))
            if iszero(gt(s, MAX_S)) {
                let input := add(work, 0x1c0)
                mstore(input, keccak256(add(work, 0x11e), 66))
                mstore(add(input, 0x20), add(27, shr(255, yParityAndS)))
                mstore(add(input, 0x40), calldataload(signature)) // r
                mstore(add(input, 0x60), s)
                mstore(0, 0) // the precompile returns nothing for an invalid signature
                pop(staticcall(gas(), 1, input, 0x80, 0, 0x20))
                who := mload(0)
            }
        }
    }

    // --- results ---

    /// @notice Room for `count` entries of {IChannels-ClaimedCompact}; its length is set by {closeEntries}.
    function newEntries(uint256 count) internal pure returns (bytes memory entries, uint256 next) {
        assembly ("memory-safe") {
            entries := mload(0x40)
            next := add(entries, 0x20)
            // 16 spare bytes, because an entry is written as two words; the sum is rounded up to whole words.
            mstore(0x40, and(add(add(next, mul(count, 48)), 47), not(31)))
        }
    }

    function pushEntry(uint256 next, bytes32 id, uint256 total) internal pure returns (uint256) {
        assembly ("memory-safe") {
            mstore(next, id)
            mstore(add(next, 32), shl(128, total))
            next := add(next, 48)
        }
        return next;
    }

    function closeEntries(bytes memory entries, uint256 next) internal pure {
        assembly ("memory-safe") {
            mstore(entries, sub(sub(next, entries), 0x20))
        }
    }
}
