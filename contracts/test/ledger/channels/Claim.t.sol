// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {ChannelsTest} from "./ChannelsTest.sol";

/// @notice A wallet that signs whatever its key signs, and says so by ERC-1271.
contract SmartWallet is IERC1271 {
    bytes32 public immutable accepted;

    constructor(bytes32 accepted_) {
        accepted = accepted_;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return hash == accepted ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

contract ClaimTest is ChannelsTest {
    function test_claim_countsForReceiverAndMovesNothing() public {
        bytes32 id = fund(config(), 1000);
        IChannels.VoucherClaim memory claim = voucher(config(), 700, 600, sessionKey);
        vm.expectEmit(CANONICAL);
        emit IChannels.Claimed(id, receiver, 600, 600);
        claimAs(receiver, claim);
        assertEq(claimedOf(id), 600);
        (uint256 claimed, uint256 settled) = channels.receivers(receiver, address(token));
        assertEq(claimed, 600);
        assertEq(settled, 0);
        assertEq(token.balanceOf(CANONICAL), 1000);

        channels.settle(receiver, address(token));
        assertEq(token.balanceOf(receiver), 600);
        channels.settle(receiver, address(token)); // nothing due: silent
        assertEq(token.balanceOf(receiver), 600);
    }

    function test_claim_passesOverOldTotalsWithoutReadingTheSignature() public {
        bytes32 id = fund(config(), 1000);
        claimAs(receiver, voucher(config(), 700, 600, sessionKey));
        IChannels.VoucherClaim memory old = voucher(config(), 700, 600, sessionKey);
        old.signature = hex"1234";
        vm.prank(receiver);
        channels.claim(one(old));
        assertEq(claimedOf(id), 600);
    }

    function test_claim_checksCeilingThenBalanceThenSignature() public {
        fund(config(), 1000);
        IChannels.VoucherClaim memory bad = voucher(config(), 1500, 1501, payerKey);
        vm.prank(receiver);
        vm.expectRevert(IChannels.ClaimExceedsCeiling.selector);
        channels.claim(one(bad));
        bad.totalClaimed = 1001;
        vm.prank(receiver);
        vm.expectRevert(IChannels.ClaimExceedsBalance.selector);
        channels.claim(one(bad));
        bad.totalClaimed = 1000;
        vm.prank(receiver);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.claim(one(bad));
    }

    function test_claim_failsForStrangersAndWithoutRows() public {
        fund(config(), 1000);
        IChannels.VoucherClaim[] memory batch = one(voucher(config(), 700, 600, sessionKey));
        vm.prank(stranger);
        vm.expectRevert(IChannels.NotAuthorizedToClaim.selector);
        channels.claim(batch);
        vm.expectRevert(IChannels.EmptyBatch.selector);
        channels.claim(new IChannels.VoucherClaim[](0));
    }

    function test_claim_withoutSessionKeyAsksThePayer() public {
        IChannels.ChannelConfig memory c = config();
        c.payerAuthorizer = address(0);
        bytes32 id = fund(c, 1000);
        claimAs(authorizer, voucher(c, 700, 600, payerKey));
        assertEq(claimedOf(id), 600);

        // The same for a contract, by ERC-1271.
        c.payer = makeAddr("wallet");
        id = fund(c, 1000);
        vm.etch(c.payer, address(new SmartWallet(channels.getVoucherDigest(id, 500))).code);
        claimAs(authorizer, voucher(c, 500, 500, sessionKey));
        assertEq(claimedOf(id), 500);
        IChannels.VoucherClaim[] memory other = one(voucher(c, 501, 501, sessionKey));
        vm.prank(authorizer);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.claim(other);
    }

    function test_claimWithSignature_byAnyoneWithTheAuthorizersSignature() public {
        bytes32 id = fund(config(), 1000);
        IChannels.VoucherClaim[] memory batch = one(voucher(config(), 700, 600, sessionKey));
        bytes memory signature = sign(authorizerKey, channels.getClaimBatchDigest(batch));
        vm.prank(stranger);
        channels.claimWithSignature(batch, signature);
        assertEq(claimedOf(id), 600);

        batch[0].totalClaimed = 700; // not what was signed
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.claimWithSignature(batch, signature);
    }

    function test_claimWithSignature_failsIfRowsHaveDifferentAuthorizers() public {
        fund(config(), 1000);
        IChannels.ChannelConfig memory c = config();
        c.receiverAuthorizer = stranger;
        fund(c, 1000);
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](2);
        batch[0] = voucher(config(), 700, 600, sessionKey);
        batch[1] = voucher(c, 700, 600, sessionKey);
        bytes memory signature = sign(authorizerKey, channels.getClaimBatchDigest(batch));
        vm.expectRevert(IChannels.NotReceiverAuthorizer.selector);
        channels.claimWithSignature(batch, signature);
    }

    function test_multicall_claimsAndRefundsAtOnce() public {
        bytes32 id = fund(config(), 1000);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IChannels.claim, (one(voucher(config(), 700, 600, sessionKey))));
        calls[1] = abi.encodeCall(IChannels.refund, (config(), 1000));
        vm.prank(receiver);
        channels.multicall(calls);
        assertEq(balanceOf(id), 600);
        assertEq(claimedOf(id), 600);
        assertEq(token.balanceOf(payer), 400);
    }
}
