// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Two amounts in one storage slot, one for each revenue token (0: dollar, 1: trib), each below 2¹²⁸.
type Pair is uint256;

using PairLib for Pair global;

library PairLib {
    function amount(Pair pair, uint256 token) internal pure returns (uint256) {
        return (Pair.unwrap(pair) >> (token << 7)) & type(uint128).max;
    }

    /// @dev `newAmount` must be below 2¹²⁸.
    function set(Pair pair, uint256 token, uint256 newAmount) internal pure returns (Pair) {
        uint256 others = Pair.unwrap(pair) & ~(uint256(type(uint128).max) << (token << 7));
        return Pair.wrap(others | (newAmount << (token << 7)));
    }

    /// @dev The sum must be below 2¹²⁸.
    function add(Pair pair, uint256 token, uint256 more) internal pure returns (Pair) {
        return Pair.wrap(Pair.unwrap(pair) + (more << (token << 7)));
    }

    /// @dev `less` must not exceed the amount.
    function sub(Pair pair, uint256 token, uint256 less) internal pure returns (Pair) {
        return Pair.wrap(Pair.unwrap(pair) - (less << (token << 7)));
    }
}
