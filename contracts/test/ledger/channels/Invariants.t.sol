// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {ChannelsTest} from "./ChannelsTest.sol";

/// @notice Everybody does anything, in any order; what really happened is kept beside the contract to compare with.
contract ChannelsHandler is ChannelsTest {
    uint256 public constant CHANNELS = 2;

    uint256 public deposited;
    mapping(uint256 i => uint256 amount) public depositedInto;
    mapping(uint256 i => uint256 amount) public highestCeiling;
    /// @dev Set when a withdrawal was finished although less than the delay had passed since it was announced.
    bool public withdrewWithoutClaimWindow;
    /// @dev Set when a signed voucher could not be claimed although no withdrawal or refund had come between.
    bool public deniedAFundedVoucher;

    function channel(uint256 i) public view returns (IChannels.ChannelConfig memory c) {
        c = config();
        c.salt = bytes32(i % CHANNELS);
    }

    function idOf(uint256 i) public view returns (bytes32) {
        return channels.getChannelId(channel(i));
    }

    function payout() external view returns (uint256 toPayer, uint256 toReceiver, uint256 held) {
        return (token.balanceOf(payer), token.balanceOf(receiver), token.balanceOf(CANONICAL));
    }

    function theReceiver() external view returns (uint256 claimed, uint256 settled) {
        return channels.receivers(receiver, address(token));
    }

    function stateOf(uint256 i) external view returns (uint256 balance, uint256 totalClaimed) {
        return channels.channels(idOf(i));
    }

    function deposit(uint256 i, uint128 amount) external {
        amount = uint128(bound(amount, 1, 1e12));
        fund(channel(i), amount);
        deposited += amount;
        depositedInto[i % CHANNELS] += amount;
    }

    function claim(uint256 i, uint128 ceiling, uint128 total, bool compact, bool settled) external {
        (uint256 balance, uint256 claimedBefore) = channels.channels(idOf(i));
        ceiling = uint128(bound(ceiling, 1, balance + 10));
        total = uint128(bound(total, 1, ceiling));
        if (ceiling > highestCeiling[i % CHANNELS]) highestCeiling[i % CHANNELS] = ceiling;
        IChannels.VoucherClaim memory signed = voucher(channel(i), ceiling, total, sessionKey);
        vm.prank(receiver);
        if (compact) {
            channels.claimCompact(group(signed, settled ? 2 : 0));
        } else {
            try channels.claim(one(signed)) {} catch {}
        }
        (, uint256 claimedNow) = channels.channels(idOf(i));
        uint256 due = total > claimedBefore && total <= balance ? total : claimedBefore;
        if (claimedNow != due) deniedAFundedVoucher = true;
    }

    function forge(uint256 i, uint128 ceiling, bool compact) external {
        IChannels.VoucherClaim memory forged = voucher(channel(i), ceiling, ceiling, authorizerKey);
        bytes memory packed = group(forged, 0);
        vm.prank(receiver);
        if (compact) {
            channels.claimCompact(packed);
        } else {
            try channels.claim(one(forged)) {} catch {}
        }
    }

    function settle() external {
        channels.settle(receiver, address(token));
    }

    function refund(uint256 i, uint128 amount) external {
        IChannels.ChannelConfig memory c = channel(i);
        (uint256 balance,) = channels.channels(idOf(i));
        amount = uint128(bound(amount, 1, balance + 1));
        vm.prank(authorizer);
        channels.refund(c, amount);
    }

    function initiate(uint256 i, uint128 amount) external {
        IChannels.ChannelConfig memory c = channel(i);
        (uint256 balance, uint256 totalClaimed) = channels.channels(idOf(i));
        // Mostly everything, so that any later claim gets in its way.
        amount = amount % 4 == 0 ? uint128(bound(amount, 0, balance + 1)) : uint128(balance - totalClaimed);
        vm.prank(session);
        try channels.initiateWithdraw(c, amount) {} catch {}
    }

    /// @dev Mostly at the first moment it may succeed, else whenever it comes.
    function finalize(uint256 i, uint256 patience) external {
        (, uint40 initiatedAt) = channels.pendingWithdrawals(idOf(i));
        if (patience % 4 != 0 && initiatedAt + DELAY > block.timestamp) vm.warp(initiatedAt + DELAY);
        IChannels.ChannelConfig memory c = channel(i);
        vm.prank(payer);
        try channels.finalizeWithdraw(c) {
            if (block.timestamp < initiatedAt + DELAY) withdrewWithoutClaimWindow = true;
        } catch {}
    }

    function wait(uint256 secondsOn) external {
        skip(bound(secondsOn, 1, 2 * DELAY));
    }
}

contract ChannelsInvariantTest is ChannelsTest {
    ChannelsHandler internal handler;

    function setUp() public override {
        handler = new ChannelsHandler();
        handler.setUp();
        bytes4[] memory actions = new bytes4[](8);
        actions[0] = ChannelsHandler.deposit.selector;
        actions[1] = ChannelsHandler.claim.selector;
        actions[2] = ChannelsHandler.forge.selector;
        actions[3] = ChannelsHandler.settle.selector;
        actions[4] = ChannelsHandler.refund.selector;
        actions[5] = ChannelsHandler.initiate.selector;
        actions[6] = ChannelsHandler.finalize.selector;
        actions[7] = ChannelsHandler.wait.selector;
        targetContract(address(handler));
        targetSelectors(address(handler), actions);
    }

    function invariant_moneyInIsMoneyOutPlusHeld() public view {
        (uint256 toPayer, uint256 toReceiver, uint256 held) = handler.payout();
        assertEq(handler.deposited(), toPayer + toReceiver + held);
        uint256 owed;
        for (uint256 i; i < handler.CHANNELS(); ++i) {
            (uint256 balance,) = handler.stateOf(i);
            owed += balance;
        }
        assertEq(held + toReceiver, owed); // settled money stays in the balances that it was claimed from
    }

    function invariant_voucherNeverPaysMoreThanItsDepositNorItsCeiling() public view {
        for (uint256 i; i < handler.CHANNELS(); ++i) {
            (uint256 balance, uint256 totalClaimed) = handler.stateOf(i);
            assertLe(totalClaimed, balance);
            assertLe(totalClaimed, handler.depositedInto(i));
            assertLe(totalClaimed, handler.highestCeiling(i));
        }
    }

    function invariant_voucherNeverPaysTwice() public view {
        uint256 sum;
        for (uint256 i; i < handler.CHANNELS(); ++i) {
            (, uint256 totalClaimed) = handler.stateOf(i);
            sum += totalClaimed;
        }
        (uint256 claimed, uint256 settled) = handler.theReceiver();
        (, uint256 toReceiver,) = handler.payout();
        assertEq(claimed, sum);
        assertEq(settled, toReceiver);
        assertLe(settled, claimed);
    }

    function invariant_withdrawalAlwaysLeavesAClaimWindow() public view {
        assertFalse(handler.withdrewWithoutClaimWindow());
        assertFalse(handler.deniedAFundedVoucher());
    }
}
