// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {Vm} from "../../support/Test.sol";
import {BlockingToken} from "./tokens/HostileTokens.sol";
import {ChannelsTest} from "./ChannelsTest.sol";

contract ClaimCompactTest is ChannelsTest {
    uint8 internal constant CEILING = 1;
    uint8 internal constant SETTLE = 2;

    function claimCompact(bytes memory groups) internal returns (bytes memory) {
        vm.prank(receiver);
        return channels.claimCompact(groups);
    }

    function test_claimCompact_doesWhatClaimDoes() public {
        bytes32 id = fund(config(), 1000);
        vm.expectEmit(CANONICAL);
        emit IChannels.ClaimedCompact(receiver, address(token), receiver, 600, abi.encodePacked(id, uint128(600)));
        bytes memory outcomes = claimCompact(group(voucher(config(), 700, 600, sessionKey), 0));
        assertEq(outcomes, hex"00");
        assertEq(claimedOf(id), 600);
        assertEq(balanceOf(id), 1000);
        (uint256 claimed,) = channels.receivers(receiver, address(token));
        assertEq(claimed, 600);

        // The ceiling as total, and settled at once.
        claimCompact(group(voucher(config(), 700, 1, sessionKey), CEILING | SETTLE));
        assertEq(claimedOf(id), 700);
        assertEq(token.balanceOf(receiver), 700);
    }

    /// @notice Whatever widths are chosen, the row means the same channel and the same amounts.
    function testFuzz_claimCompact_anyWidthGivesTheSameChannel(
        bytes32 salt,
        uint8 saltBytes,
        uint128 ceiling,
        uint128 total,
        bool totalIsCeiling
    ) public {
        saltBytes = uint8(bound(saltBytes, 0, 32));
        total = uint128(bound(total, 1, type(uint128).max));
        ceiling = uint128(bound(ceiling, total, type(uint128).max));
        IChannels.ChannelConfig memory c = config();
        c.salt = saltBytes == 0 ? bytes32(0) : bytes32(uint256(salt) >> (256 - 8 * uint256(saltBytes)));
        bytes32 id = fund(c, type(uint128).max);
        IChannels.VoucherClaim memory claim = voucher(c, ceiling, total, sessionKey);
        uint8 flags = totalIsCeiling ? CEILING : 0;
        claimCompact(bytes.concat(header(c, flags, saltBytes, 16, 1), row(claim, flags, saltBytes)));
        assertEq(claimedOf(id), totalIsCeiling ? ceiling : total);
    }

    function test_claimCompact_skipsBadRowsAndSaysWhy() public {
        IChannels.VoucherClaim[] memory rows = new IChannels.VoucherClaim[](7);
        bytes32[] memory ids = new bytes32[](7);
        for (uint256 i; i < 7; ++i) {
            IChannels.ChannelConfig memory c = config();
            c.salt = bytes32(i);
            if (i == 4) c.payerAuthorizer = address(0);
            ids[i] = fund(c, 1000);
            rows[i] = voucher(c, 700, 600, sessionKey);
        }
        claimAs(receiver, voucher(rows[1].voucher.channel, 600, 600, sessionKey)); // already claimed
        rows[2].totalClaimed = 701; // above the ceiling
        rows[3] = voucher(rows[3].voucher.channel, 2000, 1001, sessionKey); // above the balance
        vm.etch(payer, hex"00"); // row 4 asks the payer, which has code
        rows[5] = voucher(rows[5].voucher.channel, 700, 600, payerKey); // wrong key
        vm.recordLogs();
        bytes memory outcomes = claimCompact(group(rows, 0));
        assertEq(outcomes, hex"00010203040500");

        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 6);
        assertEq(logs[5].topics[0], IChannels.ClaimedCompact.selector);
        for (uint256 i; i < 5; ++i) {
            assertEq(logs[i].topics[0], IChannels.ClaimSkipped.selector);
            assertEq(logs[i].topics[1], ids[i + 1]);
            assertEq(logs[i].data, abi.encode(i + 1, i + 1));
        }
        (uint128 amount, bytes memory entries) = abi.decode(logs[5].data, (uint128, bytes));
        assertEq(amount, 1200);
        assertEq(entries, abi.encodePacked(ids[0], uint128(600), ids[6], uint128(600)));
        for (uint256 i; i < 7; ++i) {
            assertEq(claimedOf(ids[i]), i == 0 || i == 1 || i == 6 ? 600 : 0);
        }
    }

    function test_claimCompact_withoutSessionKeyAsksAPayerWithoutCode() public {
        IChannels.ChannelConfig memory c = config();
        c.payerAuthorizer = address(0);
        bytes32 id = fund(c, 1000);
        claimCompact(group(voucher(c, 700, 600, payerKey), 0));
        assertEq(claimedOf(id), 600);
    }

    function test_claimCompact_takesSeveralGroups() public {
        IChannels.ChannelConfig memory c = config();
        c.withdrawDelay = 2 hours;
        bytes32 first = fund(config(), 1000);
        bytes32 second = fund(c, 1000);
        bytes memory outcomes = claimCompact(
            bytes.concat(
                group(voucher(config(), 700, 600, sessionKey), 0), group(voucher(c, 300, 1, sessionKey), CEILING | SETTLE)
            )
        );
        assertEq(outcomes, hex"0000");
        assertEq(claimedOf(first), 600);
        assertEq(claimedOf(second), 300);
        assertEq(token.balanceOf(receiver), 900);
    }

    /// @notice The same row twice counts once; a later row of the same channel counts the difference.
    function test_claimCompact_neverPaysARowTwice() public {
        bytes32 id = fund(config(), 1000);
        IChannels.VoucherClaim[] memory rows = new IChannels.VoucherClaim[](3);
        rows[0] = rows[1] = voucher(config(), 700, 600, sessionKey);
        rows[2] = voucher(config(), 800, 800, sessionKey);
        assertEq(claimCompact(group(rows, SETTLE)), hex"000100");
        assertEq(claimedOf(id), 800);
        assertEq(token.balanceOf(receiver), 800);
    }

    /// @notice Against {claim} as the model: row by row, in any mixture of good, old, excessive and forged rows, both leave the
    /// same channels and the same receiver behind.
    function testFuzz_claimCompact_equalsClaimRowByRow(uint256 seed) public {
        IChannels.VoucherClaim[] memory rows = new IChannels.VoucherClaim[](8);
        bytes32[] memory ids = new bytes32[](3);
        for (uint256 i; i < 3; ++i) {
            IChannels.ChannelConfig memory c = config();
            c.salt = bytes32(i);
            ids[i] = fund(c, 1000);
        }
        for (uint256 i; i < rows.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            IChannels.ChannelConfig memory c = config();
            c.salt = bytes32(random % 3);
            uint128 ceiling = uint128((random >> 8) % 1200);
            uint128 total = uint128((random >> 24) % 1200);
            if (random & 4 == 0) total = total % (ceiling + 1); // mostly within the ceiling
            rows[i] = voucher(c, ceiling, total, (random >> 40) % 8 == 0 ? payerKey : sessionKey);
        }
        uint256 start = vm.snapshotState();
        bytes memory outcomes = claimCompact(group(rows, 0));
        bytes32 compact = stateHash(ids);

        vm.revertToState(start);
        for (uint256 i; i < rows.length; ++i) {
            uint256 before = claimedOf(channels.getChannelId(rows[i].voucher.channel));
            vm.prank(receiver);
            try channels.claim(one(rows[i])) {} catch {}
            bool claimed = claimedOf(channels.getChannelId(rows[i].voucher.channel)) != before;
            assertEq(claimed, outcomes[i] == 0, "outcome");
        }
        assertEq(stateHash(ids), compact, "state");
    }

    function stateHash(bytes32[] memory ids) internal view returns (bytes32 hash) {
        (uint128 claimed, uint128 settled) = channels.receivers(receiver, address(token));
        hash = keccak256(abi.encode(claimed, settled));
        for (uint256 i; i < ids.length; ++i) {
            hash = keccak256(abi.encode(hash, balanceOf(ids[i]), claimedOf(ids[i])));
        }
    }

    function test_claimCompact_failsForStrangers() public {
        fund(config(), 1000);
        bytes memory packed = group(voucher(config(), 700, 600, sessionKey), 0);
        vm.prank(stranger);
        vm.expectRevert(IChannels.NotAuthorizedToClaim.selector);
        channels.claimCompact(packed);
        vm.prank(authorizer);
        channels.claimCompact(packed);
    }

    function test_claimCompact_failsIfMalformed() public {
        fund(config(), 1000);
        bytes memory good = group(voucher(config(), 700, 600, sessionKey), 0);
        vm.expectRevert(IChannels.EmptyBatch.selector);
        channels.claimCompact("");
        bytes[6] memory bad = [
            bytes.concat(good, hex"00"), // a second group that is cut off
            cut(good, good.length - 1), // a row that is cut off
            bytes.concat(header(config(), 4, 1, 16, 1), row(voucher(config(), 700, 600, sessionKey), 0, 1)), // unknown flag
            bytes.concat(header(config(), 0, 33, 16, 1), new bytes(200)), // salt too wide
            bytes.concat(header(config(), 0, 1, 17, 1), new bytes(200)), // amount too wide
            header(config(), 0, 1, 16, 0) // no rows
        ];
        for (uint256 i; i < bad.length; ++i) {
            vm.prank(receiver);
            vm.expectRevert(abi.encodeWithSelector(IChannels.MalformedClaims.selector, i == 0 ? good.length : 0));
            channels.claimCompact(bad[i]);
        }
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(IChannels.MalformedClaims.selector, 0));
        channels.claimCompact(bytes.concat(header(config(), 0, 1, 0, 1), new bytes(200)));
    }

    /// @notice A stranger's bytes never claim anything, whatever they are.
    function testFuzz_claimCompact_randomBytesNeverClaim(bytes calldata noise) public {
        bytes32 id = fund(config(), 1000);
        vm.prank(receiver);
        try channels.claimCompact(bytes.concat(header(config(), 0, 1, 1, 1), noise)) {} catch {}
        assertEq(claimedOf(id), 0);
    }

    function testFuzz_claimCompact_oneWrongByteClaimsNothing(uint256 position, uint8 flip) public {
        bytes32 id = fund(config(), 1000);
        bytes memory packed = group(voucher(config(), 700, 600, sessionKey), CEILING);
        position = bound(position, 20, packed.length - 1); // the first 20 bytes are the caller
        bytes1 wrong = bytes1(uint8(bound(flip, 1, 255)));
        packed[position] ^= wrong;
        vm.prank(receiver);
        try channels.claimCompact(packed) {} catch {}
        assertLe(claimedOf(id), position == 65 ? 700 : 0); // byte 65 are the flags: settling is no harm
    }

    /// @notice Attack: the dollar blocks a receiver. The claims stand and can be settled when it lets go.
    function test_claimCompact_blockedReceiverKeepsTheClaims() public {
        BlockingToken blocking = new BlockingToken();
        IChannels.ChannelConfig memory c = config();
        c.token = address(blocking);
        bytes32 id = fund(c, 1000);
        fund(config(), 1000);
        blocking.setBlocked(receiver, true);
        bytes memory groups = bytes.concat(
            group(voucher(c, 700, 700, sessionKey), SETTLE), group(voucher(config(), 700, 600, sessionKey), SETTLE)
        );
        vm.expectEmit(CANONICAL);
        emit IChannels.SettleFailed(receiver, address(blocking), receiver, 700);
        claimCompact(groups);
        assertEq(claimedOf(id), 700);
        assertEq(token.balanceOf(receiver), 600);

        blocking.setBlocked(receiver, false);
        channels.settle(receiver, address(blocking));
        assertEq(blocking.balanceOf(receiver), 700);
    }

    function cut(bytes memory whole, uint256 length) internal pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i; i < length; ++i) {
            part[i] = whole[i];
        }
    }
}
