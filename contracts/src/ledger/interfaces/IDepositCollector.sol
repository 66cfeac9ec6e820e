// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Brings the money of a deposit to {IChannels}.
interface IDepositCollector {
    /// @notice Only the settlement contract may call.
    error OnlyX402BatchSettlement();
    /// @notice The settlement address of the constructor is zero.
    error InvalidX402BatchSettlementAddress();

    /// @notice Moves exactly `amount` of `token` from `payer` to the settlement contract, which calls this within a deposit.
    /// @param amount Base units, 1 to 2^128 - 1.
    /// @param channelId Channel that the payer's authorization must name.
    /// @param collectorData Authorization in the collector's own form.
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external;

    /// @notice The contract that this collector collects for.
    function x402BatchSettlement() external view returns (address);
}
