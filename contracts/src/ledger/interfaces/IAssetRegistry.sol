// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Holder} from "./IAssetAccount.sol";

/// @title Everything that earns, and what it was made from
/// @notice Each asset is an ERC-721 token and an account (`IAssetAccount`); the token id is the account's address as a
/// number. The owner of the token controls the asset's description and, while there are no shares, its revenue; shares,
/// weights, dues, minter and cap never change.
///
/// An account's address follows from the sender and every argument of `register`, so an address that `predict` gave can be
/// paid before the registration: whoever registers there, after whatever reorganisation, registers exactly this. There is
/// no salt for the same reason there is no second account: the same sender with the same arguments is the same asset
/// (`AlreadyRegistered`). Something that differs says so in its description, hence in its URI.
///
/// @dev Descriptions live in events alone (`Registered`, `URISet`): contracts never read them, and readers have the log.
/// `tokenURI` therefore answers with an empty string, which ERC-721 allows. Naming an upstream is a promise to pay, not
/// a licence.
interface IAssetRegistry is IERC721 {
    /// @notice What an asset is.
    enum Kind {
        dataset,
        model,
        device,
        service,
        agent,
        work
    }

    /// @notice Everything about an asset that its address follows from.
    /// @param kind what it is
    /// @param uri where its description is: at most 2,048 bytes, by convention an `ipfs://` CID
    /// @param upstream accounts of the assets it was made from: registered, all different, at most 16
    /// @param weights ppm of its revenue that each upstream gets: each at least 1, together at most 10⁶
    /// @param dues ppm of its revenue that anything built on this asset, at whatever distance, must pay it: 0 to 10⁶
    /// @param minter contract that may mint and so sell shares; zero for a supply that never changes
    /// @param cap most shares there can ever be, in base units (18 decimals); without a minter, the sum of `holders`
    /// @param holders the first share holders, at most 64, together 0 or at least 10¹² base units (`MIN_SUPPLY`)
    struct Registration {
        Kind kind;
        string uri;
        address[] upstream;
        uint24[] weights;
        uint24 dues;
        address minter;
        uint96 cap;
        Holder[] holders;
    }

    // --- errors ---

    /// @notice There is no such asset.
    error UnknownAsset(address account);
    /// @notice The caller is not the owner of the asset.
    error NotOwner(address caller, address owner);
    /// @notice The sender has registered exactly this before.
    error AlreadyRegistered(address account);
    /// @notice `upstream` and `weights` differ in length.
    error LengthMismatch(uint256 upstream, uint256 weights);
    /// @notice More entries than allowed.
    error TooManyUpstream(uint256 count, uint256 most);
    /// @notice More entries than allowed.
    error TooManyHolders(uint256 count, uint256 most);
    /// @notice The description's address is longer than allowed (bytes).
    error URITooLong(uint256 length, uint256 most);
    /// @notice Every weight is at least 1 ppm.
    error ZeroWeight(uint256 index);
    /// @notice The weights add up to more than 10⁶.
    error WeightsExceedAll(uint256 sum);
    /// @notice The same upstream is named twice.
    error DuplicateUpstream(address account);
    /// @notice Dues are at most 10⁶ ppm.
    error DuesExceedAll(uint256 dues);
    /// @notice Of this asset's revenue `flow` ppm would reach `ancestor`, which asks for `due` ppm. Raise the weights on the
    /// way to it, or name it as an upstream of its own.
    error DuesUnpaid(address ancestor, uint256 flow, uint256 due);
    /// @notice More ancestors with dues, the asset's own included, than an account carries.
    error TooManyDues(uint256 count, uint256 most);
    /// @notice A minter is a contract, so that its rule can be read.
    error MinterWithoutCode(address minter);
    /// @notice A holder of no shares, or no holder.
    error EmptyHolder(uint256 index);
    /// @notice The first shares and the cap do not fit: without a minter they are equal, with one the cap is the larger.
    error SharesNotCap(uint256 shares, uint256 cap);
    /// @notice Fewer shares than an account can divide revenue by (`MIN_SUPPLY`), but not none.
    error TooFewShares(uint256 shares, uint256 least);

    // --- events ---

    /// @notice A new asset. Its first share holders are in the account's own `Transfer` events.
    event Registered(
        address indexed account,
        address indexed owner,
        Kind indexed kind,
        string uri,
        address[] upstream,
        uint24[] weights,
        uint24 dues,
        address minter,
        uint96 cap
    );
    /// @notice The asset's description moved.
    event URISet(address indexed account, string uri);

    // --- functions ---

    /// @notice Registers an asset; the sender becomes its owner.
    /// @return account the asset's address
    function register(Registration calldata asset) external returns (address account);

    /// @notice The address that `register(asset)` would give `sender`. Reverts where `register` would for what is wrong with
    /// upstream, weights or dues.
    function predict(address sender, Registration calldata asset) external view returns (address account);

    /// @notice Moves the asset's description. Only its owner.
    function setURI(address account, string calldata uri) external;

    /// @notice Flushes accounts in the caller's order: from the paid one upwards, one call carries money along a whole path.
    /// What an account cannot pay is skipped, as in its own `flush`; an address that is no asset reverts.
    function flushMany(address[] calldata accounts) external;

    /// @notice Whether `account` is the account of a registered asset.
    function isAsset(address account) external view returns (bool);

    /// @notice The code that every account runs.
    function implementation() external view returns (address);
}
