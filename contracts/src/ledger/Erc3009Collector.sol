// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDepositCollector} from "./interfaces/IDepositCollector.sol";

/// @dev The form of EIP-3009 that takes the signature as bytes, so contracts can sign too (USDC 2.2, {TestDollar}).
interface IErc3009Token {
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}

/// @title Deposits by an EIP-3009 authorization: the payer signs, anyone brings it, no approval is needed.
/// @notice collectorData = `abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature)`. The
/// payer signs ReceiveWithAuthorization with `to` = this contract and `nonce` = keccak256(abi.encode(channelId, salt)),
/// so the authorization is good for one channel only. ABI of x402's ERC3009DepositCollector.
contract Erc3009Collector is IDepositCollector {
    using SafeERC20 for IERC20;

    /// @inheritdoc IDepositCollector
    address public immutable x402BatchSettlement;

    constructor(address _x402BatchSettlement) {
        if (_x402BatchSettlement == address(0)) revert InvalidX402BatchSettlementAddress();
        x402BatchSettlement = _x402BatchSettlement;
    }

    /// @inheritdoc IDepositCollector
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external
    {
        if (msg.sender != x402BatchSettlement) revert OnlyX402BatchSettlement();
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(collectorData, (uint256, uint256, uint256, bytes));
        bytes32 nonce = keccak256(abi.encode(channelId, salt));

        IErc3009Token(token).receiveWithAuthorization(
            payer, address(this), amount, validAfter, validBefore, nonce, signature
        );
        IERC20(token).safeTransfer(x402BatchSettlement, amount);
    }
}
