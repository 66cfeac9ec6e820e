// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetAccount} from "../../../src/ledger/interfaces/IAssetAccount.sol";
import {IAssetRegistry} from "../../../src/ledger/interfaces/IAssetRegistry.sol";
import {AssetsTest} from "./AssetsTest.sol";
import {FalseDollar, HookDollar, IssuerDollar, Reenterer} from "./tokens/HostileTokens.sol";

/// @notice A dollar that stops, blocks or takes back: it holds up nobody but whom it means.
contract IssuerDollarTest is AssetsTest {
    IAssetAccount internal device;
    IAssetAccount internal model;
    IAssetAccount internal service;

    function _newDollar() internal override returns (address) {
        return address(new IssuerDollar());
    }

    function _payDollars(address to, uint256 amount) internal override {
        IssuerDollar(dollar).mint(to, amount);
    }

    function setUp() public override {
        super.setUp();
        device = _asset(bob);
        model = _asset(carol);
        service = _asset(alice, device, 300_000, model, 200_000);
    }

    /// @notice Attack: paused dollar. TRIB goes on, shares move, and afterwards everybody gets what is due.
    function test_attack_pausedDollar() public {
        _pay(service, 1000e6, 10 * SHARE);
        IssuerDollar(dollar).pause(true);

        vm.expectEmit(address(service));
        emit IAssetAccount.Unpaid(dollar, address(device), 300e6);
        service.flush();
        assertEq(_tribs(address(device)), 3 * SHARE);
        (uint256 dollars, uint256 tribs) = service.claim(alice);
        assertEq(dollars, 0);
        assertEq(tribs, 5 * SHARE);
        assertEq(service.claimable(alice, dollar), 500e6);
        assertEq(service.received(dollar), 1000e6);
        _transferShares(service, alice, bob, 1000 * SHARE);
        _pay(service, 100e6, 0);
        service.claim(bob);
        (dollars,) = service.pull(0);
        assertEq(dollars, 0);
        assertEq(service.owed(0, dollar), 330e6);

        IssuerDollar(dollar).pause(false);
        service.flush();
        service.claim(alice);
        service.claim(bob);
        assertEq(_dollars(device), 330e6);
        assertEq(_dollars(model), 220e6);
        assertEq(_dollars(alice), 500e6);
        assertEq(_dollars(bob), 50e6);
        assertEq(_dollars(service), 0);
    }

    /// @notice Attack: blocking dollar. A blocked upstream or holder blocks only itself.
    function test_attack_blockingDollar() public {
        IssuerDollar(dollar).setBlocked(address(device), true);
        _pay(service, 1000e6, 0);
        service.flush();
        assertEq(_dollars(model), 200e6);
        assertEq(service.owed(0, dollar), 300e6);
        assertEq(service.owed(1, dollar), 0);
        assertEq(service.received(dollar), 1000e6);
        service.claim(alice);
        assertEq(_dollars(alice), 500e6);

        _pay(service, 1000e6, 0);
        service.flush();
        assertEq(_dollars(model), 400e6);
        assertEq(service.owed(0, dollar), 600e6);
        assertEq(service.claimable(alice, dollar), 500e6);

        IssuerDollar(dollar).setBlocked(address(device), false);
        service.flush();
        assertEq(_dollars(device), 600e6);
        assertEq(service.received(dollar), 2000e6);
        _pay(service, 100e6, 0);
        service.flush();
        assertEq(_dollars(device), 630e6);
        assertEq(_dollars(model), 420e6);
    }

    /// @notice The same with TRIB stopped: dollars go on, for edges, holders and owners alike.
    function test_attack_blockedTrib() public {
        IAssetAccount bare = _register(alice, _blank());
        IAssetRegistry.Registration memory asset = _upstream(_blank(), device, 100_000);
        (asset.minter, asset.cap) = (address(pool), uint96(100 * SHARE));
        IAssetAccount pooled = _register(alice, asset);
        _pay(service, 1000e6, 10 * SHARE);
        _pay(bare, 10e6, SHARE);
        _pay(pooled, 10e6, SHARE);
        vm.mockCallRevert(address(trib), abi.encodeWithSelector(trib.transfer.selector), "stopped");
        service.flush();
        service.claim(alice);
        bare.claimOwner();
        pooled.pull(0);
        pooled.claimOwner();
        assertEq(_dollars(device), 301e6);
        assertEq(_dollars(alice), 519e6);
        assertEq(service.owed(0, address(trib)), 3 * SHARE);
        assertEq(service.claimable(alice, address(trib)), 5 * SHARE);

        vm.clearMockedCalls();
        service.flush();
        service.claim(alice);
        bare.claimOwner();
        pooled.pull(0);
        pooled.claimOwner();
        assertEq(_tribs(address(device)), 3.1e18);
        assertEq(_tribs(alice), 6.9e18);
        assertEq(_dollars(alice), 519e6);
    }

    /// @notice Attack: a caller gives so little gas that payments fail and look blocked.
    function test_attack_flushWithTooLittleGas() public {
        _pay(service, 1000e6, 10 * SHARE);
        for (uint256 gasLimit = 20_000; gasLimit < 500_000; gasLimit += 10_000) {
            uint256 before = vm.snapshotState();
            (bool ok,) = address(service).call{gas: gasLimit}(abi.encodeCall(service.flush, ()));
            assertEq(_dollars(device), ok ? 300e6 : 0);
            assertEq(_dollars(model), ok ? 200e6 : 0);
            vm.revertToState(before);
            (ok,) = address(service).call{gas: gasLimit}(abi.encodeCall(service.claim, (alice)));
            assertEq(_dollars(alice), ok ? 500e6 : 0);
            vm.revertToState(before);
        }
    }

    function test_claim_ofABlockedHolder_staysClaimable_andGoesToAPayee() public {
        IssuerDollar(dollar).setBlocked(alice, true);
        _pay(service, 1000e6, 0);
        service.claim(alice);
        service.claim(alice);
        assertEq(service.claimable(alice, dollar), 500e6);
        vm.prank(alice);
        service.setPayee(bob, false);
        service.claim(alice);
        assertEq(_dollars(bob), 500e6);
        assertEq(service.claimable(alice, dollar), 0);
    }

    function test_claimOwner_ofABlockedOwner_staysClaimable() public {
        IAssetAccount bare = _register(alice, _blank());
        IAssetAccount pooled = _pooled(alice, 100 * SHARE);
        _pay(bare, 10e6, SHARE);
        _pay(pooled, 10e6, SHARE);
        IssuerDollar(dollar).setBlocked(alice, true);
        bare.claimOwner();
        pooled.claimOwner();
        assertEq(_tribs(alice), 2 * SHARE);
        assertEq(bare.claimableOwner(dollar), 10e6);
        assertEq(pooled.claimableOwner(dollar), 10e6);
        IssuerDollar(dollar).setBlocked(alice, false);
        bare.claimOwner();
        pooled.claimOwner();
        assertEq(_dollars(alice), 20e6);
    }

    function test_seizure_neverMakesAnybodyEarnTwice() public {
        _pay(service, 1000e6, 0);
        service.flush();
        service.claim(alice);
        _pay(service, 100e6, 0);
        IssuerDollar(dollar).seize(address(service), 100e6);
        service.flush();
        (uint256 dollars,) = service.claim(alice);
        assertEq(dollars, 0);
        _transferShares(service, alice, bob, 400 * SHARE);
        _pay(service, 1000e6, 0);
        service.flush();
        service.claim(alice);
        service.claim(bob);
        assertEq(_dollars(device), 600e6);
        assertApproxEqAbs(_dollars(alice) + _dollars(bob), 1000e6, 1);
    }

    /// @notice Attack: pull ahead of the others, let the issuer seize, flush. What was pulled is not paid a second time.
    function test_attack_pullAheadOfASeizure() public {
        _pay(service, 1000e6, 0);
        service.pull(0);
        IssuerDollar(dollar).seize(address(service), 500e6);
        service.flush();
        assertEq(service.received(dollar), 500e6);
        _pay(service, 400e6, 0);
        service.flush();
        assertEq(_dollars(device), 300e6);
        _pay(service, 600e6, 0);
        service.flush();
        assertEq(service.received(dollar), 1500e6);
        assertEq(_dollars(device), 450e6);
        assertEq(_dollars(model), 300e6);
    }

    /// @notice The same with an upstream that is blocked meanwhile.
    function test_attack_pullAheadOfASeizure_besideABlockedOne() public {
        _pay(service, 1000e6, 0);
        service.pull(0);
        IssuerDollar(dollar).seize(address(service), 500e6);
        IssuerDollar(dollar).setBlocked(address(model), true);
        service.flush();
        IssuerDollar(dollar).setBlocked(address(model), false);
        _pay(service, 1000e6, 0);
        service.flush();
        assertEq(service.received(dollar), 1500e6);
        assertEq(_dollars(device), 450e6);
        assertEq(_dollars(model), 300e6);
    }

    /// @notice Whatever is blocked when, in the end everybody has what an unblocked run gives.
    function testFuzz_blocking_onlyDelays(uint256 seed) public {
        address[3] memory receivers = [address(device), address(model), alice];
        uint256 paid;
        for (uint256 i; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            IssuerDollar(dollar).setBlocked(receivers[seed % 3], (seed >> 8) % 2 == 0);
            uint256 amount = (seed >> 16) % 1e10;
            paid += amount;
            _pay(service, amount, 0);
            if ((seed >> 64) % 4 == 0) service.pull((seed >> 72) % 2);
            else if ((seed >> 64) % 4 == 1) service.claim(alice);
            else service.flush();
            assertEq(service.received(dollar), paid);
        }
        for (uint256 i; i < 3; ++i) {
            IssuerDollar(dollar).setBlocked(receivers[i], false);
        }
        service.flush();
        service.claim(alice);
        assertEq(_dollars(device), (paid * 3) / 10);
        assertEq(_dollars(model), (paid * 2) / 10);
        assertApproxEqAbs(_dollars(alice), paid / 2, 1);
    }
}

/// @notice A dollar that answers `false`.
contract FalseDollarTest is AssetsTest {
    function _newDollar() internal override returns (address) {
        return address(new FalseDollar());
    }

    function _payDollars(address to, uint256 amount) internal override {
        FalseDollar(dollar).mint(to, amount);
    }

    function test_refusal_isNoPayment() public {
        IAssetAccount device = _asset(bob);
        IAssetAccount service = _asset(alice, device, 300_000);
        _pay(service, 100e6, 0);
        FalseDollar(dollar).refuse(true);
        service.flush();
        service.claim(alice);
        assertEq(service.owed(0, dollar), 30e6);
        assertEq(service.claimable(alice, dollar), 70e6);
        FalseDollar(dollar).refuse(false);
        service.flush();
        service.claim(alice);
        assertEq(_dollars(device), 30e6);
        assertEq(_dollars(alice), 70e6);
    }
}

/// @notice A dollar that calls whom it pays, and receivers that call back.
contract ReentrancyTest is AssetsTest {
    Reenterer internal reenterer;
    IAssetAccount internal account;

    function _newDollar() internal override returns (address) {
        return address(new HookDollar());
    }

    function _payDollars(address to, uint256 amount) internal override {
        HookDollar(dollar).mint(to, amount);
    }

    function setUp() public override {
        super.setUp();
        reenterer = new Reenterer();
        account = _register(
            alice, _held(_held(_blank(), address(reenterer), 500 * SHARE), alice, 500 * SHARE)
        );
        _pay(account, 1000e6, 0);
    }

    /// @notice Attack: reentrancy. Every function that moves money or shares, and every view of money, is closed meanwhile.
    function test_attack_reentrancy() public {
        address me = address(reenterer);
        bytes[8] memory calls = [
            abi.encodeCall(account.claim, (me)),
            abi.encodeCall(account.claim, (alice)),
            abi.encodeCall(account.flush, ()),
            abi.encodeCall(account.sync, ()),
            abi.encodeCall(account.claimOwner, ()),
            abi.encodeCall(account.transfer, (alice, 500 * SHARE)),
            abi.encodeCall(account.received, (dollar)),
            abi.encodeCall(account.claimable, (me, dollar))
        ];
        for (uint256 i; i < calls.length; ++i) {
            uint256 before = vm.snapshotState();
            reenterer.arm(address(account), calls[i], false);
            account.claim(me);
            assertEq(reenterer.attempts(), 2);
            assertEq(reenterer.successes(), 0);
            assertEq(_dollars(me), 500e6);
            assertEq(account.claimable(alice, dollar), 500e6);
            assertEq(account.balanceOf(me), 500 * SHARE);
            vm.revertToState(before);
        }
    }

    /// @notice Attack: hostile receiver. It reverts whenever it is paid, and keeps only itself from its money.
    function test_attack_hostileReceiver() public {
        reenterer.arm(address(account), abi.encodeCall(account.claim, (alice)), true);
        (uint256 dollars,) = account.claim(address(reenterer));
        assertEq(dollars, 0);
        account.claim(alice);
        assertEq(_dollars(alice), 500e6);
        assertEq(account.claimable(address(reenterer), dollar), 500e6);
    }

    function test_attack_hostileReceiver_asOwnerAndPayee() public {
        IAssetAccount bare = _register(address(reenterer), _blank());
        _pay(bare, 100e6, SHARE);
        reenterer.arm(address(bare), abi.encodeCall(bare.claimOwner, ()), true);
        (uint256 dollars, uint256 tribs) = bare.claimOwner();
        assertEq(dollars, 0);
        assertEq(tribs, SHARE);
        assertEq(bare.claimableOwner(dollar), 100e6);
    }

    /// @notice A contract that is paid may well claim elsewhere: another account's books are its own.
    function test_reentrancy_intoAnotherAccount_isAllowed() public {
        IAssetAccount other = _register(alice, _held(_blank(), address(reenterer), SHARE));
        _pay(other, 10e6, 0);
        reenterer.arm(address(other), abi.encodeCall(other.claim, (alice)), true);
        account.claim(address(reenterer));
        assertEq(_dollars(address(reenterer)), 500e6);
    }
}
