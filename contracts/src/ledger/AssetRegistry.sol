// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {AccountArgsLib} from "./AccountArgsLib.sol";
import {AssetAccount} from "./AssetAccount.sol";
import {Holder, IAssetAccount, Obligation} from "./interfaces/IAssetAccount.sol";
import {IAssetRegistry} from "./interfaces/IAssetRegistry.sol";

/// @notice Everything that earns; see {IAssetRegistry}.
contract AssetRegistry is ERC721, IAssetRegistry {
    uint256 private constant PPM = 1e6;
    uint256 private constant MAX_UPSTREAM = 16;
    uint256 private constant MAX_HOLDERS = 64;
    uint256 private constant MAX_DUES = 8;
    uint256 private constant MAX_URI = 2048;
    uint256 private constant MIN_SUPPLY = 1e12;

    /// @inheritdoc IAssetRegistry
    address public immutable implementation;

    /// @param dollar first revenue token of all accounts
    /// @param trib second revenue token of all accounts
    constructor(address dollar, address trib) ERC721("Tributary assets", "ASSET") {
        implementation = address(new AssetAccount(dollar, trib));
    }

    /// @inheritdoc IAssetRegistry
    function register(Registration calldata asset) external returns (address account) {
        _checkURI(asset.uri);
        _checkShares(asset.minter, asset.cap, asset.holders);
        (bytes memory args, bytes32 salt) = _identify(msg.sender, asset);
        account = Clones.predictDeterministicAddressWithImmutableArgs(implementation, args, salt);
        require(account.code.length == 0, AlreadyRegistered(account));

        _mint(msg.sender, uint256(uint160(account)));
        emit Registered(
            account,
            msg.sender,
            asset.kind,
            asset.uri,
            asset.upstream,
            asset.weights,
            asset.dues,
            asset.minter,
            asset.cap
        );

        Clones.cloneDeterministicWithImmutableArgs(implementation, args, salt);
        IAssetAccount(account).initialize(asset.holders);
    }

    /// @inheritdoc IAssetRegistry
    function predict(address sender, Registration calldata asset) external view returns (address account) {
        (bytes memory args, bytes32 salt) = _identify(sender, asset);
        return Clones.predictDeterministicAddressWithImmutableArgs(implementation, args, salt);
    }

    /// @inheritdoc IAssetRegistry
    function setURI(address account, string calldata uri) external {
        address owner = _ownerOf(uint256(uint160(account)));
        require(owner != address(0), UnknownAsset(account));
        require(msg.sender == owner, NotOwner(msg.sender, owner));
        _checkURI(uri);
        emit URISet(account, uri);
    }

    /// @inheritdoc IAssetRegistry
    function flushMany(address[] calldata accounts) external {
        for (uint256 i; i < accounts.length; ++i) {
            require(isAsset(accounts[i]), UnknownAsset(accounts[i]));
            IAssetAccount(accounts[i]).flush();
        }
    }

    /// @inheritdoc IAssetRegistry
    function isAsset(address account) public view returns (bool) {
        // Nothing ever burns a token, so whatever was registered stays.
        return _ownerOf(uint256(uint160(account))) != address(0);
    }

    /// @dev The two things an address follows from. The salt hashes the sender and every argument; the immutable arguments
    /// follow from these and from accounts that cannot change.
    function _identify(address sender, Registration calldata asset)
        private
        view
        returns (bytes memory args, bytes32 salt)
    {
        salt = keccak256(abi.encode(sender, asset));
        bytes memory edges = _edges(asset.upstream, asset.weights);
        (uint256 count, bytes memory carried) = _obligations(asset.upstream, asset.weights, asset.dues);
        args = AccountArgsLib.encode(
            uint8(asset.kind), asset.upstream.length, count, asset.dues, asset.cap, edges, carried, asset.minter
        );
    }

    function _edges(address[] calldata upstream, uint24[] calldata weights) private view returns (bytes memory edges) {
        uint256 count = upstream.length;
        require(count == weights.length, LengthMismatch(count, weights.length));
        require(count <= MAX_UPSTREAM, TooManyUpstream(count, MAX_UPSTREAM));
        uint256 sum;
        for (uint256 i; i < count; ++i) {
            require(isAsset(upstream[i]), UnknownAsset(upstream[i]));
            require(weights[i] != 0, ZeroWeight(i));
            for (uint256 j; j < i; ++j) {
                require(upstream[i] != upstream[j], DuplicateUpstream(upstream[i]));
            }
            sum += weights[i];
            edges = bytes.concat(edges, abi.encodePacked(upstream[i], weights[i]));
        }
        require(sum <= PPM, WeightsExceedAll(sum));
    }

    /// @dev Gathers the ancestors with dues behind every upstream, adds up how much of this asset's revenue reaches each of
    /// them (direct edges and path products, rounded down), and refuses when that is less than they ask for. Because
    /// the list is handed on, an asset in between cannot shorten what is due further down.
    function _obligations(address[] calldata upstream, uint24[] calldata weights, uint24 dues)
        private
        view
        returns (uint256 count, bytes memory carried)
    {
        require(dues <= PPM, DuesExceedAll(dues));
        uint256 own = dues == 0 ? 0 : 1;
        Obligation[] memory list = new Obligation[](MAX_DUES);
        for (uint256 i; i < upstream.length; ++i) {
            Obligation[] memory theirs = IAssetAccount(upstream[i]).obligations();
            for (uint256 j; j < theirs.length; ++j) {
                uint24 flow = uint24((uint256(weights[i]) * theirs[j].flow) / PPM);
                uint256 k;
                while (k < count && list[k].ancestor != theirs[j].ancestor) ++k;
                if (k == count) {
                    ++count;
                    require(count + own <= MAX_DUES, TooManyDues(count + own, MAX_DUES));
                    list[k] = theirs[j];
                    list[k].flow = flow;
                } else {
                    list[k].flow += flow;
                }
            }
        }
        for (uint256 k; k < count; ++k) {
            (address ancestor, uint24 due, uint24 flow) = (list[k].ancestor, list[k].due, list[k].flow);
            require(flow >= due, DuesUnpaid(ancestor, flow, due));
            carried = bytes.concat(carried, abi.encodePacked(ancestor, due, flow));
        }
    }

    function _checkURI(string calldata uri) private pure {
        require(bytes(uri).length <= MAX_URI, URITooLong(bytes(uri).length, MAX_URI));
    }

    function _checkShares(address minter, uint96 cap, Holder[] calldata holders) private view {
        require(holders.length <= MAX_HOLDERS, TooManyHolders(holders.length, MAX_HOLDERS));
        uint256 sum;
        for (uint256 i; i < holders.length; ++i) {
            require(holders[i].holder != address(0) && holders[i].shares != 0, EmptyHolder(i));
            sum += holders[i].shares;
        }
        require(sum == 0 || sum >= MIN_SUPPLY, TooFewShares(sum, MIN_SUPPLY));
        if (minter == address(0)) {
            require(sum == cap, SharesNotCap(sum, cap));
        } else {
            require(sum <= cap, SharesNotCap(sum, cap));
            require(_isContract(minter), MinterWithoutCode(minter));
        }
    }

    /// @dev Code that is only a delegation (EIP-7702, `0xef0100 ‖ address`) is a person's and can change any day.
    function _isContract(address who) private view returns (bool) {
        bytes memory code = who.code;
        return code.length != 0 && !(code.length == 23 && bytes3(code) == 0xef0100);
    }
}
