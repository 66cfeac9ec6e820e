// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Obligation} from "./interfaces/IAssetAccount.sol";

/// @notice What is fixed about an account, as the bytes behind its clone's code; a byte of code costs a hundredth of a
/// byte of storage to read and a third to write.
/// Layout: `kind (1) | upstreams n (1) | obligations m (1) | has minter (1) | dues (3) | cap (12)`, then n × `account (20) |
/// weight (3)`, then m × `ancestor (20) | due (3) | flow (3)`, then the minter (20) if there is one.
library AccountArgsLib {
    uint256 private constant HEADER = 19;
    uint256 private constant EDGE = 23;
    uint256 private constant OBLIGATION = 26;

    /// @dev `edges` and `carried` are the tight encodings of the two lists.
    function encode(
        uint8 kind_,
        uint256 upstreams,
        uint256 obligations,
        uint24 dues_,
        uint96 cap_,
        bytes memory edges,
        bytes memory carried,
        address minter_
    ) internal pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(
            kind_, uint8(upstreams), uint8(obligations), minter_ == address(0) ? uint8(0) : uint8(1), dues_, cap_
        );
        return minter_ == address(0)
            ? abi.encodePacked(head, edges, carried)
            : abi.encodePacked(head, edges, carried, minter_);
    }

    function kind(bytes memory args) internal pure returns (uint8) {
        return uint8(_word(args, 0) >> 248);
    }

    function upstreamCount(bytes memory args) internal pure returns (uint256) {
        return (_word(args, 0) >> 240) & 0xff;
    }

    function obligationCount(bytes memory args) internal pure returns (uint256) {
        return (_word(args, 0) >> 232) & 0xff;
    }

    function hasMinter(bytes memory args) internal pure returns (bool) {
        return (_word(args, 0) >> 224) & 0xff != 0;
    }

    function dues(bytes memory args) internal pure returns (uint24) {
        return uint24(_word(args, 0) >> 200);
    }

    function cap(bytes memory args) internal pure returns (uint256) {
        return (_word(args, 0) >> 104) & type(uint96).max;
    }

    /// @dev `index` must be below `upstreamCount`.
    function upstreamAt(bytes memory args, uint256 index) internal pure returns (address account, uint256 weight) {
        unchecked {
            // Below 2¹⁶: at most 255 edges of 23 bytes.
            uint256 word = _word(args, HEADER + index * EDGE);
            return (address(uint160(word >> 96)), (word >> 72) & type(uint24).max);
        }
    }

    /// @dev `index` must be below `upstreamCount`.
    function weightAt(bytes memory args, uint256 index) internal pure returns (uint256) {
        unchecked {
            // Below 2¹⁶: at most 255 edges of 23 bytes.
            return (_word(args, HEADER + index * EDGE) >> 72) & type(uint24).max;
        }
    }

    /// @dev `index` must be below `obligationCount`.
    function obligationAt(bytes memory args, uint256 index) internal pure returns (Obligation memory) {
        uint256 word = _word(args, HEADER + upstreamCount(args) * EDGE + index * OBLIGATION);
        return Obligation({ancestor: address(uint160(word >> 96)), due: uint24(word >> 72), flow: uint24(word >> 48)});
    }

    function minter(bytes memory args) internal pure returns (address) {
        if (!hasMinter(args)) return address(0);
        return address(uint160(_word(args, args.length - 20) >> 96));
    }

    /// @dev 32 bytes from byte `offset` on. What lies behind the end of `args` is shifted out by every caller.
    function _word(bytes memory args, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(args, 0x20), offset))
        }
    }
}
