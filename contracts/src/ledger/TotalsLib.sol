// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice An account's books for both revenue tokens, in the one slot that every flush and every claim writes.
/// From the low end, 64 bits each: passed (dollar, trib), paid (dollar, trib). `passed` is the lifetime revenue up to which
/// every edge is paid; its top bit says that some edge is paid further. `paid` is what holders and owner took.
/// All in millionths of a token, below 2⁶². The highest bit is set from the start and says nothing.
type Totals is uint256;

using TotalsLib for Totals global;

library TotalsLib {
    Totals internal constant OPENED = Totals.wrap(2 ** 255);

    uint256 private constant AMOUNT = 2 ** 63 - 1;
    uint256 private constant APART = 2 ** 63;
    uint256 private constant APART_ANY = (APART << 64) | APART;

    function passed(Totals totals, uint256 token) internal pure returns (uint256) {
        return (Totals.unwrap(totals) >> (token << 6)) & AMOUNT;
    }

    function paid(Totals totals, uint256 token) internal pure returns (uint256) {
        return Totals.unwrap(totals) >> (128 + (token << 6)) & AMOUNT;
    }

    /// @notice Whether some edge is paid further than `passed(token)`.
    function apart(Totals totals, uint256 token) internal pure returns (bool) {
        return Totals.unwrap(totals) & (APART << (token << 6)) != 0;
    }

    function apartAny(Totals totals) internal pure returns (bool) {
        return Totals.unwrap(totals) & APART_ANY != 0;
    }

    /// @dev `newPassed` must be below 2⁶³.
    function withPassed(Totals totals, uint256 token, uint256 newPassed, bool nowApart)
        internal
        pure
        returns (Totals)
    {
        uint256 others = Totals.unwrap(totals) & ~(uint256(type(uint64).max) << (token << 6));
        return Totals.wrap(others | ((nowApart ? newPassed | APART : newPassed) << (token << 6)));
    }

    /// @dev The sums must be below 2⁶³.
    function withPaid(Totals totals, uint256 dollars, uint256 tribs) internal pure returns (Totals) {
        return Totals.wrap(Totals.unwrap(totals) + (dollars << 128) + (tribs << 192));
    }

    /// @dev `amount` must not exceed what was paid.
    function withUnpaid(Totals totals, uint256 token, uint256 amount) internal pure returns (Totals) {
        return Totals.wrap(Totals.unwrap(totals) - (amount << (128 + (token << 6))));
    }

    function equals(Totals a, Totals b) internal pure returns (bool) {
        return Totals.unwrap(a) == Totals.unwrap(b);
    }
}
