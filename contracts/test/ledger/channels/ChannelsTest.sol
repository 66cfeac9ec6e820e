// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Channels} from "../../../src/ledger/Channels.sol";
import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {IDepositCollector} from "../../../src/ledger/interfaces/IDepositCollector.sol";
import {Test} from "../../support/Test.sol";
import {PlainToken} from "./tokens/HostileTokens.sol";

/// @notice Takes the deposit by allowance; the shortest honest collector.
contract AllowanceCollector is IDepositCollector {
    address public x402BatchSettlement;

    constructor(address channels) {
        x402BatchSettlement = channels;
    }

    function collect(address payer, address token, uint256 amount, bytes32, bytes calldata) external {
        require(IERC20(token).transferFrom(payer, msg.sender, amount), "collect");
    }
}

/// @notice Channels at the canonical address, a token, people with keys, and how they sign.
abstract contract ChannelsTest is Test {
    address internal constant CANONICAL = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;
    uint256 internal constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint40 internal constant DELAY = 1 hours;

    Channels internal channels;
    PlainToken internal token;
    AllowanceCollector internal collector;

    address internal payer;
    uint256 internal payerKey;
    address internal session;
    uint256 internal sessionKey;
    address internal receiver;
    address internal authorizer;
    uint256 internal authorizerKey;
    address internal stranger;

    function setUp() public virtual {
        vm.warp(1767225600);
        vm.etch(CANONICAL, address(new Channels()).code);
        channels = Channels(CANONICAL);
        collector = new AllowanceCollector(CANONICAL);
        (payer, payerKey) = makeAddrAndKey("payer");
        (session, sessionKey) = makeAddrAndKey("session");
        receiver = makeAddr("receiver");
        (authorizer, authorizerKey) = makeAddrAndKey("authorizer");
        stranger = makeAddr("stranger");
        token = new PlainToken();
    }

    // --- channels ---

    function config() internal view returns (IChannels.ChannelConfig memory) {
        return IChannels.ChannelConfig({
            payer: payer,
            payerAuthorizer: session,
            receiver: receiver,
            receiverAuthorizer: authorizer,
            token: address(token),
            withdrawDelay: DELAY,
            salt: bytes32(uint256(7))
        });
    }

    function fund(IChannels.ChannelConfig memory c, uint128 amount) internal returns (bytes32 id) {
        PlainToken(c.token).mint(c.payer, amount);
        vm.prank(c.payer);
        IERC20(c.token).approve(address(collector), type(uint256).max);
        channels.deposit(c, amount, address(collector), "");
        return channels.getChannelId(c);
    }

    function balanceOf(bytes32 id) internal view returns (uint256 balance) {
        (balance,) = channels.channels(id);
    }

    function claimedOf(bytes32 id) internal view returns (uint256 totalClaimed) {
        (, totalClaimed) = channels.channels(id);
    }

    // --- vouchers ---

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function voucher(IChannels.ChannelConfig memory c, uint128 ceiling, uint128 total, uint256 key)
        internal
        view
        returns (IChannels.VoucherClaim memory)
    {
        bytes32 digest = channels.getVoucherDigest(channels.getChannelId(c), ceiling);
        return IChannels.VoucherClaim({
            voucher: IChannels.Voucher({channel: c, maxClaimableAmount: ceiling}),
            signature: sign(key, digest),
            totalClaimed: total
        });
    }

    function one(IChannels.VoucherClaim memory claim) internal pure returns (IChannels.VoucherClaim[] memory batch) {
        batch = new IChannels.VoucherClaim[](1);
        batch[0] = claim;
    }

    /// @dev The batch is an argument, so that signing it does not use up the prank.
    function claimAs(address who, IChannels.VoucherClaim memory claim) internal {
        vm.prank(who);
        channels.claim(one(claim));
    }

    // --- packed claims ---

    function header(IChannels.ChannelConfig memory c, uint8 flags, uint8 saltBytes, uint8 amountBytes, uint16 rows)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            c.receiver, c.receiverAuthorizer, c.token, c.withdrawDelay, flags, saltBytes, amountBytes, rows
        );
    }

    /// @notice A row with `saltBytes` of salt and amounts of 16 bytes; the total is left out with flag 1.
    function row(IChannels.VoucherClaim memory claim, uint8 flags, uint8 saltBytes)
        internal
        pure
        returns (bytes memory)
    {
        IChannels.ChannelConfig memory c = claim.voucher.channel;
        bytes memory salt = new bytes(saltBytes);
        for (uint256 i; i < saltBytes; ++i) {
            salt[i] = c.salt[32 - saltBytes + i];
        }
        bytes memory total = flags & 1 == 1 ? bytes("") : abi.encodePacked(claim.totalClaimed);
        return abi.encodePacked(
            c.payer, c.payerAuthorizer, salt, claim.voucher.maxClaimableAmount, total, pack(claim.signature)
        );
    }

    function pack(bytes memory signature) internal pure returns (bytes memory) {
        bytes32 r;
        bytes32 s;
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
        }
        return abi.encodePacked(r, uint256(s) | (uint256(uint8(signature[64]) - 27) << 255));
    }

    function group(IChannels.VoucherClaim[] memory claims, uint8 flags) internal pure returns (bytes memory packed) {
        packed = header(claims[0].voucher.channel, flags, 1, 16, uint16(claims.length));
        for (uint256 i; i < claims.length; ++i) {
            packed = bytes.concat(packed, row(claims[i], flags, 1));
        }
    }

    function group(IChannels.VoucherClaim memory claim, uint8 flags) internal pure returns (bytes memory) {
        return group(one(claim), flags);
    }
}
