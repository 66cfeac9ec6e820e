// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title TRIB, the network token for stake and merit
/// @notice ERC-20 with 18 decimals and EIP-2612 permits (domain: name "Tributary", version "1"). The whole supply exists
/// from the first block; nobody can mint, pause or take. Asking a question never needs it.
contract Trib is ERC20Permit {
    /// @notice Base units (10⁻¹⁸ TRIB) that exist: a thousand million TRIB, for ever.
    uint256 public constant SUPPLY = 1_000_000_000e18;

    /// @param treasury who receives the whole supply
    constructor(address treasury) ERC20("Tributary", "TRIB") ERC20Permit("Tributary") {
        _mint(treasury, SUPPLY);
    }
}
