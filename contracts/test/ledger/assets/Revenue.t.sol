// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetAccount} from "../../../src/ledger/interfaces/IAssetAccount.sol";
import {IAssetRegistry} from "../../../src/ledger/interfaces/IAssetRegistry.sol";
import {AssetsTest} from "./AssetsTest.sol";

/// @notice Where money goes that was sent to an account: up its edges, and to its holders.
contract RevenueTest is AssetsTest {
    IAssetAccount internal device;
    IAssetAccount internal model;
    IAssetAccount internal service;

    function setUp() public override {
        super.setUp();
        device = _asset(bob);
        model = _asset(carol);
        service = _asset(alice, device, 300_000, model, 200_000);
    }

    function test_flush_paysEveryUpstreamItsWeight() public {
        _pay(service, 1000e6, 10 * SHARE);
        assertEq(service.owed(0, dollar), 300e6);
        assertEq(service.owed(1, address(trib)), 2 * SHARE);
        service.flush();
        assertEq(_dollars(device), 300e6);
        assertEq(_dollars(model), 200e6);
        assertEq(_tribs(address(device)), 3 * SHARE);
        assertEq(_tribs(address(model)), 2 * SHARE);
        assertEq(service.owed(0, dollar), 0);
        assertEq(service.received(dollar), 1000e6);
        assertEq(service.received(address(trib)), 10 * SHARE);
    }

    function test_claim_paysTheRest() public {
        _pay(service, 1000e6, 10 * SHARE);
        assertEq(service.claimable(alice, dollar), 500e6);
        (uint256 dollars, uint256 tribs) = service.claim(alice);
        assertEq(dollars, 500e6);
        assertEq(tribs, 5 * SHARE);
        assertEq(_dollars(alice), 500e6);
        assertEq(_tribs(alice), 5 * SHARE);
        assertEq(service.claimable(alice, dollar), 0);
        service.flush();
        assertEq(_dollars(service), 0, "nothing stays behind");
    }

    function test_claim_twice_paysOnce() public {
        _pay(service, 1000e6, 0);
        service.claim(alice);
        (uint256 dollars, uint256 tribs) = service.claim(alice);
        assertEq(dollars + tribs, 0);
        assertEq(_dollars(alice), 500e6);
    }

    function test_claim_ofSomebodyWithoutShares_paysNothing() public {
        _pay(service, 1000e6, 0);
        (uint256 dollars,) = service.claim(stranger);
        assertEq(dollars, 0);
        (dollars,) = service.claim(address(service));
        assertEq(dollars, 0);
    }

    function test_pull_paysOneEdgeAlone() public {
        _pay(service, 1000e6, 10 * SHARE);
        (uint256 dollars, uint256 tribs) = service.pull(1);
        assertEq(dollars, 200e6);
        assertEq(tribs, 2 * SHARE);
        assertEq(_dollars(device), 0);
        assertEq(service.owed(1, dollar), 0);
        assertEq(service.owed(0, dollar), 300e6);
        assertEq(service.received(dollar), 1000e6);

        _pay(service, 100e6, 0);
        service.pull(1);
        service.flush();
        assertEq(_dollars(model), 220e6);
        assertEq(_dollars(device), 330e6);
        (dollars, tribs) = service.pull(0);
        assertEq(dollars + tribs, 0);
    }

    function test_pull_Revert_whenNoSuchUpstream() public {
        vm.expectRevert(abi.encodeWithSelector(IAssetAccount.NoSuchUpstream.selector, 2, 2));
        service.pull(2);
        vm.expectRevert(abi.encodeWithSelector(IAssetAccount.NoSuchUpstream.selector, 7, 2));
        service.owed(7, dollar);
    }

    function test_views_Revert_whenNotARevenueToken() public {
        bytes memory reason = abi.encodeWithSelector(IAssetAccount.NotRevenueToken.selector, stranger);
        vm.expectRevert(reason);
        service.received(stranger);
        vm.expectRevert(reason);
        service.claimable(alice, stranger);
        vm.expectRevert(reason);
        service.owed(0, stranger);
    }

    function test_flushMany_carriesMoneyAlongAPath() public {
        IAssetAccount dataset = _asset(stranger);
        IAssetAccount trained = _asset(carol, dataset, 100_000);
        IAssetAccount served = _asset(alice, trained, 500_000);
        _pay(served, 1000e6, 0);
        address[] memory path = new address[](2);
        (path[0], path[1]) = (address(served), address(trained));
        registry.flushMany(path);
        assertEq(_dollars(dataset), 50e6);
        dataset.claim(stranger);
        assertEq(_dollars(stranger), 50e6);
    }

    function test_flushMany_Revert_whenNoAsset() public {
        address[] memory path = new address[](2);
        (path[0], path[1]) = (address(service), stranger);
        vm.expectRevert(abi.encodeWithSelector(IAssetRegistry.UnknownAsset.selector, stranger));
        registry.flushMany(path);
    }

    function test_claimOwner_paysTheOwnerWhereThereAreNoShares() public {
        IAssetAccount bare = _register(alice, _upstream(_blank(), device, 400_000));
        _pay(bare, 100e6, SHARE);
        assertEq(bare.claimableOwner(dollar), 60e6);
        // The asset changes hands, and what is still in it with it.
        vm.prank(alice);
        registry.transferFrom(alice, bob, uint256(uint160(address(bare))));
        (uint256 dollars, uint256 tribs) = bare.claimOwner();
        assertEq(dollars, 60e6);
        assertEq(tribs, 0.6e18);
        assertEq(_dollars(bob), 60e6);
        bare.flush();
        assertEq(_dollars(bare), 0);
        assertEq(bare.claimableOwner(dollar), 0);
        (dollars,) = bare.claimOwner();
        assertEq(dollars, 0);
    }

    function test_claimOwner_withShares_paysNothing() public {
        _pay(service, 100e6, 0);
        (uint256 dollars,) = service.claimOwner();
        assertEq(dollars, 0);
    }

    function test_claimOwner_Revert_whenTheAccountOwnsItself() public {
        IAssetAccount bare = _register(alice, _blank());
        vm.prank(alice);
        registry.transferFrom(alice, address(bare), uint256(uint160(address(bare))));
        _pay(bare, 100e6, 0);
        vm.expectRevert(IAssetAccount.PaidToSelf.selector);
        bare.claimOwner();
    }

    // --- payee ---

    function test_setPayee_sendsClaimsElsewhere() public {
        vm.prank(alice);
        service.setPayee(carol, false);
        _pay(service, 1000e6, 0);
        service.claim(alice);
        assertEq(_dollars(carol), 500e6);
        assertEq(_dollars(alice), 0);
        (address payee, bool onlySelf) = service.payeeOf(alice);
        assertEq(payee, carol);
        assertFalse(onlySelf);
    }

    function test_setPayee_onlySelf_keepsOthersOut() public {
        vm.prank(alice);
        service.setPayee(address(0), true);
        _pay(service, 1000e6, 0);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAssetAccount.ClaimOnlySelf.selector, alice, stranger));
        service.claim(alice);
        vm.prank(alice);
        service.claim(alice);
        assertEq(_dollars(alice), 500e6);
    }

    function test_setPayee_Revert_whenTheAccountItself() public {
        vm.prank(alice);
        vm.expectRevert(IAssetAccount.PaidToSelf.selector);
        service.setPayee(address(service), false);
    }

    function test_setPayee_beforeAnyShares_staysAfterThem() public {
        vm.prank(bob);
        service.setPayee(carol, false);
        _transferShares(service, alice, bob, 500 * SHARE);
        _pay(service, 1000e6, 0);
        service.claim(bob);
        assertEq(_dollars(carol), 250e6);
    }

    // --- exactness ---

    /// @notice Attack: dues evaded by dust payments. A million payments too small to divide are one that is not.
    function test_attack_duesEvadedByDustPayments() public {
        for (uint256 i; i < 40; ++i) {
            _pay(service, 1, 1);
            service.flush();
            service.claim(alice);
        }
        assertEq(_dollars(device), 12);
        assertEq(_dollars(model), 8);
        assertEq(_dollars(alice), 20);
        _pay(service, 0, MILLIONTH);
        service.flush();
        assertEq(service.received(address(trib)), MILLIONTH, "less than a millionth of a TRIB waits");
    }

    /// @notice Neither the pieces in which money comes, nor who calls what when, change what anybody gets.
    function testFuzz_revenue_isIndependentOfOrderAndPieces(uint256[6] memory amounts, uint256 calls, uint24 a, uint24 b)
        public
    {
        uint24 weightA = uint24(bound(a, 1, PPM - 1));
        uint24 weightB = uint24(bound(b, 1, PPM - weightA));
        IAssetAccount pieces = _asset(alice, device, weightA, model, weightB);
        IAssetAccount atOnce = _asset(alice, device, weightA, model, weightB);
        uint256 total;
        for (uint256 i; i < amounts.length; ++i) {
            amounts[i] = bound(amounts[i], 0, 1e12);
            total += amounts[i];
            _pay(pieces, amounts[i], 0);
            uint256 call = (calls >> (8 * i)) % 5;
            if (call == 0) pieces.flush();
            else if (call == 1) pieces.pull(0);
            else if (call == 2) pieces.pull(1);
            else if (call == 3) pieces.claim(alice);
        }
        uint256[3] memory before = [_dollars(device), _dollars(model), _dollars(alice)];
        uint256[3] memory gained =
            [pieces.owed(0, dollar), pieces.owed(1, dollar), pieces.claimable(alice, dollar)];
        pieces.claim(alice);
        pieces.flush();
        assertEq(_dollars(device) - before[0], gained[0]);
        assertEq(_dollars(model) - before[1], gained[1]);
        assertEq(_dollars(alice) - before[2], gained[2]);
        assertEq(pieces.received(dollar), total);
        assertLe(_dollars(pieces), 2, "at most a millionth an edge stays");

        (uint256 deviceBefore, uint256 modelBefore, uint256 aliceBefore) =
            (_dollars(device), _dollars(model), _dollars(alice));
        _pay(atOnce, total, 0);
        atOnce.flush();
        atOnce.claim(alice);
        assertEq(_dollars(device) - deviceBefore, deviceBefore);
        assertEq(_dollars(model) - modelBefore, modelBefore);
        assertEq(_dollars(alice) - aliceBefore, aliceBefore);
    }

    function testFuzz_revenue_dividesWithoutLoss(uint256 dollars, uint256 tribs) public {
        dollars = bound(dollars, 0, MAX_DOLLARS);
        tribs = bound(tribs, 0, MAX_TRIBS);
        _pay(service, dollars, tribs);
        service.flush();
        service.claim(alice);
        assertEq(_dollars(device), (dollars * 3) / 10);
        assertEq(_dollars(model), (dollars * 2) / 10);
        assertLe(_dollars(service), 2);
        assertEq(_dollars(device) + _dollars(model) + _dollars(alice) + _dollars(service), dollars);
        assertLt(_tribs(address(service)), 3 * MILLIONTH);
        assertEq(
            _tribs(address(device)) + _tribs(address(model)) + _tribs(alice) + _tribs(address(service)), tribs
        );
    }
}
