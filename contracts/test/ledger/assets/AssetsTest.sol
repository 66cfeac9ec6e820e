// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Holder, IAssetAccount} from "../../../src/ledger/interfaces/IAssetAccount.sol";
import {IAssetRegistry} from "../../../src/ledger/interfaces/IAssetRegistry.sol";
import {ITestDollar} from "../../../src/ledger/interfaces/ITestDollar.sol";
import {Test} from "../../support/Test.sol";

/// @notice A minter that does what the test says.
contract Pool {
    function mint(IAssetAccount account, address to, uint256 shares) external {
        account.mint(to, shares);
    }
}

/// @notice A registry with both tokens, people with names, and short ways to register and pay.
abstract contract AssetsTest is Test {
    uint256 internal constant PPM = 1e6;
    uint256 internal constant SHARE = 1e18;
    uint256 internal constant MAX_DOLLARS = 1e15; // a thousand million dollars
    uint256 internal constant MAX_TRIBS = 1e27; // all there is
    uint256 internal constant MILLIONTH = 1e12; // of a TRIB, in base units

    IAssetRegistry internal registry;
    address internal dollar;
    IERC20 internal trib;
    Pool internal pool;

    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");
    address internal stranger = makeAddr("stranger");

    uint256 private _count;

    function setUp() public virtual {
        dollar = _newDollar();
        trib = IERC20(deployBuilt("src/ledger/Trib.sol:Trib", abi.encode(address(this))));
        registry = IAssetRegistry(
            deployBuilt("src/ledger/AssetRegistry.sol:AssetRegistry", abi.encode(dollar, address(trib)))
        );
        pool = new Pool();
    }

    function _newDollar() internal virtual returns (address) {
        return deployBuilt("src/ledger/TestDollar.sol:TestDollar", "");
    }

    // --- registering ---

    function _blank() internal returns (IAssetRegistry.Registration memory asset) {
        asset.kind = IAssetRegistry.Kind.dataset;
        asset.uri = string.concat("ipfs://description/", vm.toString(_count++));
    }

    function _register(address owner, IAssetRegistry.Registration memory asset) internal returns (IAssetAccount) {
        vm.prank(owner);
        return IAssetAccount(registry.register(asset));
    }

    /// @dev All shares with `holder`, nothing upstream.
    function _asset(address holder) internal returns (IAssetAccount) {
        return _register(holder, _held(_blank(), holder, 1000 * SHARE));
    }

    /// @dev One or two upstreams, all shares with `holder`.
    function _asset(address holder, IAssetAccount a, uint24 weightA) internal returns (IAssetAccount) {
        return _register(holder, _upstream(_held(_blank(), holder, 1000 * SHARE), a, weightA));
    }

    function _asset(address holder, IAssetAccount a, uint24 weightA, IAssetAccount b, uint24 weightB)
        internal
        returns (IAssetAccount)
    {
        IAssetRegistry.Registration memory asset = _held(_blank(), holder, 1000 * SHARE);
        return _register(holder, _upstream(_upstream(asset, a, weightA), b, weightB));
    }

    function _assetWithDues(address holder, uint24 dues) internal returns (IAssetAccount) {
        IAssetRegistry.Registration memory asset = _held(_blank(), holder, 1000 * SHARE);
        asset.dues = dues;
        return _register(holder, asset);
    }

    /// @dev Shares come from `pool` alone; nobody has any yet.
    function _pooled(address owner, uint256 cap) internal returns (IAssetAccount) {
        IAssetRegistry.Registration memory asset = _blank();
        asset.minter = address(pool);
        asset.cap = uint96(cap);
        return _register(owner, asset);
    }

    function _held(IAssetRegistry.Registration memory asset, address holder, uint256 shares)
        internal
        pure
        returns (IAssetRegistry.Registration memory)
    {
        Holder[] memory holders = new Holder[](asset.holders.length + 1);
        for (uint256 i; i < asset.holders.length; ++i) {
            holders[i] = asset.holders[i];
        }
        holders[asset.holders.length] = Holder({holder: holder, shares: uint96(shares)});
        asset.holders = holders;
        asset.cap += uint96(shares);
        return asset;
    }

    function _upstream(IAssetRegistry.Registration memory asset, IAssetAccount account, uint24 weight)
        internal
        pure
        returns (IAssetRegistry.Registration memory)
    {
        uint256 count = asset.upstream.length;
        address[] memory accounts = new address[](count + 1);
        uint24[] memory weights = new uint24[](count + 1);
        for (uint256 i; i < count; ++i) {
            (accounts[i], weights[i]) = (asset.upstream[i], asset.weights[i]);
        }
        (accounts[count], weights[count]) = (address(account), weight);
        (asset.upstream, asset.weights) = (accounts, weights);
        return asset;
    }

    // --- paying and reading ---

    function _payDollars(address to, uint256 amount) internal virtual {
        // `TestDollar` mints a million dollars a call.
        while (amount != 0) {
            uint256 part = amount < 1e12 ? amount : 1e12;
            ITestDollar(dollar).mint(to, part);
            amount -= part;
        }
    }

    function _pay(IAssetAccount account, uint256 dollars, uint256 tribs) internal {
        if (dollars != 0) _payDollars(address(account), dollars);
        if (tribs != 0) trib.transfer(address(account), tribs);
    }

    function _dollars(address who) internal view returns (uint256) {
        return IERC20(dollar).balanceOf(who);
    }

    function _dollars(IAssetAccount who) internal view returns (uint256) {
        return IERC20(dollar).balanceOf(address(who));
    }

    function _tribs(address who) internal view returns (uint256) {
        return trib.balanceOf(who);
    }

    function _transferShares(IAssetAccount account, address from, address to, uint256 shares) internal {
        vm.prank(from);
        account.transfer(to, shares);
    }
}
