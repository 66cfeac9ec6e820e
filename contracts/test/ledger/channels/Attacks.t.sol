// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Channels} from "../../../src/ledger/Channels.sol";
import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {IDepositCollector} from "../../../src/ledger/interfaces/IDepositCollector.sol";
import {ChannelsTest} from "./ChannelsTest.sol";
import {BlockingToken, FeeToken, ReentrantToken} from "./tokens/HostileTokens.sol";

/// @notice What EIP-7702 can turn a payer's account into: code that denies every signature.
contract DeniesEverything {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}

/// @notice Collects one deposit by making another one within it, so that one transfer might count twice.
contract NestingCollector is IDepositCollector {
    address public x402BatchSettlement;
    IDepositCollector internal honest;
    IChannels.ChannelConfig internal inner;

    constructor(address channels, IDepositCollector honest_, IChannels.ChannelConfig memory inner_) {
        (x402BatchSettlement, honest, inner) = (channels, honest_, inner_);
    }

    function collect(address, address, uint256 amount, bytes32, bytes calldata) external {
        Channels(x402BatchSettlement).deposit(inner, uint128(amount), address(honest), "");
    }
}

/// @notice Each test is an attack on channels, named after it.
contract ChannelAttacksTest is ChannelsTest {
    /// @notice A payer arms a withdrawal, goes on asking, and finishes it before the claim. The delay is the defence: all
    /// that was promised can be claimed within it; whoever sleeps through it loses what was not claimed, never more.
    function test_attack_armedWithdrawal() public {
        bytes32 id = fund(config(), 1000);
        vm.prank(payer);
        channels.initiateWithdraw(config(), 1000);
        (uint256 pending, uint256 initiatedAt) = channels.pendingWithdrawals(id); // what a server looks at
        assertEq(pending, 1000);
        vm.warp(initiatedAt + DELAY - 1);
        claimAs(receiver, voucher(config(), 600, 600, sessionKey));
        vm.warp(initiatedAt + DELAY);
        vm.prank(payer);
        channels.finalizeWithdraw(config());

        IChannels.VoucherClaim[] memory late = one(voucher(config(), 900, 900, sessionKey));
        vm.prank(receiver);
        vm.expectRevert(IChannels.ClaimExceedsBalance.selector);
        channels.claim(late);
        channels.settle(receiver, address(token));
        assertEq(token.balanceOf(receiver), 600);
        assertEq(token.balanceOf(payer), 400);
    }

    /// @notice A payer who signs in person gains code that denies his vouchers. A channel with a session key does not ask it.
    function test_attack_payerGainsCodeByEip7702() public {
        IChannels.ChannelConfig memory inPerson = config();
        inPerson.payerAuthorizer = address(0);
        fund(inPerson, 1000);
        bytes32 id = fund(config(), 1000);
        IChannels.VoucherClaim memory signedInPerson = voucher(inPerson, 700, 700, payerKey);
        IChannels.VoucherClaim memory signedBySession = voucher(config(), 700, 700, sessionKey);
        vm.etch(payer, address(new DeniesEverything()).code);

        vm.prank(receiver);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.claim(one(signedInPerson));
        vm.prank(receiver);
        assertEq(channels.claimCompact(group(signedInPerson, 0)), hex"04");

        vm.prank(receiver);
        assertEq(channels.claimCompact(group(signedBySession, 0)), hex"00");
        assertEq(claimedOf(id), 700);
    }

    /// @notice A session key is a plain key: code that comes to live at its address does not speak for it.
    function test_attack_sessionKeyGainsCode() public {
        bytes32 id = fund(config(), 1000);
        vm.etch(session, address(new DeniesEverything()).code);
        claimAs(receiver, voucher(config(), 700, 700, sessionKey));
        assertEq(claimedOf(id), 700);
    }

    /// @notice The other signature with the same meaning, made from a seen one by s -> n - s.
    function test_attack_malleableSignature() public {
        bytes32 id = fund(config(), 1000);
        IChannels.VoucherClaim memory claim = voucher(config(), 700, 700, sessionKey);
        bytes32 r;
        bytes32 s;
        bytes memory signature = claim.signature;
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
        }
        bytes32 high = bytes32(CURVE_ORDER - uint256(s));
        uint8 v = uint8(signature[64]) == 27 ? 28 : 27;
        claim.signature = abi.encodePacked(r, high, v);
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high));
        channels.claim(one(claim));

        vm.prank(receiver);
        assertEq(channels.claimCompact(group(claim, 0)), hex"05");
        assertEq(claimedOf(id), 0);
    }

    /// @notice A voucher for one chain, or for another deployment, is worth nothing here.
    function test_attack_replayOnAnotherChainOrContract() public {
        bytes32 id = fund(config(), 1000);
        IChannels.VoucherClaim[] memory here = one(voucher(config(), 700, 700, sessionKey));
        Channels other = new Channels();
        token.mint(payer, 1000);
        other.deposit(config(), 1000, address(collector), "");
        vm.prank(receiver);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        other.claim(here);

        // After a chain split the id itself is another, so the channel is empty there.
        vm.chainId(8453);
        assertTrue(channels.getChannelId(config()) != id);
        vm.prank(receiver);
        vm.expectRevert(IChannels.ClaimExceedsBalance.selector);
        channels.claim(here);
        fund(config(), 1000);
        vm.prank(receiver);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.claim(here);
    }

    /// @notice A voucher is a ceiling, not a cheque: presenting it again, in any form, pays nothing more.
    function test_attack_replayedVoucher() public {
        fund(config(), 1000);
        IChannels.VoucherClaim memory claim = voucher(config(), 700, 700, sessionKey);
        for (uint256 i; i < 3; ++i) {
            claimAs(receiver, claim);
            vm.prank(receiver);
            channels.claimCompact(group(claim, 2));
            channels.settle(receiver, address(token));
        }
        assertEq(token.balanceOf(receiver), 700);
    }

    /// @notice A token that calls back while money moves: every door is shut.
    function test_attack_reentrantToken() public {
        bytes[6] memory doors = [
            abi.encodeCall(IChannels.settle, (receiver, address(token))),
            abi.encodeCall(IChannels.refund, (config(), 1)),
            abi.encodeCall(IChannels.finalizeWithdraw, (config())),
            abi.encodeCall(IChannels.initiateWithdraw, (config(), 1)),
            abi.encodeCall(IChannels.claimCompact, (hex"00")),
            abi.encodeCall(IChannels.deposit, (config(), 1, address(collector), ""))
        ];
        for (uint256 i; i < doors.length; ++i) {
            ReentrantToken hostile = new ReentrantToken();
            IChannels.ChannelConfig memory c = config();
            c.token = address(hostile);
            fund(c, 1000);
            claimAs(receiver, voucher(c, 700, 700, sessionKey));
            hostile.onTransfer(CANONICAL, doors[i]);
            channels.settle(receiver, address(hostile));
            assertTrue(hostile.attempted());
            assertFalse(hostile.succeeded());
            assertEq(bytes32(hostile.reason()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            assertEq(hostile.balanceOf(receiver), 700);
        }
    }

    /// @notice The same while a packed claim settles: the books are right before the token is called.
    function test_attack_reentrantTokenWithinACompactClaim() public {
        ReentrantToken hostile = new ReentrantToken();
        IChannels.ChannelConfig memory c = config();
        c.token = address(hostile);
        fund(c, 1000);
        hostile.onTransfer(CANONICAL, abi.encodeCall(IChannels.settle, (receiver, address(hostile))));
        bytes memory groups =
            bytes.concat(group(voucher(c, 500, 500, sessionKey), 2), group(voucher(c, 700, 700, sessionKey), 2));
        vm.prank(receiver);
        channels.claimCompact(groups);
        assertTrue(hostile.attempted());
        assertFalse(hostile.succeeded());
        assertEq(hostile.balanceOf(receiver), 700);
    }

    /// @notice A hostile collector counts one transfer for two deposits.
    function test_attack_depositWithinADeposit() public {
        IChannels.ChannelConfig memory inner = config();
        inner.salt = bytes32(uint256(99));
        NestingCollector nesting = new NestingCollector(CANONICAL, collector, inner);
        token.mint(payer, 1000);
        vm.prank(payer);
        token.approve(address(collector), 1000);
        vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        channels.deposit(config(), 1000, address(nesting), "");
    }

    /// @notice A token with a fee would leave the channel underfunded: it cannot be deposited.
    function test_attack_feeOnTransferToken() public {
        FeeToken fee = new FeeToken();
        fee.mint(payer, 1000);
        vm.prank(payer);
        fee.approve(address(collector), 1000);
        IChannels.ChannelConfig memory c = config();
        c.token = address(fee);
        vm.expectRevert(IChannels.DepositCollectionFailed.selector);
        channels.deposit(c, 1000, address(collector), "");
    }

    /// @notice A paused dollar delays money and loses none; claims need no token at all.
    function test_attack_pausedDollar() public {
        BlockingToken blocking = new BlockingToken();
        IChannels.ChannelConfig memory c = config();
        c.token = address(blocking);
        bytes32 id = fund(c, 1000);
        blocking.setPaused(true);
        claimAs(receiver, voucher(c, 700, 700, sessionKey));
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Stopped.selector, receiver));
        channels.settle(receiver, address(blocking));
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Stopped.selector, payer));
        channels.refund(c, 1000);
        assertEq(channels.refundNonce(id), 0);

        blocking.setPaused(false);
        channels.settle(receiver, address(blocking));
        assertEq(blocking.balanceOf(receiver), 700);
    }

    /// @notice Somebody sends tokens to the contract to upset its books.
    function test_attack_donation() public {
        bytes32 id = fund(config(), 1000);
        token.mint(CANONICAL, 12345);
        vm.prank(receiver);
        channels.refund(config(), 5000);
        assertEq(token.balanceOf(payer), 1000);
        assertEq(balanceOf(id), 0);
        assertEq(IERC20(address(token)).balanceOf(CANONICAL), 12345);
    }
}
