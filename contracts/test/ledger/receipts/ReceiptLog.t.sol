// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {IReceiptLog} from "../../../src/ledger/interfaces/IReceiptLog.sol";
import {MerkleSumLib} from "../../../src/ledger/MerkleSumLib.sol";
import {ReceiptLog} from "../../../src/ledger/ReceiptLog.sol";
import {ChannelsTest} from "../channels/ChannelsTest.sol";

contract ReceiptLogTest is ChannelsTest {
    bytes32 internal constant LEAVES_HASH = keccak256("stands for a SHA-256");

    ReceiptLog internal receiptLog;
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        receiptLog = new ReceiptLog(channels);
        id = fund(config(), 1000);
        claimAs(receiver, voucher(config(), 600, 600, sessionKey));
    }

    function entry(uint128 from, uint128 to) internal view returns (IReceiptLog.Entry memory) {
        return IReceiptLog.Entry({
            channelId: id,
            from: from,
            to: to,
            root: keccak256("root"),
            leavesHash: LEAVES_HASH
        });
    }

    function test_log_byAnyoneAsOftenAsTheyLike() public {
        for (uint256 i; i < 2; ++i) {
            vm.expectEmit(address(receiptLog));
            emit IReceiptLog.ReceiptsLogged(id, stranger, 100, 600, keccak256("root"), LEAVES_HASH);
            vm.prank(stranger);
            receiptLog.log(entry(100, 600));
        }
    }

    function test_log_failsIfNotYetClaimed() public {
        vm.expectRevert(abi.encodeWithSelector(IReceiptLog.NotYetClaimed.selector, id, 601, 600));
        receiptLog.log(entry(0, 601));
    }

    function test_log_failsIfIntervalIsEmpty() public {
        vm.expectRevert(abi.encodeWithSelector(IReceiptLog.EmptyInterval.selector, 5, 5));
        receiptLog.log(entry(5, 5));
        vm.expectRevert(abi.encodeWithSelector(IReceiptLog.EmptyInterval.selector, 6, 5));
        receiptLog.log(entry(6, 5));
    }

    function test_logMany_isAllOrNone() public {
        IReceiptLog.Entry[] memory entries = new IReceiptLog.Entry[](2);
        entries[0] = entry(0, 600);
        entries[1] = entry(600, 700);
        vm.expectRevert(abi.encodeWithSelector(IReceiptLog.NotYetClaimed.selector, id, 700, 600));
        receiptLog.logMany(entries);
    }

    function test_constructor_failsIfThereAreNoChannels() public {
        vm.expectRevert(abi.encodeWithSelector(IReceiptLog.InvalidChannels.selector, stranger));
        new ReceiptLog(IChannels(stranger));
    }

    function test_eip712Domain_isTheOneReceiptsAreSignedUnder() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifying,,) =
            receiptLog.eip712Domain();
        assertEq(bytes32(fields), bytes32(bytes1(0x0f)));
        assertEq(name, "Tributary");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(verifying, address(receiptLog));
    }

    /// @notice The values of spec/vectors/merkle-sum.json "three leaves", kept here so that they hold without the file.
    function test_verify_knownTree() public view {
        bytes32[3] memory hashes = [keccak256("receipt 0"), keccak256("receipt 1"), keccak256("receipt 2")];
        bytes32 left = MerkleSumLib.inner(MerkleSumLib.leaf(hashes[0], 1), 1, MerkleSumLib.leaf(hashes[1], 2), 2);
        bytes32 root = MerkleSumLib.inner(left, 3, MerkleSumLib.leaf(hashes[2], 3), 3);
        assertEq(root, KNOWN_ROOT);
        IReceiptLog.Sibling[] memory siblings = new IReceiptLog.Sibling[](1);
        siblings[0] = IReceiptLog.Sibling({hash: left, sum: 3});
        (bool included, uint128 offset) = receiptLog.verify(root, 6, hashes[2], 3, siblings, 1);
        assertTrue(included);
        assertEq(offset, 3);
        (included,) = receiptLog.verify(root, 7, hashes[2], 3, siblings, 1);
        assertFalse(included);
        (included,) = receiptLog.verify(root, 6, hashes[2], 3, siblings, 0);
        assertFalse(included);
    }

    bytes32 internal constant KNOWN_ROOT = 0xb28344542bad186291cf84a6b61f82e24c6aefeebe03293780472f39dc86a1a9;

    /// @notice Any tree: every leaf proves itself, and the proven intervals lie side by side without gap or overlap.
    function testFuzz_verify_intervalsTileTheClaim(uint256 seed, uint8 size) public view {
        uint256 n = bound(size, 1, 20);
        bytes32[] memory hashes = new bytes32[](n);
        uint128[] memory amounts = new uint128[](n);
        uint128 sum;
        for (uint256 i; i < n; ++i) {
            hashes[i] = keccak256(abi.encode(seed, i));
            amounts[i] = uint128(uint256(hashes[i]) % 1e9);
            sum += amounts[i];
        }
        uint128 next;
        for (uint256 i; i < n; ++i) {
            (bytes32 root, IReceiptLog.Sibling[] memory siblings, uint256 lefts) = prove(hashes, amounts, i);
            (bool included, uint128 offset) = receiptLog.verify(root, sum, hashes[i], amounts[i], siblings, lefts);
            assertTrue(included);
            assertEq(offset, next);
            next += amounts[i];
            (included,) = receiptLog.verify(root, sum, hashes[i], amounts[i] + 1, siblings, lefts);
            assertFalse(included);
        }
        assertEq(next, sum);
    }

    /// @notice A second, recursive reading of the specification, to compare the contract with.
    function prove(bytes32[] memory hashes, uint128[] memory amounts, uint256 index)
        internal
        pure
        returns (bytes32 root, IReceiptLog.Sibling[] memory siblings, uint256 lefts)
    {
        uint256 n = hashes.length;
        IReceiptLog.Sibling[] memory level = new IReceiptLog.Sibling[](n);
        for (uint256 i; i < n; ++i) {
            level[i] = IReceiptLog.Sibling({
                hash: keccak256(bytes.concat(hex"00", hashes[i], bytes16(amounts[i]))),
                sum: amounts[i]
            });
        }
        siblings = new IReceiptLog.Sibling[](8);
        uint256 steps;
        while (n > 1) {
            if (index ^ 1 < n) {
                siblings[steps] = level[index ^ 1];
                if (index & 1 == 1) lefts |= 1 << steps;
                ++steps;
            }
            IReceiptLog.Sibling[] memory above = new IReceiptLog.Sibling[]((n + 1) / 2);
            for (uint256 i; i < n; i += 2) {
                above[i / 2] = i + 1 == n ? level[i] : join(level[i], level[i + 1]);
            }
            (level, index, n) = (above, index / 2, above.length);
        }
        assembly ("memory-safe") {
            mstore(siblings, steps)
        }
        return (level[0].hash, siblings, lefts);
    }

    function join(IReceiptLog.Sibling memory left, IReceiptLog.Sibling memory right)
        internal
        pure
        returns (IReceiptLog.Sibling memory)
    {
        return IReceiptLog.Sibling({
            hash: keccak256(
                bytes.concat(hex"01", left.hash, bytes16(left.sum), right.hash, bytes16(right.sum))
            ),
            sum: left.sum + right.sum
        });
    }
}
