// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAssetAccount} from "../../../src/ledger/interfaces/IAssetAccount.sol";
import {AssetsTest} from "./AssetsTest.sol";

/// @notice Shares move; what they earned before stays with who held them.
contract SharesTest is AssetsTest {
    IAssetAccount internal account;

    function setUp() public override {
        super.setUp();
        account = _asset(alice);
    }

    function test_transfer_leavesEarningsWithTheSender() public {
        _pay(account, 1000e6, 10 * SHARE);
        _transferShares(account, alice, bob, 400 * SHARE);
        assertEq(account.balanceOf(alice), 600 * SHARE);
        assertEq(account.balanceOf(bob), 400 * SHARE);
        assertApproxEqAbs(account.claimable(alice, dollar), 1000e6, 1);
        assertEq(account.claimable(bob, dollar), 0);

        _pay(account, 1000e6, 0);
        assertApproxEqAbs(account.claimable(alice, dollar), 1600e6, 1);
        assertEq(account.claimable(bob, dollar), 400e6);
        account.claim(bob);
        account.claim(alice);
        assertApproxEqAbs(_dollars(alice), 1600e6, 1);
        assertEq(_dollars(bob), 400e6);
        assertApproxEqAbs(_tribs(alice), 10 * SHARE, MILLIONTH);
    }

    function test_transfer_ofAllShares_leavesEarningsClaimable() public {
        _pay(account, 1000e6, SHARE);
        _transferShares(account, alice, bob, 1000 * SHARE);
        _pay(account, 10e6, 0);
        assertEq(account.claimable(alice, dollar), 1000e6);
        account.claim(alice);
        account.claim(bob);
        assertEq(_dollars(alice), 1000e6);
        assertEq(_tribs(alice), SHARE);
        assertEq(_dollars(bob), 10e6);
        (uint256 dollars,) = account.claim(alice);
        assertEq(dollars, 0);
    }

    function test_transfer_allThenBack_countsOnlyWhatCameWhileHeld() public {
        _pay(account, 100e6, 0);
        _transferShares(account, alice, bob, 1000 * SHARE);
        _pay(account, 30e6, 0);
        _transferShares(account, bob, alice, 1000 * SHARE);
        _pay(account, 7e6, 0);
        assertEq(account.claimable(alice, dollar), 107e6);
        assertEq(account.claimable(bob, dollar), 30e6);
    }

    function test_transfer_leavingDust_keepsEarnings() public {
        _pay(account, 1000e6, SHARE);
        _transferShares(account, alice, bob, 1000 * SHARE - 1);
        assertApproxEqAbs(account.claimable(alice, dollar), 1000e6, 1);
        assertApproxEqAbs(account.claimable(alice, address(trib)), SHARE, MILLIONTH);
        account.claim(alice);
        account.claim(bob);
        assertLe(_dollars(account), 1);
    }

    function test_transfer_toOneself_changesNothing() public {
        _pay(account, 1000e6, 0);
        _transferShares(account, alice, alice, 300 * SHARE);
        assertEq(account.balanceOf(alice), 1000 * SHARE);
        assertEq(account.claimable(alice, dollar), 1000e6);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, bob, 0, 1));
        account.transfer(bob, 1);
    }

    function test_transfer_Revert_whenTooManyOrNowhere() public {
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, alice, 1000 * SHARE, 1000 * SHARE + 1
            )
        );
        account.transfer(bob, 1000 * SHARE + 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        account.transfer(address(0), 1);
        // The account as its own holder would turn what it pays itself into new revenue.
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, account));
        account.transfer(address(account), 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSender.selector, address(0)));
        account.transferFrom(address(0), bob, 0);
    }

    function test_transferFrom_spendsAllowance() public {
        vm.prank(alice);
        vm.expectEmit(address(account));
        emit IERC20.Approval(alice, bob, 10);
        account.approve(bob, 10);
        vm.startPrank(bob);
        account.transferFrom(alice, carol, 4);
        assertEq(account.allowance(alice, bob), 6);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, bob, 6, 7));
        account.transferFrom(alice, carol, 7);
        vm.stopPrank();
        vm.startPrank(alice);
        account.approve(bob, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        account.approve(address(0), 1);
        vm.stopPrank();
        vm.prank(bob);
        account.transferFrom(alice, carol, 7);
        assertEq(account.allowance(alice, bob), type(uint256).max);
    }

    function test_supply_withoutMinter_isFixed() public {
        vm.startPrank(alice);
        vm.expectRevert(IAssetAccount.FixedSupply.selector);
        account.burn(1);
        vm.expectRevert(abi.encodeWithSelector(IAssetAccount.NotMinter.selector, alice, address(0)));
        account.mint(alice, 1);
    }

    /// @notice Shadow books: each holder gets its share of what came while it held, no more, and at most the dust less.
    function testFuzz_transfer_sharesFollowTime(uint256 seed) public {
        address[3] memory holders = [alice, bob, carol];
        uint256[3] memory shadow; // millionths times supply
        uint256 paid;
        uint256 moves;
        for (uint256 i; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 3 == 0) {
                uint256 amount = (seed >> 8) % 1e13;
                _pay(account, amount, 0);
                paid += amount;
                for (uint256 h; h < 3; ++h) {
                    shadow[h] += amount * account.balanceOf(holders[h]);
                }
            } else if (seed % 3 == 1) {
                address from = holders[(seed >> 8) % 3];
                address to = holders[(seed >> 16) % 3];
                uint256 balance = account.balanceOf(from);
                uint256 shares = seed & (1 << 255) == 0 ? (seed >> 24) % (balance + 1) : balance;
                _transferShares(account, from, to, shares);
                ++moves;
            } else {
                account.claim(holders[(seed >> 8) % 3]);
            }
        }
        uint256 sum;
        for (uint256 h; h < 3; ++h) {
            uint256 got = _dollars(holders[h]) + account.claimable(holders[h], dollar);
            assertLe(got, shadow[h] / (1000 * SHARE), "never more than its share");
            assertGe(got + moves + 1, shadow[h] / (1000 * SHARE), "and no less, but for dust");
            sum += got;
        }
        assertLe(sum, paid);
    }
}
