// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IAssetAccount} from "../../../src/ledger/interfaces/IAssetAccount.sol";
import {IAssetRegistry} from "../../../src/ledger/interfaces/IAssetRegistry.sol";
import {AssetsTest} from "./AssetsTest.sol";

/// @notice Accounts whose shares a contract mints: the cap, the owner's part, and the release over 24 hours.
contract MinterTest is AssetsTest {
    IAssetAccount internal account;

    function setUp() public override {
        super.setUp();
        vm.warp(1_700_000_000);
        account = _pooled(carol, 1_000_000 * SHARE);
    }

    function _mint(address to, uint256 shares) private {
        pool.mint(account, to, shares);
    }

    function test_mint_onlyMinter_upToTheCap() public {
        vm.expectRevert(abi.encodeWithSelector(IAssetAccount.NotMinter.selector, address(this), address(pool)));
        account.mint(alice, 1);
        _mint(alice, 600_000 * SHARE);
        vm.expectRevert(
            abi.encodeWithSelector(IAssetAccount.CapExceeded.selector, 1_000_000 * SHARE + 1, 1_000_000 * SHARE)
        );
        _mint(alice, 400_000 * SHARE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAssetAccount.CapExceeded.selector, type(uint256).max, 1_000_000 * SHARE)
        );
        _mint(alice, type(uint256).max);
        _mint(bob, 400_000 * SHARE);
        assertEq(account.totalSupply(), 1_000_000 * SHARE);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        _mint(address(0), 0);
    }

    function test_burn_takesSharesAndLeavesEarnings() public {
        _mint(alice, 100 * SHARE);
        _mint(bob, 100 * SHARE);
        _pay(account, 100e6, 0);
        account.sync();
        skip(1 days);
        vm.prank(alice);
        account.burn(100 * SHARE);
        assertEq(account.totalSupply(), 100 * SHARE);
        assertApproxEqAbs(account.claimable(alice, dollar), 50e6, 1);
        vm.prank(bob);
        account.approve(alice, 60 * SHARE);
        vm.startPrank(alice);
        account.burnFrom(bob, 60 * SHARE);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, alice, 0, 1));
        account.burnFrom(bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 0, 1));
        account.burn(1);
        vm.stopPrank();
        account.claim(alice);
        account.claim(bob);
        assertApproxEqAbs(_dollars(alice), 50e6, 1);
        assertApproxEqAbs(_dollars(bob), 50e6, 1);
    }

    function test_release_isEvenOverADay() public {
        _mint(alice, 100 * SHARE);
        _pay(account, 2400e6, 24 * SHARE);
        account.sync();
        assertEq(account.claimable(alice, dollar), 0);
        (uint256 amount, uint256 until) = account.releasing(dollar);
        assertEq(amount, 2400e6);
        assertEq(until, block.timestamp + 1 days);
        skip(6 hours);
        assertApproxEqAbs(account.claimable(alice, dollar), 600e6, 1);
        account.claim(alice);
        assertApproxEqAbs(_dollars(alice), 600e6, 1);
        assertApproxEqAbs(_tribs(alice), 6 * SHARE, MILLIONTH);
        skip(18 hours);
        account.claim(alice);
        assertApproxEqAbs(_dollars(alice), 2400e6, 1);
        (amount,) = account.releasing(dollar);
        assertEq(amount, 0);
    }

    function test_release_startsWhenSeen_notWhenSent() public {
        _mint(alice, 100 * SHARE);
        _pay(account, 100e6, 0);
        skip(30 days);
        assertEq(account.claimable(alice, dollar), 0);
        account.claim(alice);
        skip(1 days);
        assertApproxEqAbs(account.claimable(alice, dollar), 100e6, 1);
    }

    function test_release_ofTwoAmounts_endsAtTheWeightedTime() public {
        _mint(alice, 100 * SHARE);
        _pay(account, 100e6, 0);
        account.sync();
        skip(12 hours);
        _pay(account, 150e6, 0);
        account.sync();
        // 50 are left with 12 hours to go, 150 have 24: 21 hours for all.
        (uint256 amount, uint256 until) = account.releasing(dollar);
        assertEq(amount, 200e6);
        assertEq(until, block.timestamp + 21 hours);
    }

    /// @notice Attack: dust payments put a release off.
    function test_attack_releasePutOffByDust() public {
        _mint(alice, 100 * SHARE);
        _pay(account, 1000e6, 0);
        account.sync();
        for (uint256 i; i < 48; ++i) {
            skip(30 minutes);
            _pay(account, 1, 0);
            account.sync();
        }
        assertGe(account.claimable(alice, dollar), 999e6);
    }

    function test_release_upstreamIsPaidAtOnce() public {
        IAssetAccount device = _asset(bob);
        IAssetRegistry.Registration memory asset = _upstream(_blank(), device, 250_000);
        (asset.minter, asset.cap) = (address(pool), uint96(1000 * SHARE));
        account = _register(carol, asset);
        _mint(alice, 100 * SHARE);
        _pay(account, 100e6, 0);
        account.flush();
        assertEq(_dollars(device), 25e6);
        (uint256 amount,) = account.releasing(dollar);
        assertEq(amount, 75e6, "a flush starts the release");
        skip(1 days);
        account.claim(alice);
        assertApproxEqAbs(_dollars(alice), 75e6, 1);
    }

    /// @notice Attack: the first minter takes old revenue.
    function test_attack_firstMinterTakesOldRevenue() public {
        _pay(account, 1000e6, SHARE);
        _mint(alice, 1 * SHARE);
        assertEq(account.claimableOwner(dollar), 1000e6);
        skip(2 days);
        assertEq(account.claimable(alice, dollar), 0);
        (uint256 dollars,) = account.claim(alice);
        assertEq(dollars, 0);
        account.claimOwner();
        assertEq(_dollars(carol), 1000e6);
        assertEq(_tribs(carol), SHARE);
    }

    /// @notice The same with a minter that minted almost nothing before: below a millionth of a share nobody holds.
    function test_attack_firstMinterTakesOldRevenue_withDustShares() public {
        _mint(alice, 1e12 - 1);
        _pay(account, 1000e6, 0);
        skip(2 days);
        account.sync();
        skip(2 days);
        assertEq(account.claimable(alice, dollar), 0);
        assertEq(account.claimableOwner(dollar), 1000e6);
    }

    function test_release_whenAllSharesGo_theRestIsTheOwners() public {
        _mint(alice, 100 * SHARE);
        _pay(account, 240e6, 0);
        account.sync();
        skip(6 hours);
        vm.prank(alice);
        account.burn(100 * SHARE);
        assertApproxEqAbs(account.claimable(alice, dollar), 60e6, 1);
        _mint(bob, 100 * SHARE);
        skip(2 days);
        assertEq(account.claimable(bob, dollar), 0);
        account.claimOwner();
        account.claim(alice);
        assertApproxEqAbs(_dollars(carol), 180e6, 1);
        assertLe(_dollars(account), 1);
    }

    /// @notice Attack: revenue sandwich around a claim. Shares bought just before revenue is seen and sold just after earn
    /// nothing; held for an hour they earn an hour's release.
    function test_attack_revenueSandwichAroundAClaim() public {
        _mint(alice, 100 * SHARE);
        _pay(account, 1000e6, 0);
        // In one block: buy nine tenths, have the revenue seen, sell again.
        _mint(bob, 900 * SHARE);
        account.flush();
        account.claim(bob);
        vm.prank(bob);
        account.burn(900 * SHARE);
        assertEq(_dollars(bob) + account.claimable(bob, dollar), 0);

        _mint(bob, 900 * SHARE);
        skip(1 hours);
        vm.prank(bob);
        account.burn(900 * SHARE);
        assertLe(account.claimable(bob, dollar), (1000e6 * 9) / 10 / 24);
        skip(1 days);
        assertGe(account.claimable(alice, dollar), 950e6);
    }

    /// @notice Attack: a first buyer drives the index so high with its own money that later holders get nothing.
    function test_attack_indexDrivenToItsBound() public {
        _mint(alice, 1e12);
        for (uint256 i; i < 5; ++i) {
            _pay(account, 0, 200_000_000 * SHARE);
            account.sync();
            skip(1 days);
            account.claim(alice);
            uint256 back = trib.balanceOf(alice);
            vm.prank(alice);
            trib.transfer(address(this), back);
        }
        vm.prank(alice);
        account.burn(1e12);
        _mint(bob, 1000 * SHARE);
        _pay(account, 0, 10 * SHARE);
        account.sync();
        skip(1 days);
        assertApproxEqAbs(account.claimable(bob, address(trib)), 10 * SHARE, MILLIONTH);
    }

    /// @notice Whatever is minted, burnt and paid when: in = out + held, and nobody gets what came before it held.
    function testFuzz_minter_conservesMoney(uint256 seed) public {
        address[2] memory people = [alice, bob];
        uint256 paid;
        for (uint256 i; i < 16; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            address who = people[(seed >> 8) % 2];
            uint256 what = seed % 6;
            if (what == 0) {
                uint256 amount = (seed >> 16) % 1e12;
                _pay(account, amount, 0);
                paid += amount;
            } else if (what == 1) {
                _mint(who, (seed >> 16) % (10 * SHARE));
            } else if (what == 2) {
                uint256 balance = account.balanceOf(who);
                vm.prank(who);
                account.burn(seed & (1 << 255) == 0 ? (seed >> 16) % (balance + 1) : balance);
            } else if (what == 3) {
                account.claim(who);
            } else if (what == 4) {
                account.claimOwner();
            } else {
                skip((seed >> 16) % 30 hours);
            }
            (uint256 coming,) = account.releasing(dollar);
            assertLe(
                account.claimable(alice, dollar) + account.claimable(bob, dollar) + account.claimableOwner(dollar)
                    + coming,
                _dollars(account),
                "owed at most what is held"
            );
        }
        assertEq(_dollars(account) + _dollars(alice) + _dollars(bob) + _dollars(carol), paid);
        account.sync();
        skip(1 days);
        account.claim(alice);
        account.claim(bob);
        account.claimOwner();
        assertLe(_dollars(account), 32, "two millionths a step at most stay");
    }
}
