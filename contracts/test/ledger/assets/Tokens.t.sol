// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IAssetAccount} from "../../../src/ledger/interfaces/IAssetAccount.sol";
import {ITestDollar} from "../../../src/ledger/interfaces/ITestDollar.sol";
import {AssetsTest} from "./AssetsTest.sol";

/// @notice A wallet that says yes to one digest.
contract Wallet is IERC1271 {
    bytes32 private immutable _digest;

    constructor(bytes32 digest) {
        _digest = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == _digest ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

contract TokensTest is AssetsTest {
    // Literals of the standards, not taken from the source.
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes4 private constant USED = bytes4(keccak256("ERC3009UsedAuthorization(address,bytes32)"));
    bytes4 private constant INVALID = bytes4(keccak256("ERC3009InvalidSignature()"));
    bytes4 private constant TIME = bytes4(keccak256("ERC3009InvalidAuthorizationTime(uint256,uint256)"));

    ITestDollar private token;
    address private payer;
    uint256 private key;
    uint256 private constant UNTIL = 2_000_000_000;
    bytes32 private constant NONCE = keccak256("nonce");

    function setUp() public override {
        super.setUp();
        vm.warp(1_700_000_000);
        token = ITestDollar(dollar);
        (payer, key) = makeAddrAndKey("payer");
        token.mint(payer, 1000e6);
    }

    function _digest(address verifier, string memory name, bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return _digest(dollar, "Test Dollar", structHash);
    }

    function _packed(bytes32 digest) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function test_dollar_isShapedLikeADollar() public view {
        assertEq(token.decimals(), 6);
        assertEq(token.name(), "Test Dollar");
        assertEq(IERC20Metadata(address(trib)).decimals(), 18);
        assertEq(trib.totalSupply(), 1_000_000_000e18);
        assertEq(IERC20Metadata(address(trib)).symbol(), "TRIB");
    }

    function test_mint_isOpen_withinACap() public {
        vm.prank(stranger);
        token.mint(stranger, 1_000_000e6);
        vm.expectRevert(abi.encodeWithSelector(ITestDollar.MintTooLarge.selector, 1_000_000e6 + 1, 1_000_000e6));
        token.mint(stranger, 1_000_000e6 + 1);
        assertEq(token.MAX_MINT(), 1_000_000e6);
    }

    function test_transferWithAuthorization_bothForms() public {
        bytes32 digest = _digest(keccak256(abi.encode(TRANSFER, payer, bob, 10e6, 0, UNTIL, NONCE)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        uint256 before = vm.snapshotState();
        token.transferWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, v, r, s);
        assertEq(token.balanceOf(bob), 10e6);
        assertTrue(token.authorizationState(payer, NONCE));
        vm.revertToState(before);
        assertFalse(token.authorizationState(payer, NONCE));
        token.transferWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, abi.encodePacked(r, s, v));
        assertEq(token.balanceOf(bob), 10e6);
        vm.expectRevert(abi.encodeWithSelector(USED, payer, NONCE));
        token.transferWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, v, r, s);
    }

    function test_transferWithAuthorization_Revert_whenAnythingDiffers() public {
        bytes memory signature = _packed(_digest(keccak256(abi.encode(TRANSFER, payer, bob, 10e6, 0, UNTIL, NONCE))));
        vm.expectRevert(INVALID);
        token.transferWithAuthorization(payer, carol, 10e6, 0, UNTIL, NONCE, signature);
        vm.expectRevert(INVALID);
        token.transferWithAuthorization(payer, bob, 11e6, 0, UNTIL, NONCE, signature);
        vm.expectRevert(INVALID);
        token.transferWithAuthorization(alice, bob, 10e6, 0, UNTIL, NONCE, signature);
        vm.chainId(999);
        vm.expectRevert(INVALID);
        token.transferWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, signature);
    }

    /// @notice Attack: malleable signatures. The mirror image (high s) of a good one is refused.
    function test_attack_malleableAuthorization() public {
        bytes32 digest = _digest(keccak256(abi.encode(TRANSFER, payer, bob, 10e6, 0, UNTIL, NONCE)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        s = bytes32(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - uint256(s));
        v = v == 27 ? 28 : 27;
        vm.expectRevert();
        token.transferWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, v, r, s);
        vm.expectRevert(INVALID);
        token.transferWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, abi.encodePacked(r, s, v));
    }

    function test_transferWithAuthorization_Revert_outsideItsTime() public {
        bytes memory early =
            _packed(_digest(keccak256(abi.encode(TRANSFER, payer, bob, 1, block.timestamp, UNTIL, NONCE))));
        vm.expectRevert(abi.encodeWithSelector(TIME, block.timestamp, UNTIL));
        token.transferWithAuthorization(payer, bob, 1, block.timestamp, UNTIL, NONCE, early);
        bytes memory late =
            _packed(_digest(keccak256(abi.encode(TRANSFER, payer, bob, 1, 0, block.timestamp, NONCE))));
        vm.expectRevert(abi.encodeWithSelector(TIME, 0, block.timestamp));
        token.transferWithAuthorization(payer, bob, 1, 0, block.timestamp, NONCE, late);
    }

    function test_receiveWithAuthorization_bothForms_onlyByTheReceiver() public {
        bytes32 digest = _digest(keccak256(abi.encode(RECEIVE, payer, bob, 10e6, 0, UNTIL, NONCE)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        bytes memory signature = abi.encodePacked(r, s, v);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, bob));
        token.receiveWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, signature);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, bob));
        token.receiveWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, v, r, s);
        vm.startPrank(bob);
        uint256 before = vm.snapshotState();
        token.receiveWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, signature);
        vm.revertToState(before);
        token.receiveWithAuthorization(payer, bob, 10e6, 0, UNTIL, NONCE, v, r, s);
        assertEq(token.balanceOf(bob), 10e6);
    }

    function test_cancelAuthorization_bothForms() public {
        bytes32 digest = _digest(keccak256(abi.encode(CANCEL, payer, NONCE)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        uint256 before = vm.snapshotState();
        token.cancelAuthorization(payer, NONCE, v, r, s);
        assertTrue(token.authorizationState(payer, NONCE));
        vm.revertToState(before);
        token.cancelAuthorization(payer, NONCE, abi.encodePacked(r, s, v));
        bytes memory signature = _packed(_digest(keccak256(abi.encode(TRANSFER, payer, bob, 1, 0, UNTIL, NONCE))));
        vm.expectRevert(abi.encodeWithSelector(USED, payer, NONCE));
        token.transferWithAuthorization(payer, bob, 1, 0, UNTIL, NONCE, signature);
    }

    function test_transferWithAuthorization_ofAContract() public {
        // The wallet's address enters the digest it must accept, so it is placed where it is expected.
        address wallet = makeAddr("wallet");
        bytes32 digest = _digest(keccak256(abi.encode(TRANSFER, wallet, bob, 5e6, 0, UNTIL, NONCE)));
        vm.etch(wallet, address(new Wallet(digest)).code);
        token.mint(wallet, 5e6);
        token.transferWithAuthorization(wallet, bob, 5e6, 0, UNTIL, NONCE, hex"1234");
        assertEq(token.balanceOf(bob), 5e6);
        vm.expectRevert(INVALID);
        token.transferWithAuthorization(wallet, bob, 6e6, 0, UNTIL, NONCE, hex"1234");
    }

    function test_permit_ofBothTokens() public {
        _permit(IERC20Permit(dollar), "Test Dollar");
        _permit(IERC20Permit(address(trib)), "Tributary");
        assertEq(token.allowance(payer, bob), 7);
        assertEq(trib.allowance(payer, bob), 7);
        assertEq(token.nonces(payer), 1);
    }

    function _permit(IERC20Permit permitted, string memory name) private {
        bytes32 structHash = keccak256(abi.encode(PERMIT, payer, bob, 7, 0, UNTIL));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(address(permitted), name, structHash));
        permitted.permit(payer, bob, 7, UNTIL, v, r, s);
    }

    function test_account_isPaidByAuthorization() public {
        IAssetAccount account = _asset(alice);
        bytes32 structHash = keccak256(abi.encode(TRANSFER, payer, address(account), 10e6, 0, UNTIL, NONCE));
        token.transferWithAuthorization(payer, address(account), 10e6, 0, UNTIL, NONCE, _packed(_digest(structHash)));
        account.claim(alice);
        assertEq(_dollars(alice), 10e6);
    }

    function test_registry_Revert_whenATokenHasFewerThanSixDecimals() public {
        vm.mockCall(dollar, abi.encodeCall(IERC20Metadata.decimals, ()), abi.encode(uint8(2)));
        bytes memory code = bytes.concat(
            vm.getCode("src/ledger/AssetRegistry.sol:AssetRegistry"), abi.encode(dollar, address(trib))
        );
        address deployed;
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        assertEq(deployed, address(0));
    }
}
