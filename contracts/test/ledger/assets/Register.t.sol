// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {Holder, IAssetAccount, Obligation} from "../../../src/ledger/interfaces/IAssetAccount.sol";
import {IAssetRegistry} from "../../../src/ledger/interfaces/IAssetRegistry.sol";
import {AssetsTest} from "./AssetsTest.sol";

contract RegisterTest is AssetsTest {
    function test_register_givesTokenAccountAndShares() public {
        IAssetAccount device = _asset(bob);
        IAssetRegistry.Registration memory asset = _held(_held(_blank(), alice, 600 * SHARE), bob, 400 * SHARE);
        asset = _upstream(asset, device, 250_000);
        asset.kind = IAssetRegistry.Kind.service;
        asset.dues = 50_000;
        IAssetAccount account = _register(carol, asset);

        assertEq(registry.ownerOf(uint256(uint160(address(account)))), carol);
        assertTrue(registry.isAsset(address(account)));
        assertEq(account.owner(), carol);
        assertEq(account.registry(), address(registry));
        assertEq(account.dollar(), dollar);
        assertEq(account.trib(), address(trib));
        assertEq(account.kind(), uint256(IAssetRegistry.Kind.service));
        assertEq(account.dues(), 50_000);
        assertEq(account.minter(), address(0));
        assertEq(account.cap(), 1000 * SHARE);
        assertEq(account.totalSupply(), 1000 * SHARE);
        assertEq(account.balanceOf(alice), 600 * SHARE);
        assertEq(account.balanceOf(bob), 400 * SHARE);
        assertEq(account.name(), "Tributary shares");
        assertEq(account.symbol(), "SHARES");
        assertEq(account.decimals(), 18);
        (address[] memory accounts, uint24[] memory weights) = account.upstream();
        assertEq(accounts.length, 1);
        assertEq(accounts[0], address(device));
        assertEq(weights[0], 250_000);
    }

    function test_register_emitsWhatContractsDoNotKeep() public {
        IAssetRegistry.Registration memory asset = _held(_blank(), alice, SHARE);
        address account = registry.predict(alice, asset);
        vm.expectEmit(address(registry));
        emit IAssetRegistry.Registered(
            account, alice, asset.kind, asset.uri, asset.upstream, asset.weights, 0, address(0), uint96(SHARE)
        );
        _register(alice, asset);
        assertEq(IERC721Metadata(address(registry)).tokenURI(uint256(uint160(account))), "");
    }

    function test_register_withMinter_showsMinterAndCap() public {
        IAssetAccount account = _pooled(alice, 500 * SHARE);
        assertEq(account.minter(), address(pool));
        assertEq(account.cap(), 500 * SHARE);
        assertEq(account.totalSupply(), 0);
    }

    function test_register_sameHolderTwice_addsUp() public {
        IAssetAccount account = _register(alice, _held(_held(_blank(), alice, SHARE), alice, 2 * SHARE));
        assertEq(account.balanceOf(alice), 3 * SHARE);
    }

    function testFuzz_predict_isWhereRegisterGoes(address sender, uint24 weight, uint24 dues, uint96 shares, string calldata uri)
        public
    {
        vm.assume(sender != address(0));
        IAssetAccount upstream = _asset(bob);
        IAssetRegistry.Registration memory asset =
            _upstream(_held(_blank(), alice, bound(shares, 1e12, type(uint96).max)), upstream, uint24(bound(weight, 1, PPM)));
        asset.dues = uint24(bound(dues, 0, PPM));
        asset.uri = uri;
        vm.assume(bytes(uri).length <= 2048);
        address predicted = registry.predict(sender, asset);
        assertFalse(registry.isAsset(predicted));
        assertEq(address(_register(sender, asset)), predicted);
    }

    /// @notice Attack: address taken by a copier. Whatever differs, the sender first of all, leads elsewhere.
    function test_attack_addressTakenByACopier() public {
        IAssetRegistry.Registration memory asset = _held(_blank(), alice, SHARE);
        address paid = registry.predict(alice, asset);
        assertNotEq(registry.predict(bob, asset), paid);
        _payDollars(paid, 100e6);

        vm.prank(bob);
        assertNotEq(registry.register(asset), paid);

        IAssetAccount account = _register(alice, asset);
        assertEq(address(account), paid);
        account.claim(alice);
        assertEq(_dollars(alice), 100e6, "what was paid before belongs to the holders the address stands for");
    }

    /// @notice Attack: address taken by a reorganisation. Replaying other registrations first, or none, moves no address.
    function test_attack_addressTakenByAReorg() public {
        IAssetRegistry.Registration memory asset = _held(_blank(), alice, SHARE);
        uint256 before = vm.snapshotState();
        address first = address(_register(alice, asset));
        vm.revertToState(before);
        _asset(bob);
        _asset(alice);
        vm.roll(block.number + 7);
        assertEq(address(_register(alice, asset)), first);
    }

    function test_predict_dependsOnEveryArgument() public {
        IAssetAccount upstream = _asset(bob);
        IAssetAccount other = _asset(bob);
        IAssetRegistry.Registration memory asset = _upstream(_held(_blank(), alice, SHARE), upstream, 100);
        address base = registry.predict(alice, asset);

        asset.kind = IAssetRegistry.Kind.work;
        assertNotEq(registry.predict(alice, asset), base);
        asset.kind = IAssetRegistry.Kind.dataset;
        asset.weights[0] = 101;
        assertNotEq(registry.predict(alice, asset), base);
        asset.weights[0] = 100;
        asset.upstream[0] = address(other);
        assertNotEq(registry.predict(alice, asset), base);
        asset.upstream[0] = address(upstream);
        asset.dues = 1;
        assertNotEq(registry.predict(alice, asset), base);
        asset.dues = 0;
        asset.minter = address(pool);
        assertNotEq(registry.predict(alice, asset), base);
        asset.minter = address(0);
        asset.cap += 1;
        assertNotEq(registry.predict(alice, asset), base);
        asset.cap -= 1;
        asset.holders[0].holder = bob;
        assertNotEq(registry.predict(alice, asset), base);
        asset.holders[0].holder = alice;
        asset.holders[0].shares += 1;
        assertNotEq(registry.predict(alice, asset), base);
        asset.holders[0].shares -= 1;
        assertEq(registry.predict(alice, asset), base);
        asset.uri = "ipfs://something else";
        assertNotEq(registry.predict(alice, asset), base);
    }

    function test_register_Revert_whenTheSameAgain() public {
        IAssetRegistry.Registration memory asset = _held(_blank(), alice, SHARE);
        IAssetAccount account = _register(alice, asset);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.AlreadyRegistered.selector, account));
    }

    function test_register_Revert_whenUpstreamIsWrong() public {
        IAssetAccount a = _asset(bob);
        IAssetAccount b = _asset(bob);
        IAssetRegistry.Registration memory asset = _upstream(_blank(), IAssetAccount(stranger), 100);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.UnknownAsset.selector, stranger));

        asset = _upstream(_blank(), a, 0);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.ZeroWeight.selector, 0));

        asset = _upstream(_upstream(_blank(), a, 1), a, 2);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.DuplicateUpstream.selector, a));

        asset = _upstream(_upstream(_blank(), a, 600_000), b, 400_001);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.WeightsExceedAll.selector, 1_000_001));

        asset = _upstream(_blank(), a, 1);
        asset.weights = new uint24[](2);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.LengthMismatch.selector, 1, 2));

        asset = _blank();
        asset.upstream = new address[](17);
        asset.weights = new uint24[](17);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.TooManyUpstream.selector, 17, 16));
    }

    function test_register_sixteenUpstreams_allGetTheirs() public {
        IAssetRegistry.Registration memory asset = _held(_blank(), alice, SHARE);
        IAssetAccount[] memory all = new IAssetAccount[](16);
        for (uint256 i; i < 16; ++i) {
            all[i] = _asset(bob);
            asset = _upstream(asset, all[i], uint24(10_000 * (i + 1) / 2));
        }
        IAssetAccount account = _register(alice, asset);
        _pay(account, 1000e6, 0);
        account.flush();
        for (uint256 i; i < 16; ++i) {
            assertEq(_dollars(all[i]), 1000e6 * (10_000 * (i + 1) / 2) / PPM);
        }
    }

    function test_register_Revert_whenDescriptionTooLong() public {
        IAssetRegistry.Registration memory asset = _blank();
        asset.uri = string(new bytes(2049));
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.URITooLong.selector, 2049, 2048));
        asset.uri = string(new bytes(2048));
        _register(alice, asset);
    }

    function test_register_Revert_whenSharesAreWrong() public {
        IAssetRegistry.Registration memory asset = _held(_blank(), alice, SHARE);
        asset.cap += 1;
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.SharesNotCap.selector, SHARE, SHARE + 1));

        asset = _held(_blank(), alice, SHARE);
        asset.minter = address(pool);
        asset.cap -= 1;
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.SharesNotCap.selector, SHARE, SHARE - 1));

        asset = _held(_blank(), address(0), SHARE);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.EmptyHolder.selector, 0));

        asset = _held(_held(_blank(), alice, SHARE), bob, 0);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.EmptyHolder.selector, 1));

        asset = _held(_blank(), alice, 1e12 - 1);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.TooFewShares.selector, 1e12 - 1, 1e12));

        asset = _blank();
        asset.holders = new Holder[](65);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.TooManyHolders.selector, 65, 64));
    }

    function test_register_Revert_whenMinterIsNoContract() public {
        IAssetRegistry.Registration memory asset = _blank();
        asset.cap = 1e20;
        asset.minter = stranger;
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.MinterWithoutCode.selector, stranger));

        // A person whose account delegates to a contract (EIP-7702) can change that any day.
        vm.etch(stranger, abi.encodePacked(hex"ef0100", address(pool)));
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.MinterWithoutCode.selector, stranger));
    }

    function test_setURI_onlyOwner_onlyAssets() public {
        IAssetAccount account = _asset(alice);
        vm.expectEmit(address(registry));
        emit IAssetRegistry.URISet(address(account), "ipfs://new");
        vm.prank(alice);
        registry.setURI(address(account), "ipfs://new");

        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IAssetRegistry.NotOwner.selector, bob, alice));
        registry.setURI(address(account), "ipfs://new");
        vm.expectRevert(abi.encodeWithSelector(IAssetRegistry.UnknownAsset.selector, stranger));
        registry.setURI(stranger, "ipfs://new");
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAssetRegistry.URITooLong.selector, 3000, 2048));
        registry.setURI(address(account), string(new bytes(3000)));
    }

    function test_initialize_Revert_whenNotRegistry() public {
        IAssetAccount account = _asset(alice);
        vm.expectRevert(abi.encodeWithSelector(IAssetAccount.NotRegistry.selector, address(this)));
        account.initialize(new Holder[](0));
        IAssetAccount implementation = IAssetAccount(registry.implementation());
        vm.expectRevert(abi.encodeWithSelector(IAssetAccount.NotRegistry.selector, address(this)));
        implementation.initialize(new Holder[](0));
    }

    // --- dues ---

    function test_dues_refusedWhenTooLittleReachesTheAncestor() public {
        IAssetAccount dataset = _assetWithDues(alice, 50_000);
        IAssetRegistry.Registration memory asset = _upstream(_held(_blank(), bob, SHARE), dataset, 49_999);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.DuesUnpaid.selector, dataset, 49_999, 50_000));
        _asset(bob, dataset, 50_000);
    }

    /// @notice Attack: dues evaded by a shell. The shell pays what is due, and what is built on the shell owes it as well.
    function test_attack_duesEvadedByAShell() public {
        IAssetAccount dataset = _assetWithDues(alice, 50_000);
        IAssetAccount shell = _asset(bob, dataset, 50_000);
        IAssetRegistry.Registration memory asset = _upstream(_held(_blank(), bob, SHARE), shell, 100_000);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.DuesUnpaid.selector, dataset, 5000, 50_000));

        // Shell upon shell is no better.
        IAssetAccount second = _asset(bob, shell, 1_000_000);
        asset = _upstream(_held(_blank(), bob, SHARE), second, 999_999);
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.DuesUnpaid.selector, dataset, 49_999, 50_000));

        // Honest ways: through the shell alone, or beside it.
        _asset(bob, second, 1_000_000);
        _asset(bob, shell, 100_000, dataset, 45_000);
    }

    function test_dues_addUpOverPaths() public {
        IAssetAccount dataset = _assetWithDues(alice, 100_000);
        IAssetAccount left = _asset(bob, dataset, 200_000);
        IAssetAccount right = _asset(bob, dataset, 100_000);
        IAssetAccount both = _asset(bob, left, 300_000, right, 400_000);
        Obligation[] memory list = both.obligations();
        assertEq(list.length, 1);
        assertEq(list[0].ancestor, address(dataset));
        assertEq(list[0].due, 100_000);
        assertEq(list[0].flow, 100_000);
    }

    function test_dues_ownComeAfterTheInherited() public {
        IAssetAccount dataset = _assetWithDues(alice, 10_000);
        IAssetRegistry.Registration memory asset = _upstream(_held(_blank(), bob, SHARE), dataset, 20_000);
        asset.dues = 30_000;
        IAssetAccount model = _register(bob, asset);
        Obligation[] memory list = model.obligations();
        assertEq(list.length, 2);
        assertEq(list[0].ancestor, address(dataset));
        assertEq(list[0].flow, 20_000);
        assertEq(list[1].ancestor, address(model));
        assertEq(list[1].due, 30_000);
        assertEq(list[1].flow, PPM);
    }

    function test_dues_eightAtMost() public {
        IAssetRegistry.Registration memory asset = _held(_blank(), bob, SHARE);
        for (uint256 i; i < 8; ++i) {
            asset = _upstream(asset, _assetWithDues(alice, 1000), 1000);
        }
        IAssetAccount full = _register(bob, asset);
        assertEq(full.obligations().length, 8);

        IAssetRegistry.Registration memory next = _upstream(_held(_blank(), bob, SHARE), full, 1_000_000);
        next.dues = 1;
        _refused(next, abi.encodeWithSelector(IAssetRegistry.TooManyDues.selector, 9, 8));
        next.dues = 0;
        _register(bob, next);

        asset = _upstream(asset, _assetWithDues(alice, 1000), 1000);
        asset.uri = "ipfs://nine";
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.TooManyDues.selector, 9, 8));
    }

    function test_dues_Revert_whenMoreThanAll() public {
        IAssetRegistry.Registration memory asset = _blank();
        asset.dues = 1_000_001;
        _refused(asset, abi.encodeWithSelector(IAssetRegistry.DuesExceedAll.selector, 1_000_001));
    }

    /// @notice What the list says reaches an ancestor does reach it.
    function testFuzz_dues_flowIsWhatArrives(uint24 a, uint24 b, uint24 c, uint256 dollars) public {
        IAssetAccount dataset = _assetWithDues(alice, 1);
        IAssetAccount model = _asset(bob, dataset, uint24(bound(a, 10_000, PPM)));
        uint24 weight = uint24(bound(b, 10_000, PPM - 1));
        IAssetAccount service = _asset(bob, model, weight, dataset, uint24(bound(c, 1, PPM - weight)));
        dollars = bound(dollars, 1, 1e14);
        _pay(service, dollars, 0);
        service.flush();
        model.flush();
        uint256 flow = service.obligations()[0].flow;
        assertLe((dollars * flow) / PPM, dataset.received(dollar) + 2, "two edges, one millionth each");
    }

    function _refused(IAssetRegistry.Registration memory asset, bytes memory reason) private {
        vm.prank(alice);
        vm.expectRevert(reason);
        registry.register(asset);
    }
}
