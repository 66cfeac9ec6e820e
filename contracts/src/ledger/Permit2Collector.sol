// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IDepositCollector} from "./interfaces/IDepositCollector.sol";

/// @dev The one function of Uniswap's Permit2 that is needed.
interface IPermit2 {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}

/// @title Deposits by Permit2: for tokens without EIP-3009. The payer has approved Permit2 once and signs each deposit.
/// @notice collectorData = `abi.encode(uint256 nonce, uint256 deadline, bytes signature, bytes eip2612Data)`. The payer signs
/// PermitWitnessTransferFrom with this contract as spender and DepositWitness(channelId) as witness, so the permit is good for
/// one channel only. `eip2612Data` is empty, or `abi.encode(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)`:
/// a token permit that approves Permit2 on the way.
contract Permit2Collector is IDepositCollector {
    /// @dev The same on every chain.
    IPermit2 internal constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);
    bytes32 internal constant WITNESS_TYPEHASH = keccak256("DepositWitness(bytes32 channelId)");
    string internal constant WITNESS_TYPE_STRING =
        "DepositWitness witness)DepositWitness(bytes32 channelId)TokenPermissions(address token,uint256 amount)";
    uint256 internal constant EIP2612_BYTES = 160;

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
        (uint256 nonce, uint256 deadline, bytes memory signature, bytes memory eip2612Data) =
            abi.decode(collectorData, (uint256, uint256, bytes, bytes));

        if (eip2612Data.length == EIP2612_BYTES) _tryPermit(token, payer, eip2612Data);
        PERMIT2.permitWitnessTransferFrom({
            permit: IPermit2.PermitTransferFrom({
                permitted: IPermit2.TokenPermissions({token: token, amount: amount}),
                nonce: nonce,
                deadline: deadline
            }),
            transferDetails: IPermit2.SignatureTransferDetails({to: x402BatchSettlement, requestedAmount: amount}),
            owner: payer,
            witness: keccak256(abi.encode(WITNESS_TYPEHASH, channelId)),
            witnessTypeString: WITNESS_TYPE_STRING,
            signature: signature
        });
    }

    /// @dev Failure is no matter: anybody may have used the permit already, and the approval is what counts.
    function _tryPermit(address token, address payer, bytes memory eip2612Data) private {
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(eip2612Data, (uint256, uint256, uint8, bytes32, bytes32));
        try IERC20Permit(token).permit(payer, address(PERMIT2), value, deadline, v, r, s) {} catch {}
    }
}
