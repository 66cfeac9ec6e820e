// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The cheatcodes our tests use. The test runner answers them at a fixed address.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    // Time and chain
    function warp(uint256 timestamp) external;
    function roll(uint256 blockNumber) external;
    function chainId(uint256 id) external;
    function getBlockTimestamp() external view returns (uint256);
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool ok);

    // Callers and accounts
    function prank(address sender) external;
    function prank(address sender, address origin) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function deal(address who, uint256 balance) external;
    function etch(address where, bytes calldata code) external;
    function load(address where, bytes32 slot) external view returns (bytes32 value);
    function store(address where, bytes32 slot, bytes32 value) external;
    function getNonce(address who) external view returns (uint64 nonce);
    function label(address who, string calldata name) external;

    // Keys
    function addr(uint256 privateKey) external pure returns (address who);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    // Expectations
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectPartialRevert(bytes4 selector) external;
    function expectEmit() external;
    function expectEmit(address emitter) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;
    function expectCall(address callee, bytes calldata data) external;
    function expectCall(address callee, bytes calldata data, uint64 count) external;
    function assume(bool condition) external pure;
    function skip(bool skipTest) external;

    // Mocks
    function mockCall(address callee, bytes calldata data, bytes calldata returned) external;
    function mockCallRevert(address callee, bytes calldata data, bytes calldata reverted) external;
    function clearMockedCalls() external;

    // Records and gas
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);
    function pauseGasMetering() external;
    function resumeGasMetering() external;
    function cool(address target) external;

    // Files and words
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
    function readFile(string calldata path) external view returns (string memory text);
    function parseJson(string calldata json, string calldata key) external pure returns (bytes memory abiEncoded);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function toString(uint256 value) external pure returns (string memory);
    function toString(address value) external pure returns (string memory);
    function envOr(string calldata name, uint256 defaultValue) external view returns (uint256);
}

/// @notice Base of our Solidity tests: cheatcodes, assertions that show both numbers, bounded inputs, invariant targets.
abstract contract Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    error AssertionFailed(string what);
    error NotEqual(uint256 left, uint256 right, string what);
    error NotEqualAddress(address left, address right, string what);
    error NotEqualBytes32(bytes32 left, bytes32 right, string what);
    error NotEqualBytes(bytes left, bytes right, string what);
    error NotAtMost(uint256 left, uint256 right, string what);
    error NotAtLeast(uint256 left, uint256 right, string what);
    error NotWithin(uint256 left, uint256 right, uint256 maxDelta, string what);

    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    address[] private _targets;
    FuzzSelector[] private _selectors;
    address[] private _senders;

    // --- assertions ---

    function assertTrue(bool ok) internal pure {
        assertTrue(ok, "");
    }

    function assertTrue(bool ok, string memory what) internal pure {
        if (!ok) revert AssertionFailed(what);
    }

    function assertFalse(bool bad) internal pure {
        assertTrue(!bad, "");
    }

    function assertFalse(bool bad, string memory what) internal pure {
        assertTrue(!bad, what);
    }

    function assertEq(uint256 left, uint256 right) internal pure {
        assertEq(left, right, "");
    }

    function assertEq(uint256 left, uint256 right, string memory what) internal pure {
        if (left != right) revert NotEqual(left, right, what);
    }

    function assertEq(address left, address right) internal pure {
        assertEq(left, right, "");
    }

    function assertEq(address left, address right, string memory what) internal pure {
        if (left != right) revert NotEqualAddress(left, right, what);
    }

    function assertEq(bytes32 left, bytes32 right) internal pure {
        assertEq(left, right, "");
    }

    function assertEq(bytes32 left, bytes32 right, string memory what) internal pure {
        if (left != right) revert NotEqualBytes32(left, right, what);
    }

    function assertEq(bool left, bool right) internal pure {
        assertTrue(left == right, "booleans differ");
    }

    function assertEq(bool left, bool right, string memory what) internal pure {
        assertTrue(left == right, what);
    }

    function assertEq(string memory left, string memory right) internal pure {
        assertEq(bytes(left), bytes(right), "");
    }

    function assertEq(bytes memory left, bytes memory right) internal pure {
        assertEq(left, right, "");
    }

    function assertEq(bytes memory left, bytes memory right, string memory what) internal pure {
        if (keccak256(left) != keccak256(right)) revert NotEqualBytes(left, right, what);
    }

    function assertNotEq(address left, address right) internal pure {
        assertTrue(left != right, "addresses are equal");
    }

    function assertNotEq(bytes32 left, bytes32 right) internal pure {
        assertTrue(left != right, "words are equal");
    }

    function assertLe(uint256 left, uint256 right) internal pure {
        assertLe(left, right, "");
    }

    function assertLe(uint256 left, uint256 right, string memory what) internal pure {
        if (left > right) revert NotAtMost(left, right, what);
    }

    function assertLt(uint256 left, uint256 right) internal pure {
        assertTrue(left < right, "not less");
    }

    function assertGe(uint256 left, uint256 right) internal pure {
        assertGe(left, right, "");
    }

    function assertGe(uint256 left, uint256 right, string memory what) internal pure {
        if (left < right) revert NotAtLeast(left, right, what);
    }

    function assertGt(uint256 left, uint256 right) internal pure {
        assertTrue(left > right, "not greater");
    }

    function assertApproxEqAbs(uint256 left, uint256 right, uint256 maxDelta) internal pure {
        assertApproxEqAbs(left, right, maxDelta, "");
    }

    function assertApproxEqAbs(uint256 left, uint256 right, uint256 maxDelta, string memory what) internal pure {
        uint256 delta = left > right ? left - right : right - left;
        if (delta > maxDelta) revert NotWithin(left, right, maxDelta, what);
    }

    // --- contracts ---

    /// @notice Deploys a contract of `src/` as it was built for use, with its own compiler settings; `artifact` is
    /// "src/ledger/Name.sol:Name". A test that does this and imports only interfaces compiles in no time; the price is that a
    /// run of single test files uses what the last `npm run build` left.
    function deployBuilt(string memory artifact, bytes memory arguments) internal returns (address deployed) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        assertTrue(deployed != address(0), artifact);
    }

    // --- inputs ---

    /// @notice Folds `value` into [min, max]; values already inside stay as they are, so edge cases survive.
    function bound(uint256 value, uint256 min, uint256 max) internal pure returns (uint256) {
        require(min <= max, "bound: min > max");
        if (value >= min && value <= max) return value;
        uint256 size = max - min;
        if (size == type(uint256).max) return value;
        return min + (value % (size + 1));
    }

    /// @notice An address with a name, always the same.
    function makeAddr(string memory name) internal returns (address who) {
        (who,) = makeAddrAndKey(name);
    }

    /// @notice An address with a name and its private key.
    function makeAddrAndKey(string memory name) internal returns (address who, uint256 privateKey) {
        privateKey = uint256(keccak256(bytes(name))) >> 4; // below the curve order
        who = vm.addr(privateKey);
        vm.label(who, name);
    }

    /// @notice Moves the clock on.
    function skip(uint256 secondsOn) internal {
        vm.warp(vm.getBlockTimestamp() + secondsOn);
    }

    // --- invariant targets (the runner asks for these by name) ---

    function targetContract(address target) internal {
        _targets.push(target);
    }

    function targetSelectors(address target, bytes4[] memory selectors) internal {
        _selectors.push(FuzzSelector({addr: target, selectors: selectors}));
    }

    function targetSender(address sender) internal {
        _senders.push(sender);
    }

    function targetContracts() public view returns (address[] memory) {
        return _targets;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory) {
        return _selectors;
    }

    function targetSenders() public view returns (address[] memory) {
        return _senders;
    }
}
