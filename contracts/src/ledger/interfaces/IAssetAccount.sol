// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @notice One line of the first list of share holders.
/// @param holder who gets the shares; not zero
/// @param shares base units (18 decimals), at least 1
struct Holder {
    address holder;
    uint96 shares;
}

/// @notice An ancestor that this asset's revenue must reach, and how much of it does.
/// @param ancestor account of the ancestor
/// @param due ppm of its revenue that anything built on the ancestor must pass to it
/// @param flow ppm of this account's revenue that reaches the ancestor, over all paths, rounded down
struct Obligation {
    address ancestor;
    uint24 due;
    uint24 flow;
}

/// @title The account of one asset: its revenue, and the ERC-20 of the shares in it
/// @notice Pay an asset by sending either of the two revenue tokens to this address; nothing else is needed, and
/// it makes no difference when, how often or in what pieces.
///
/// For each token, R is everything that ever arrived: what lies here plus what was ever paid out. Of R,
/// upstream i has a right to ⌊R·wᵢ/10⁶⌋ and the share holders together to R − ⌈R·Σw/10⁶⌉, both over the whole
/// life of the account, counted in millionths of a token. What each takes is the difference to what it already took, so neither the order nor the number of
/// calls changes what anybody gets, and at most one millionth per edge stays behind for ever.
///
/// Everything is pulled, by anyone, to the address that has the right to it. A receiver that cannot be paid, or a token that
/// is paused, holds up nothing but its own part.
///
/// Accounts come in two sorts, fixed at registration:
/// - Without a minter the supply is `cap` for ever; new revenue belongs to the holders at once. With `cap` 0 there are no
///   shares and the holders' part is the asset owner's.
/// - With a minter the supply moves between 0 and `cap`, and new revenue becomes the holders' evenly over the next `RELEASE`
///   seconds from the moment it is first seen (`sync`, `flush`, a claim or any movement of shares), so that buying shares
///   just before somebody claims gains nothing. When more revenue comes before the earlier is out, the remaining time is the
///   average of both, weighted by amount, rounded down: dust cannot put the release off. While fewer than `MIN_SUPPLY`
///   shares exist, the holders' part, with whatever was not yet released, is the asset owner's.
///
/// @dev Amounts are base units of the token asked about; `token` is `dollar()` or `trib()`, anything else reverts.
/// Sharp edges: an ERC-20 other than the two revenue tokens, or the chain's own coin, sent here is lost. If an issuer takes
/// tokens out of this account, those who pull first are paid first. What is less than a millionth of a token waits here until
/// it adds up to one; with a dollar of 6 decimals there is no such thing. Lifetime revenue beyond 2⁶² − 1 millionths (4.6
/// million million tokens) is not counted. What holders' claims cannot express, a share of a millionth, stays in their
/// favour for the next claim.
/// A share ERC-20 has no name of its own; the asset's metadata does.
interface IAssetAccount is IERC20Metadata {
    // --- errors ---

    /// @notice Only the registry sets an account up, once, in the transaction that registers it.
    error NotRegistry(address caller);
    /// @notice Only `minter` may mint.
    error NotMinter(address caller, address minter);
    /// @notice The supply of an account without a minter never changes.
    error FixedSupply();
    /// @notice Shares that would exist, against the most that may.
    error CapExceeded(uint256 supply, uint256 cap);
    /// @notice This holder has asked that only it may call `claim` for itself.
    error ClaimOnlySelf(address holder, address caller);
    /// @notice Money of this account cannot be sent to the account itself.
    error PaidToSelf();
    /// @notice Before each payment there must be enough gas left for it, so that none is skipped because a caller (or an
    /// estimate of gas) was mean. What is not used is not charged.
    error TooLittleGas(uint256 left, uint256 needed);
    /// @notice `token` is neither of the two revenue tokens.
    error NotRevenueToken(address token);
    /// @notice Revenue tokens have 6 to 36 decimals.
    error UnsuitableDecimals(address token, uint256 decimals);
    /// @notice There is no upstream with this number.
    error NoSuchUpstream(uint256 index, uint256 count);

    // --- events ---

    // What goes up an edge has no event of its own: it is a `Transfer` of the revenue token from this account to an upstream.

    /// @notice A holder's earnings were paid, at its payee if it has one; less what an `Unpaid` of the same call says.
    event Claimed(address indexed holder, uint256 dollars, uint256 tribs);
    /// @notice The asset's owner was paid what came while there were no share holders; less `Unpaid`.
    event OwnerPaid(address indexed owner, uint256 dollars, uint256 tribs);
    /// @notice A payment did not go through (paused token, blocked receiver); the right to it stays.
    event Unpaid(address indexed token, address indexed to, uint256 amount);
    /// @notice A holder's wish about its claims.
    event PayeeSet(address indexed holder, address payee, bool onlySelf);

    // --- money ---

    /// @notice Looks at what arrived and sets what is new on its way to the holders. Moves nothing. Accounts without a
    /// minter need no sync: what is theirs follows from R alone.
    function sync() external;

    /// @notice `sync`, and every upstream is paid what it is owed in both tokens; what fails is skipped (`Unpaid`).
    function flush() external;

    /// @notice Pays upstream number `index` alone (0-based, order of registration).
    /// @return dollars paid now
    /// @return tribs paid now
    function pull(uint256 index) external returns (uint256 dollars, uint256 tribs);

    /// @notice Pays `holder` (or its payee) what its shares have earned, in both tokens. Open to anyone, unless the holder set
    /// `onlySelf`. What cannot be paid stays claimable.
    /// @return dollars paid now
    /// @return tribs paid now
    function claim(address holder) external returns (uint256 dollars, uint256 tribs);

    /// @notice Pays the present owner of the asset what came while there were no share holders. Open to anyone.
    /// @return dollars paid now
    /// @return tribs paid now
    function claimOwner() external returns (uint256 dollars, uint256 tribs);

    /// @notice Where the caller's own claims are paid, and who may start them.
    /// @param payee receives in the caller's place; zero: the caller itself; not this account
    /// @param onlySelf true: `claim(caller)` reverts for anybody else
    function setPayee(address payee, bool onlySelf) external;

    // --- shares ---

    /// @notice Makes new shares. Only the minter; never beyond `cap`.
    function mint(address to, uint256 shares) external;

    /// @notice Destroys shares of the caller; what they earned stays claimable. Only in accounts with a minter.
    function burn(uint256 shares) external;

    /// @notice Destroys shares of `from` against its allowance. Only in accounts with a minter.
    function burnFrom(address from, uint256 shares) external;

    /// @notice Gives out the first shares. Only the registry, in the transaction that creates the account.
    function initialize(Holder[] calldata holders) external;

    // --- what is so ---

    /// @notice The first revenue token, fixed for all accounts of the registry.
    function dollar() external view returns (address);

    /// @notice The second revenue token, fixed for all accounts of the registry.
    function trib() external view returns (address);

    /// @notice The registry; the asset's token id is `uint256(uint160(address(this)))`.
    function registry() external view returns (address);

    /// @notice The kind of asset, as in `IAssetRegistry.Kind`.
    function kind() external view returns (uint8);

    /// @notice Who owns the asset now.
    function owner() external view returns (address);

    /// @notice The upstream accounts and their weights in ppm, fixed at registration.
    function upstream() external view returns (address[] memory accounts, uint24[] memory weights);

    /// @notice ppm of its revenue that anything built on this asset must pay it.
    function dues() external view returns (uint24);

    /// @notice The ancestors with dues that this account carries, at most 8 with its own.
    function obligations() external view returns (Obligation[] memory);

    /// @notice Who may mint; zero: nobody, the supply is fixed.
    function minter() external view returns (address);

    /// @notice The most shares there can ever be; without a minter, how many there are. Below 2⁹⁶.
    function cap() external view returns (uint256);

    /// @notice Everything of `token` that ever arrived here: R.
    function received(address token) external view returns (uint256);

    /// @notice What upstream number `index` can pull now.
    function owed(uint256 index, address token) external view returns (uint256);

    /// @notice What `holder` can claim now.
    function claimable(address holder, address token) external view returns (uint256);

    /// @notice What the asset's owner can claim now.
    function claimableOwner(address token) external view returns (uint256);

    /// @notice Revenue of the holders that is not yet released: 0 without a minter.
    /// @return amount still to come, of what was seen at the last sync
    /// @return until unix seconds when all of it will be out
    function releasing(address token) external view returns (uint256 amount, uint256 until);

    /// @notice What `holder` wished about its claims.
    function payeeOf(address holder) external view returns (address payee, bool onlySelf);

    /// @notice Seconds over which new revenue is released where there is a minter: 24 hours.
    function RELEASE() external view returns (uint256);

    /// @notice Base units of shares below which an account counts as having no holders: a millionth of a share.
    function MIN_SUPPLY() external view returns (uint256);
}
