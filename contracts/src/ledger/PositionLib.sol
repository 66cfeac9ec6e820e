// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice A holder's shares and the two indices up to which they are settled, in one slot:
/// `hasAccrued (1 bit) | hasWish (1 bit) | trib mark (79, signed) | dollar mark (79, signed) | balance (96)`.
/// The two bits spare a claim two reads that nearly always find nothing.
type Position is uint256;

using PositionLib for Position global;

library PositionLib {
    uint256 private constant BALANCE = 2 ** 96 - 1;
    uint256 private constant MARK = 2 ** 79 - 1;
    uint256 private constant HAS_WISH = 2 ** 254;
    uint256 private constant HAS_ACCRUED = 2 ** 255;

    function balance(Position position) internal pure returns (uint256) {
        return Position.unwrap(position) & BALANCE;
    }

    function dollarMark(Position position) internal pure returns (int256) {
        return int256(Position.unwrap(position) << 81) >> 177;
    }

    function tribMark(Position position) internal pure returns (int256) {
        return int256(Position.unwrap(position) << 2) >> 177;
    }

    function hasAccrued(Position position) internal pure returns (bool) {
        return Position.unwrap(position) & HAS_ACCRUED != 0;
    }

    function hasWish(Position position) internal pure returns (bool) {
        return Position.unwrap(position) & HAS_WISH != 0;
    }

    /// @dev `newBalance` must be below 2⁹⁶ and the marks within ±2⁷⁸: the cap and the bound of revenue see to it.
    function moved(Position position, uint256 newBalance, int256 newDollarMark, int256 newTribMark)
        internal
        pure
        returns (Position)
    {
        uint256 flags = Position.unwrap(position) & (HAS_ACCRUED | HAS_WISH);
        uint256 marks = ((uint256(newTribMark) & MARK) << 175) | ((uint256(newDollarMark) & MARK) << 96);
        return Position.wrap(flags | marks | newBalance);
    }

    function withAccrued(Position position, bool has) internal pure returns (Position) {
        uint256 word = Position.unwrap(position);
        return Position.wrap(has ? word | HAS_ACCRUED : word & ~HAS_ACCRUED);
    }

    function withWish(Position position) internal pure returns (Position) {
        return Position.wrap(Position.unwrap(position) | HAS_WISH);
    }

    function equals(Position a, Position b) internal pure returns (bool) {
        return Position.unwrap(a) == Position.unwrap(b);
    }
}
