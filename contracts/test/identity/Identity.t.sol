// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IdentityRegistry} from "../../src/identity/IdentityRegistry.sol";
import {ReputationRegistry} from "../../src/identity/ReputationRegistry.sol";
import {IIdentityRegistry} from "../../src/identity/interfaces/IIdentityRegistry.sol";
import {Test} from "../support/Test.sol";

/// @notice A contract wallet that agrees to everything.
contract Agreeable {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }
}

contract IdentityTest is Test {
    IdentityRegistry internal identity;
    ReputationRegistry internal reputation;
    address internal owner;
    uint256 internal ownerKey;
    address internal operator;
    address internal wallet;
    uint256 internal walletKey;

    function setUp() public {
        vm.warp(1767225600);
        identity = new IdentityRegistry();
        reputation = new ReputationRegistry(identity);
        (owner, ownerKey) = makeAddrAndKey("owner");
        (wallet, walletKey) = makeAddrAndKey("wallet");
        operator = makeAddr("operator");
        vm.prank(owner);
        assertEq(identity.register("https://agent.example"), 0); // ids start at 0
    }

    function walletDigest(uint256 agentId, address newWallet, address owner_, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("ERC8004IdentityRegistry"),
                keccak256("1"),
                block.chainid,
                address(identity)
            )
        );
        // The type hash is that of the published vectors.
        bytes32 typehash = 0x678b53cd718d595370ab070ebf48edfdcd834beac116bf23e625fc7f4d5b7d32;
        bytes32 structHash = keccak256(abi.encode(typehash, agentId, newWallet, owner_, deadline));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function test_setAgentWallet_needsTheNewWalletsSignature() public {
        uint256 deadline = block.timestamp + 300;
        bytes32 digest = walletDigest(0, wallet, owner, deadline);
        bytes memory bySomebodyElse = sign(ownerKey, digest);
        vm.prank(owner);
        vm.expectRevert("invalid wallet sig");
        identity.setAgentWallet(0, wallet, deadline, bySomebodyElse);
        bytes memory byWallet = sign(walletKey, digest);
        vm.prank(owner);
        identity.setAgentWallet(0, wallet, deadline, byWallet);
        assertEq(identity.getAgentWallet(0), wallet);
    }

    function test_setAgentWallet_asksAContractAndTrustsAKeyThatGainedCode() public {
        uint256 deadline = block.timestamp + 300;
        address agreeable = address(new Agreeable());
        vm.prank(owner);
        identity.setAgentWallet(0, agreeable, deadline, "");
        assertEq(identity.getAgentWallet(0), agreeable);

        vm.etch(wallet, hex"00"); // code that answers nothing
        bytes memory byKey = sign(walletKey, walletDigest(0, wallet, owner, deadline));
        vm.prank(owner);
        identity.setAgentWallet(0, wallet, deadline, byKey);
        assertEq(identity.getAgentWallet(0), wallet);
    }

    /// @notice Attack: a buyer inherits the seller's signing key, or the seller keeps speaking for a sold agent.
    function test_attack_soldAgentKeepsTheSellersWallet() public {
        vm.prank(owner);
        identity.transferFrom(owner, operator, 0);
        assertEq(identity.getAgentWallet(0), address(0));
        assertEq(identity.getMetadata(0, "agentWallet"), "");
        // A consent given to the former owner is void.
        uint256 deadline = block.timestamp + 300;
        bytes memory consent = sign(walletKey, walletDigest(0, wallet, owner, deadline));
        vm.prank(operator);
        vm.expectRevert("invalid wallet sig");
        identity.setAgentWallet(0, wallet, deadline, consent);
    }

    /// @notice Attack: an owner rates himself, in person or through those who may act for him.
    function test_attack_selfFeedback() public {
        vm.startPrank(owner);
        identity.setApprovalForAll(operator, true);
        identity.approve(wallet, 0);
        vm.stopPrank();
        address[3] memory friends = [owner, operator, wallet];
        for (uint256 i; i < 3; ++i) {
            vm.prank(friends[i]);
            vm.expectRevert("Self-feedback not allowed");
            reputation.giveFeedback(0, 100, 0, "starred", "", "", "", bytes32(0));
        }
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        reputation.giveFeedback(1, 100, 0, "starred", "", "", "", bytes32(0));
    }

    function test_setters_refuseStrangersAndServeOperators() public {
        vm.expectRevert("Not authorized");
        identity.setAgentURI(0, "x");
        vm.expectRevert("Not authorized");
        identity.setMetadata(0, "key", "x");
        vm.expectRevert("Not authorized");
        identity.unsetAgentWallet(0);
        vm.prank(owner);
        identity.setApprovalForAll(operator, true);
        vm.startPrank(operator);
        identity.setAgentURI(0, "x");
        identity.setMetadata(0, "key", hex"01");
        identity.unsetAgentWallet(0);
        vm.expectRevert("reserved key");
        identity.setMetadata(0, "agentWallet", hex"01");
        vm.stopPrank();
        assertEq(identity.tokenURI(0), "x");
        assertEq(identity.getMetadata(0, "key"), hex"01");
        assertEq(identity.getAgentWallet(0), address(0));
    }

    function test_register_refusesTheReservedKey() public {
        IIdentityRegistry.MetadataEntry[] memory entries = new IIdentityRegistry.MetadataEntry[](1);
        entries[0] = IIdentityRegistry.MetadataEntry({metadataKey: "agentWallet", metadataValue: hex"01"});
        vm.expectRevert("reserved key");
        identity.register("x", entries);
    }

    /// @notice The mean lies between the least and the greatest value given, whatever the decimals.
    function testFuzz_getSummary_isAMean(int128[5] memory values, uint8 decimals) public {
        decimals = uint8(bound(decimals, 0, 18));
        int128 least = type(int128).max;
        int128 greatest = type(int128).min;
        address[] memory clients = new address[](5);
        for (uint256 i; i < 5; ++i) {
            int128 value = values[i] % 1e38;
            if (value < least) least = value;
            if (value > greatest) greatest = value;
            clients[i] = address(uint160(0x1000 + i));
            vm.prank(clients[i]);
            reputation.giveFeedback(0, value, decimals, "t", "", "", "", bytes32(0));
        }
        (uint64 count, int128 mean, uint8 meanDecimals) = reputation.getSummary(0, clients, "t", "");
        assertEq(count, 5);
        assertEq(meanDecimals, decimals);
        assertTrue(least <= mean && mean <= greatest);
    }
}
