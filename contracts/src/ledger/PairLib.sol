// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Two amounts below 2¹²⁷, one for each revenue token, and a flag for each, in one storage slot.
/// Half `token` (0: dollar, 1: trib) is `flag (1 bit) | amount (127 bits)`.
type Pair is uint256;

using PairLib for Pair global;

library PairLib {
    uint256 internal constant MAX_AMOUNT = 2 ** 127 - 1;
    uint256 private constant HALF = 2 ** 128 - 1;
    uint256 private constant FLAG = 2 ** 127;

    function amount(Pair pair, uint256 token) internal pure returns (uint256) {
        return (Pair.unwrap(pair) >> (token << 7)) & MAX_AMOUNT;
    }

    function flag(Pair pair, uint256 token) internal pure returns (bool) {
        return (Pair.unwrap(pair) >> (token << 7)) & FLAG != 0;
    }

    /// @dev `newAmount` must be below 2¹²⁷: amounts of a revenue token are clamped below that when they are counted.
    function set(Pair pair, uint256 token, uint256 newAmount, bool newFlag) internal pure returns (Pair) {
        uint256 half = newFlag ? newAmount | FLAG : newAmount;
        return Pair.wrap((Pair.unwrap(pair) & ~(HALF << (token << 7))) | (half << (token << 7)));
    }

    /// @dev The sum must be below 2¹²⁷.
    function add(Pair pair, uint256 token, uint256 more) internal pure returns (Pair) {
        return Pair.wrap(Pair.unwrap(pair) + (more << (token << 7)));
    }

    /// @dev `less` must not exceed the amount.
    function sub(Pair pair, uint256 token, uint256 less) internal pure returns (Pair) {
        return Pair.wrap(Pair.unwrap(pair) - (less << (token << 7)));
    }

    function isZero(Pair pair) internal pure returns (bool) {
        return Pair.unwrap(pair) == 0;
    }

    function equals(Pair a, Pair b) internal pure returns (bool) {
        return Pair.unwrap(a) == Pair.unwrap(b);
    }
}
