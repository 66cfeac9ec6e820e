// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {ChannelsTest} from "./ChannelsTest.sol";

contract WithdrawTest is ChannelsTest {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = fund(config(), 1000);
    }

    function initiate(address who, uint128 amount) internal {
        vm.prank(who);
        channels.initiateWithdraw(config(), amount);
    }

    function finalize(address who) internal {
        vm.prank(who);
        channels.finalizeWithdraw(config());
    }

    function test_withdraw_returnsTheMoneyToThePayerAfterTheDelay() public {
        vm.expectEmit(CANONICAL);
        emit IChannels.WithdrawInitiated(id, 1000, uint40(block.timestamp) + DELAY);
        initiate(session, 1000);
        vm.warp(block.timestamp + DELAY - 1);
        vm.prank(session);
        vm.expectRevert(IChannels.WithdrawDelayNotElapsed.selector);
        channels.finalizeWithdraw(config());
        vm.warp(block.timestamp + 1);
        vm.expectEmit(CANONICAL);
        emit IChannels.WithdrawFinalized(id, session, 1000);
        vm.expectEmit(CANONICAL);
        emit IChannels.ChannelClosed(id, config());
        finalize(session);
        assertEq(token.balanceOf(payer), 1000); // not to the session key that asked for it
        assertEq(balanceOf(id), 0);
    }

    function test_withdraw_failsForEverybodyElse() public {
        address[3] memory others = [stranger, receiver, authorizer];
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(IChannels.InvalidChannel.selector);
            channels.initiateWithdraw(config(), 1);
        }
        initiate(payer, 1000);
        vm.warp(block.timestamp + DELAY);
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(IChannels.NotAuthorizedToFinalizeWithdraw.selector);
            channels.finalizeWithdraw(config());
        }
    }

    function test_initiateWithdraw_failsIfNothingTooMuchOrTwice() public {
        vm.startPrank(payer);
        vm.expectRevert(IChannels.NothingToWithdraw.selector);
        channels.initiateWithdraw(config(), 0);
        vm.expectRevert(IChannels.WithdrawAmountExceedsAvailable.selector);
        channels.initiateWithdraw(config(), 1001);
        vm.expectRevert(IChannels.WithdrawalNotPending.selector);
        channels.finalizeWithdraw(config());
        channels.initiateWithdraw(config(), 1);
        vm.expectRevert(IChannels.WithdrawalAlreadyPending.selector);
        channels.initiateWithdraw(config(), 1);
        vm.stopPrank();
    }

    function test_withdraw_takesOnlyWhatWasNotClaimed() public {
        initiate(payer, 1000);
        claimAs(receiver, voucher(config(), 700, 700, sessionKey));
        vm.warp(block.timestamp + DELAY);
        finalize(payer);
        assertEq(token.balanceOf(payer), 300);
        channels.settle(receiver, address(token));
        assertEq(token.balanceOf(receiver), 700);
    }

    function test_withdraw_mayBeOfNothingWhenAllWasClaimed() public {
        initiate(payer, 1000);
        claimAs(receiver, voucher(config(), 1000, 1000, sessionKey));
        vm.warp(block.timestamp + DELAY);
        vm.expectEmit(CANONICAL);
        emit IChannels.WithdrawFinalized(id, payer, 0);
        finalize(payer);
        (uint256 amount, uint256 initiatedAt) = channels.pendingWithdrawals(id);
        assertEq(amount, 0);
        assertEq(initiatedAt, 0);
    }

    function test_refund_capsRaisesTheNonceAndShrinksTheWithdrawal() public {
        initiate(payer, 900);
        vm.expectEmit(CANONICAL);
        emit IChannels.Refunded(id, receiver, 400);
        vm.prank(receiver);
        channels.refund(config(), 400);
        (uint256 amount,) = channels.pendingWithdrawals(id);
        assertEq(amount, 600);
        assertEq(channels.refundNonce(id), 1);

        vm.prank(authorizer);
        channels.refund(config(), 5000);
        (uint256 amountAfter, uint256 initiatedAt) = channels.pendingWithdrawals(id);
        assertEq(amountAfter, 0);
        assertEq(initiatedAt, 0);
        assertEq(token.balanceOf(payer), 1000);

        // Nothing left: no event, no money, but the nonce rises.
        vm.recordLogs();
        vm.prank(authorizer);
        channels.refund(config(), 1);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(channels.refundNonce(id), 3);
    }

    function test_refund_failsForStrangersAndZero() public {
        vm.prank(payer);
        vm.expectRevert(IChannels.NotAuthorizedToRefund.selector);
        channels.refund(config(), 1);
        vm.prank(receiver);
        vm.expectRevert(IChannels.ZeroRefund.selector);
        channels.refund(config(), 0);
    }

    function test_refund_afterAClaimNeverCloses() public {
        claimAs(receiver, voucher(config(), 700, 700, sessionKey));
        vm.recordLogs();
        vm.prank(receiver);
        channels.refund(config(), 1000);
        assertEq(vm.getRecordedLogs().length, 2); // Refunded and the token's Transfer
        assertEq(balanceOf(id), 700);
    }

    function test_refundWithSignature_worksOnceAndNotAfterADirectRefund() public {
        bytes memory first = sign(authorizerKey, channels.getRefundDigest(id, 0, 100));
        bytes memory second = sign(authorizerKey, channels.getRefundDigest(id, 1, 100));
        vm.prank(stranger);
        channels.refundWithSignature(config(), 100, 0, first);
        assertEq(token.balanceOf(payer), 100);
        vm.expectRevert(IChannels.InvalidRefundNonce.selector);
        channels.refundWithSignature(config(), 100, 0, first);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.refundWithSignature(config(), 101, 1, second);
        vm.prank(receiver);
        channels.refund(config(), 1);
        vm.expectRevert(IChannels.InvalidRefundNonce.selector);
        channels.refundWithSignature(config(), 100, 1, second);
    }

    function test_channel_isCreatedAgainAfterItWasEmptied() public {
        vm.prank(receiver);
        channels.refund(config(), 1000);
        vm.prank(payer);
        token.approve(address(collector), 5);
        vm.expectEmit(CANONICAL);
        emit IChannels.ChannelCreated(id, config());
        channels.deposit(config(), 5, address(collector), "");
    }
}
