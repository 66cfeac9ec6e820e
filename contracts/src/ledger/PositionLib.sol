// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice A holder's shares, the dollar index up to which they are settled, and what else is stored for the holder, in one
/// slot: `hasAccrued (1 bit) | hasWish (1 bit) | free (14) | mark (144, signed) | balance (96)`. The two bits spare a claim
/// two reads that nearly always find nothing.
type Position is uint256;

using PositionLib for Position global;

library PositionLib {
    uint256 private constant BALANCE = 2 ** 96 - 1;
    uint256 private constant MARK = 2 ** 144 - 1;
    uint256 private constant HAS_WISH = 2 ** 254;
    uint256 private constant HAS_ACCRUED = 2 ** 255;

    function balance(Position position) internal pure returns (uint256) {
        return Position.unwrap(position) & BALANCE;
    }

    function mark(Position position) internal pure returns (int256) {
        return int144(uint144(Position.unwrap(position) >> 96));
    }

    function hasAccrued(Position position) internal pure returns (bool) {
        return Position.unwrap(position) & HAS_ACCRUED != 0;
    }

    function hasWish(Position position) internal pure returns (bool) {
        return Position.unwrap(position) & HAS_WISH != 0;
    }

    /// @dev `newBalance` must be below 2⁹⁶ and `newMark` within ±2¹⁴³: the cap and the index bound see to it.
    function moved(Position position, uint256 newBalance, int256 newMark) internal pure returns (Position) {
        uint256 flags = Position.unwrap(position) & (HAS_ACCRUED | HAS_WISH);
        return Position.wrap(flags | ((uint256(newMark) & MARK) << 96) | newBalance);
    }

    function withAccrued(Position position, bool has) internal pure returns (Position) {
        uint256 word = Position.unwrap(position);
        return Position.wrap(has ? word | HAS_ACCRUED : word & ~HAS_ACCRUED);
    }

    function withWish(Position position) internal pure returns (Position) {
        return Position.wrap(Position.unwrap(position) | HAS_WISH);
    }
}
