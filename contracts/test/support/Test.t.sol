// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Test} from "./Test.sol";

contract Counter {
    uint256 public count;

    function increase(uint256 by) external {
        count += by % 10;
    }
}

/// @notice The test base itself: cheatcodes answer, bounds hold, invariant targets are found.
contract TestBaseTest is Test {
    Counter internal counter;

    function setUp() public {
        counter = new Counter();
        targetContract(address(counter));
    }

    function test_cheatcodes_answer() public {
        vm.warp(1000);
        skip(5);
        assertEq(block.timestamp, 1005);
        (address who, uint256 key) = makeAddrAndKey("somebody");
        assertEq(who, vm.addr(key));
        vm.expectRevert(abi.encodeWithSelector(NotEqual.selector, 1, 2, "one is not two"));
        this.fail();
    }

    function fail() external pure {
        assertEq(uint256(1), 2, "one is not two");
    }

    function testFuzz_bound_staysInside(uint256 value, uint256 min, uint256 max) public pure {
        if (min > max) (min, max) = (max, min);
        uint256 bounded = bound(value, min, max);
        assertGe(bounded, min);
        assertLe(bounded, max);
    }

    function invariant_countIsReadable() public view {
        assertGe(counter.count(), 0);
    }
}
