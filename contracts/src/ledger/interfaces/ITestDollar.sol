// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

/// @title The dollar of the devnet: shaped like USDC, worth nothing
/// @notice ERC-20 with 6 decimals, EIP-2612 permits and EIP-3009 authorizations. EIP-712 domain: name "Test Dollar",
/// version "1", the chain's id, this contract. Signatures by contracts (ERC-1271) are accepted in the `bytes` forms only.
/// @dev Never deploy it where money is real: anybody can mint.
interface ITestDollar is IERC20Metadata, IERC20Permit, IERC3009, IERC3009Cancel {
    /// @notice `amount` is more than one call may mint.
    /// @param amount base units (10⁻⁶ dollar) asked for
    /// @param most base units one call may mint
    error MintTooLarge(uint256 amount, uint256 most);

    /// @notice The most that one call mints, in base units: a million dollars.
    function MAX_MINT() external view returns (uint256);

    /// @notice Gives `amount` base units to `to`. Open to everybody, in calls of at most `MAX_MINT`.
    function mint(address to, uint256 amount) external;

    /// @notice As the (v, r, s) form, with the signature in one piece: 65 bytes r ‖ s ‖ v of a key, or whatever the
    /// contract at `from` accepts by ERC-1271.
    /// @param value base units
    /// @param validAfter unix seconds (exclusive)
    /// @param validBefore unix seconds (exclusive)
    /// @param nonce any 32 bytes that `from` has not used or cancelled
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice As the (v, r, s) form, with the signature in one piece. Only `to` may call, so nobody can run ahead of it.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice As the (v, r, s) form, with the signature in one piece.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;
}
