// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAssetAccount} from "../../../src/ledger/interfaces/IAssetAccount.sol";
import {IAssetRegistry} from "../../../src/ledger/interfaces/IAssetRegistry.sol";
import {Test} from "../../support/Test.sol";
import {AssetsTest, Pool} from "./AssetsTest.sol";
import {IssuerDollar} from "./tokens/HostileTokens.sol";

/// @notice Does at random what the world does to a graph of accounts, and keeps shadow books of it.
contract World is Test {
    uint256 internal constant SUPPLY = 1000e18;
    uint256 internal constant PPM = 1e6;

    IssuerDollar public immutable dollar;
    IERC20 public immutable trib;
    IAssetRegistry public immutable registry;
    Pool public immutable pool;
    /// @dev The last one has a minter, the others a fixed supply.
    IAssetAccount[] public accounts;
    address[] public people;

    uint256 public minted; // dollars that exist
    uint256 public moves; // of shares
    /// @dev Dollars given from outside, per account.
    mapping(IAssetAccount => uint256) public given;
    /// @dev Revenue times shares held while it arrived, over the supply: what a holder may get of a fixed account.
    mapping(IAssetAccount => mapping(address => uint256)) public fair;
    mapping(IAssetAccount => uint256) private _counted;

    constructor(IssuerDollar dollar_, IERC20 trib_, IAssetRegistry registry_, Pool pool_) {
        (dollar, trib, registry, pool) = (dollar_, trib_, registry_, pool_);
    }

    function begin(IAssetAccount[] memory accounts_, address[] memory people_) external {
        (accounts, people) = (accounts_, people_);
    }

    function count() external view returns (uint256) {
        return accounts.length;
    }

    function peopleCount() external view returns (uint256) {
        return people.length;
    }

    // --- what happens ---

    function pay(uint256 which, uint256 amount) external {
        IAssetAccount account = _account(which);
        amount = bound(amount, 0, 1e12);
        dollar.mint(address(account), amount);
        minted += amount;
        given[account] += amount;
        _settleShadow();
    }

    function payTribs(uint256 which, uint256 amount) external {
        trib.transfer(address(_account(which)), bound(amount, 0, 1e23));
    }

    function flush(uint256 which) external {
        _account(which).flush();
        _settleShadow();
    }

    function pull(uint256 which, uint256 edge) external {
        IAssetAccount account = _account(which);
        (address[] memory list,) = account.upstream();
        if (list.length == 0) return;
        account.pull(edge % list.length);
        _settleShadow();
    }

    function flushPath(uint256 first, uint256 second, uint256 third) external {
        address[] memory path = new address[](3);
        (path[0], path[1], path[2]) =
            (address(_account(first)), address(_account(second)), address(_account(third)));
        registry.flushMany(path);
        _settleShadow();
    }

    function claim(uint256 which, uint256 who) external {
        _account(which).claim(_person(who));
        _settleShadow();
    }

    function claimOwner(uint256 which) external {
        _account(which).claimOwner();
        _settleShadow();
    }

    function transferShares(uint256 which, uint256 from, uint256 to, uint256 shares) external {
        IAssetAccount account = _account(which);
        uint256 balance = account.balanceOf(_person(from));
        shares = shares % 4 == 0 ? balance : bound(shares, 0, balance);
        ++moves;
        vm.prank(_person(from));
        account.transfer(_person(to), shares);
    }

    function mintShares(uint256 who, uint256 shares) external {
        pool.mint(accounts[accounts.length - 1], _person(who), bound(shares, 0, 1e18));
    }

    function burnShares(uint256 who, uint256 shares) external {
        IAssetAccount account = accounts[accounts.length - 1];
        shares = bound(shares, 0, account.balanceOf(_person(who)));
        vm.prank(_person(who));
        account.burn(shares);
    }

    function setBlocked(uint256 who, bool on) external {
        dollar.setBlocked(who % 2 == 0 ? _person(who >> 8) : address(_account(who >> 8)), on);
    }

    function pause(uint256 dice) external {
        dollar.pause(dice % 4 == 0);
    }

    function wait(uint256 secondsOn) external {
        skip(bound(secondsOn, 0, 30 hours));
    }

    // --- shadow ---

    /// @dev New revenue of each fixed account belongs to who holds its shares now. Called after everything that moves money.
    function _settleShadow() private {
        for (uint256 a; a + 1 < accounts.length; ++a) {
            IAssetAccount account = accounts[a];
            uint256 received = account.received(address(dollar));
            uint256 fresh = received - _counted[account];
            if (fresh == 0) continue;
            _counted[account] = received;
            for (uint256 p; p < people.length; ++p) {
                fair[account][people[p]] += fresh * account.balanceOf(people[p]);
            }
        }
    }

    function _account(uint256 which) private view returns (IAssetAccount) {
        return accounts[which % accounts.length];
    }

    function _person(uint256 who) private view returns (address) {
        return people[who % people.length];
    }
}

/// @notice What the ledger of assets promises, whatever happens. A diamond of accounts with a pool at its bottom:
/// service → device, model; model → dataset, pooled; device → pooled.
contract AssetInvariants is AssetsTest {
    World internal world;
    IAssetAccount[] internal accounts;
    address[] internal people;

    function _newDollar() internal override returns (address) {
        return address(new IssuerDollar());
    }

    function setUp() public override {
        super.setUp();
        vm.warp(1_700_000_000);
        people = [alice, bob, carol];
        IAssetAccount pooled = _pooled(stranger, 1000 * SHARE);
        IAssetAccount dataset = _assetWithDues(carol, 50_000);
        IAssetAccount device = _asset(bob, pooled, 333_333);
        IAssetAccount model = _asset(carol, dataset, 142_857, pooled, 77_777);
        IAssetAccount service = _asset(alice, device, 399_999, model, 600_001);
        accounts = [service, device, model, dataset, pooled];
        world = new World(IssuerDollar(dollar), trib, registry, pool);
        world.begin(accounts, people);
        trib.transfer(address(world), MAX_TRIBS / 2);
        bytes4[] memory actions = new bytes4[](13);
        actions[0] = World.pay.selector;
        actions[1] = World.payTribs.selector;
        actions[2] = World.flush.selector;
        actions[3] = World.pull.selector;
        actions[4] = World.flushPath.selector;
        actions[5] = World.claim.selector;
        actions[6] = World.claimOwner.selector;
        actions[7] = World.transferShares.selector;
        actions[8] = World.mintShares.selector;
        actions[9] = World.burnShares.selector;
        actions[10] = World.setBlocked.selector;
        actions[11] = World.pause.selector;
        actions[12] = World.wait.selector;
        targetContract(address(world));
        targetSelectors(address(world), actions);
    }

    /// @notice Money in = out + held, over the whole graph: no dollar appears or disappears.
    function invariant_moneyInIsMoneyOutPlusHeld() public view {
        uint256 held;
        for (uint256 i; i < accounts.length; ++i) {
            held += _dollars(accounts[i]);
        }
        for (uint256 i; i < people.length; ++i) {
            held += _dollars(people[i]);
        }
        assertEq(held + _dollars(stranger), world.minted());
    }

    /// @notice R of an account is what came from outside and from the accounts that pay it; nothing else makes revenue.
    function invariant_receivedIsWhatWasSent() public view {
        for (uint256 i; i < accounts.length; ++i) {
            uint256 sent = world.given(accounts[i]);
            for (uint256 j; j < i; ++j) {
                (address[] memory list, uint24[] memory weights) = accounts[j].upstream();
                for (uint256 e; e < list.length; ++e) {
                    if (list[e] != address(accounts[i])) continue;
                    uint256 right = (accounts[j].received(dollar) * weights[e]) / PPM;
                    sent += right - accounts[j].owed(e, dollar);
                }
            }
            assertEq(accounts[i].received(dollar), sent);
        }
    }

    /// @notice Every account can pay all that it owes, in both tokens.
    function invariant_everyAccountIsSolvent() public view {
        for (uint256 i; i < accounts.length; ++i) {
            assertLe(_owedInAll(accounts[i], dollar), _dollars(accounts[i]));
            assertLe(_owedInAll(accounts[i], address(trib)), trib.balanceOf(address(accounts[i])));
        }
    }

    /// @notice And what it holds beyond that is dust: at most a millionth for each edge, holder and movement.
    function invariant_onlyDustStaysBehind() public view {
        for (uint256 i; i < accounts.length; ++i) {
            (address[] memory list,) = accounts[i].upstream();
            uint256 dust = list.length + 1 + people.length + 2 * world.moves() + 64;
            assertLe(_dollars(accounts[i]), _owedInAll(accounts[i], dollar) + dust);
        }
    }

    /// @notice No holder gets more than its share of what arrived while it held.
    function invariant_noHolderGetsMoreThanItsShare() public view {
        uint256[3] memory most;
        for (uint256 i; i + 1 < accounts.length; ++i) {
            (, uint24[] memory weights) = accounts[i].upstream();
            uint256 left = PPM;
            for (uint256 e; e < weights.length; ++e) {
                left -= weights[e];
            }
            for (uint256 p; p < people.length; ++p) {
                uint256 right = (world.fair(accounts[i], people[p]) * left) / PPM / (1000 * SHARE);
                assertLe(accounts[i].claimable(people[p], dollar), right + 1);
                most[p] += right + 1;
            }
        }
        IAssetAccount pooled = accounts[accounts.length - 1];
        uint256 fromPool = pooled.received(dollar);
        uint256 got;
        for (uint256 p; p < people.length; ++p) {
            // What the fixed accounts gave each is bounded one by one, what the pool gave by all it received.
            got += _dollars(people[p]) > most[p] ? _dollars(people[p]) - most[p] : 0;
        }
        assertLe(got, fromPool);
    }

    /// @notice The shares of an account add up to its supply, and its supply keeps to the cap.
    function invariant_sharesAddUp() public view {
        for (uint256 i; i < accounts.length; ++i) {
            uint256 sum;
            for (uint256 p; p < people.length; ++p) {
                sum += accounts[i].balanceOf(people[p]);
            }
            assertEq(sum, accounts[i].totalSupply());
            assertLe(sum, accounts[i].cap());
        }
    }

    function _owedInAll(IAssetAccount account, address token) private view returns (uint256 sum) {
        (address[] memory list,) = account.upstream();
        for (uint256 e; e < list.length; ++e) {
            sum += account.owed(e, token);
        }
        for (uint256 p; p < people.length; ++p) {
            sum += account.claimable(people[p], token);
        }
        (uint256 coming,) = account.releasing(token);
        sum += coming + account.claimableOwner(token);
    }
}
