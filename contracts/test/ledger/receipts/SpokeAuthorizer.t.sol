// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Channels} from "../../../src/ledger/Channels.sol";
import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {IReceiptLog} from "../../../src/ledger/interfaces/IReceiptLog.sol";
import {ISpokeAuthorizer} from "../../../src/ledger/interfaces/ISpokeAuthorizer.sol";
import {ReceiptLog} from "../../../src/ledger/ReceiptLog.sol";
import {SpokeAuthorizer} from "../../../src/ledger/SpokeAuthorizer.sol";
import {ChannelsTest} from "../channels/ChannelsTest.sol";
import {BlockingToken} from "../channels/tokens/HostileTokens.sol";

/// @notice A receiver as an asset's account is one.
contract Account {
    uint256 public flushes;

    function flush() external {
        ++flushes;
    }
}

/// @notice A receiver that burns all gas, returns as much as it can, or tries to get a refund while it is called.
contract HostileAccount {
    enum Mood {
        Revert,
        BurnGas,
        ReturnBomb,
        Reenter
    }

    Mood public mood;
    bytes public call;
    bool public succeeded;

    function become(Mood mood_, bytes calldata call_) external {
        (mood, call) = (mood_, call_);
    }

    function flush() external {
        if (mood == Mood.Revert) revert("no");
        if (mood == Mood.BurnGas) while (true) {}
        if (mood == Mood.ReturnBomb) {
            assembly {
                return(0, 1000000)
            }
        }
        (succeeded,) = msg.sender.call(call);
    }
}

contract SpokeAuthorizerTest is ChannelsTest {
    SpokeAuthorizer internal spoke;
    ReceiptLog internal receiptLog;
    Account internal account;
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        receiptLog = new ReceiptLog(channels);
        spoke = new SpokeAuthorizer(channels, receiptLog);
        account = new Account();
        id = fund(spokeConfig(), 1000);
    }

    function spokeConfig() internal view returns (IChannels.ChannelConfig memory c) {
        c = config();
        c.receiver = address(account);
        c.receiverAuthorizer = address(spoke);
    }

    function payouts(address to, uint256 flushGas) internal view returns (ISpokeAuthorizer.Payout[] memory list) {
        list = new ISpokeAuthorizer.Payout[](1);
        list[0] = ISpokeAuthorizer.Payout({receiver: to, token: address(token), flushGas: flushGas});
    }

    function receipts(uint128 to) internal view returns (IReceiptLog.Entry[] memory list) {
        list = new IReceiptLog.Entry[](1);
        list[0] = IReceiptLog.Entry({channelId: id, from: 0, to: to, root: keccak256("r"), leavesHash: keccak256("l")});
    }

    function test_claim_byAnyoneClaimsLogsSettlesAndFlushes() public {
        IChannels.VoucherClaim[] memory batch = one(voucher(spokeConfig(), 700, 700, sessionKey));
        vm.expectEmit(address(receiptLog));
        emit IReceiptLog.ReceiptsLogged(id, address(spoke), 0, 700, keccak256("r"), keccak256("l"));
        vm.prank(stranger);
        spoke.claim(batch, receipts(700), payouts(address(account), 100_000));
        assertEq(claimedOf(id), 700);
        assertEq(token.balanceOf(address(account)), 700);
        assertEq(account.flushes(), 1);
    }

    function test_claimCompact_byAnyone() public {
        bytes memory packed = group(voucher(spokeConfig(), 700, 0, sessionKey), 1);
        vm.prank(stranger);
        assertEq(spoke.claimCompact(packed, receipts(700), payouts(address(account), 100_000)), hex"00");
        assertEq(claimedOf(id), 700);
        assertEq(token.balanceOf(address(account)), 700);
        assertEq(account.flushes(), 1);
    }

    /// @notice Attack: the operator claims less than was promised, to keep the rest from the share holders.
    function test_attack_operatorUnderclaims() public {
        IChannels.VoucherClaim[] memory batch = one(voucher(spokeConfig(), 700, 100, sessionKey));
        vm.expectRevert(abi.encodeWithSelector(ISpokeAuthorizer.TotalIsNotCeiling.selector, 0, 100, 700));
        spoke.claim(batch, new IReceiptLog.Entry[](0), new ISpokeAuthorizer.Payout[](0));

        bytes memory packed = group(batch, 0);
        vm.expectRevert(abi.encodeWithSelector(ISpokeAuthorizer.GroupTotalIsNotCeiling.selector, 0));
        spoke.claimCompact(packed, new IReceiptLog.Entry[](0), new ISpokeAuthorizer.Payout[](0));

        // A good group in front does not help.
        bytes memory two = bytes.concat(group(voucher(spokeConfig(), 700, 700, sessionKey), 1), packed);
        vm.expectRevert(
            abi.encodeWithSelector(ISpokeAuthorizer.GroupTotalIsNotCeiling.selector, two.length - packed.length)
        );
        spoke.claimCompact(two, new IReceiptLog.Entry[](0), new ISpokeAuthorizer.Payout[](0));
        // Nobody else can claim at all.
        vm.prank(payer);
        vm.expectRevert(IChannels.NotAuthorizedToClaim.selector);
        channels.claim(batch);
    }

    /// @notice Attack: the operator refunds himself what he promised to the share holders, by any path.
    function test_attack_operatorRefunds() public {
        address[3] memory operators = [payer, session, stranger];
        for (uint256 i; i < 3; ++i) {
            vm.prank(operators[i]);
            vm.expectRevert(IChannels.NotAuthorizedToRefund.selector);
            channels.refund(spokeConfig(), 1000);
        }
        // By signature: nothing that ERC-1271 is handed makes it sign a refund.
        bytes32 digest = channels.getRefundDigest(id, 0, 1000);
        ISpokeAuthorizer.Ceiling[] memory rows = new ISpokeAuthorizer.Ceiling[](1);
        rows[0] = ISpokeAuthorizer.Ceiling({channelId: id, amount: 1000});
        bytes[3] memory signatures =
            [abi.encode(rows), abi.encode(new ISpokeAuthorizer.Ceiling[](0)), sign(payerKey, digest)];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(IChannels.InvalidSignature.selector);
            channels.refundWithSignature(spokeConfig(), 1000, 0, signatures[i]);
        }
        assertEq(balanceOf(id), 1000);
    }

    /// @notice Whatever is called on it, no money goes back to the payer.
    function testFuzz_attack_noCallRefunds(bytes calldata data) public {
        (bool ok,) = address(spoke).call(data);
        ok;
        assertEq(balanceOf(id), 1000);
        assertEq(channels.refundNonce(id), 0);
    }

    function test_isValidSignature_letsAFacilitatorClaimTheCeilingOnly() public {
        IChannels.VoucherClaim[] memory batch = one(voucher(spokeConfig(), 700, 700, sessionKey));
        ISpokeAuthorizer.Ceiling[] memory rows = new ISpokeAuthorizer.Ceiling[](1);
        rows[0] = ISpokeAuthorizer.Ceiling({channelId: id, amount: 700});

        IChannels.VoucherClaim[] memory less = one(voucher(spokeConfig(), 700, 100, sessionKey));
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.claimWithSignature(less, abi.encode(rows));

        vm.prank(stranger);
        channels.claimWithSignature(batch, abi.encode(rows));
        assertEq(claimedOf(id), 700);
        assertEq(
            bytes32(spoke.isValidSignature(channels.getClaimBatchDigest(batch), abi.encode(rows))),
            bytes32(IERC1271.isValidSignature.selector)
        );
    }

    /// @notice Attack: a receiver that fails, burns gas, returns megabytes or calls back. The money of the others arrives.
    function test_attack_hostileReceiver() public {
        for (uint256 i; i < 4; ++i) {
            HostileAccount hostile = new HostileAccount();
            IChannels.ChannelConfig memory c = spokeConfig();
            c.receiver = address(hostile);
            fund(c, 1000);
            hostile.become(
                HostileAccount.Mood(i),
                abi.encodeCall(
                    ISpokeAuthorizer.claim,
                    (one(voucher(c, 700, 100, sessionKey)), new IReceiptLog.Entry[](0), payouts(address(hostile), 0))
                )
            );
            uint128 total = uint128(100 * (i + 1));
            IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](2);
            batch[0] = voucher(c, 700, 700, sessionKey);
            batch[1] = voucher(spokeConfig(), total, total, sessionKey);
            ISpokeAuthorizer.Payout[] memory both = new ISpokeAuthorizer.Payout[](2);
            both[0] = payouts(address(hostile), 200_000)[0];
            both[1] = payouts(address(account), 200_000)[0];
            uint256 gasBefore = gasleft();
            spoke.claim(batch, receipts(total), both);
            assertLt(gasBefore - gasleft(), 1_500_000);
            assertFalse(hostile.succeeded());
            assertEq(token.balanceOf(address(account)), total);
            assertEq(account.flushes(), i + 1);
        }
    }

    function test_claim_blockedReceiverDoesNotStopTheOthers() public {
        BlockingToken blocking = new BlockingToken();
        IChannels.ChannelConfig memory c = spokeConfig();
        c.token = address(blocking);
        fund(c, 1000);
        blocking.setBlocked(address(account), true);
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](2);
        batch[0] = voucher(c, 700, 700, sessionKey);
        batch[1] = voucher(spokeConfig(), 700, 700, sessionKey);
        ISpokeAuthorizer.Payout[] memory both = new ISpokeAuthorizer.Payout[](2);
        both[0] = ISpokeAuthorizer.Payout({receiver: address(account), token: address(blocking), flushGas: 0});
        both[1] = payouts(address(account), 0)[0];
        vm.expectEmit(address(spoke));
        emit ISpokeAuthorizer.SettleFailed(address(account), address(blocking));
        spoke.claim(batch, receipts(700), both);
        assertEq(token.balanceOf(address(account)), 700);
    }

    /// @notice Claimed already by somebody else: the receipts can still be logged and the money passed on.
    function test_claim_afterSomebodyElseClaimed() public {
        IChannels.VoucherClaim[] memory batch = one(voucher(spokeConfig(), 700, 700, sessionKey));
        spoke.claim(batch, new IReceiptLog.Entry[](0), new ISpokeAuthorizer.Payout[](0));
        spoke.claim(batch, receipts(700), payouts(address(account), 100_000));
        assertEq(token.balanceOf(address(account)), 700);
    }

    function test_constructor_failsIfTheLogIsForOtherChannels() public {
        Channels other = new Channels();
        vm.expectRevert(
            abi.encodeWithSelector(
                ISpokeAuthorizer.ReceiptLogOfOtherChannels.selector, address(receiptLog), address(other)
            )
        );
        new SpokeAuthorizer(other, receiptLog);
    }
}
