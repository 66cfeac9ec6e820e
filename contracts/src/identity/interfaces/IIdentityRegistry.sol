// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title Who is who: ERC-8004 identities. An ERC-721 token is a party, its URI says where the party can be reached.
/// @notice Agent ids start at 0, so 0 never means "nobody". Anyone may register, as often as they like: an identity
/// proves control of a key and nothing else.
interface IIdentityRegistry is IERC721 {
    /// @param metadataKey Name; `agentWallet` is reserved.
    /// @param metadataValue Any bytes.
    struct MetadataEntry {
        string metadataKey;
        bytes metadataValue;
    }

    event Registered(uint256 indexed agentId, string agentURI, address indexed owner);
    event URIUpdated(uint256 indexed agentId, string newURI, address indexed updatedBy);
    /// @param indexedMetadataKey keccak256 of the key.
    event MetadataSet(
        uint256 indexed agentId, string indexed indexedMetadataKey, string metadataKey, bytes metadataValue
    );

    /// @notice A new identity for the caller, whose address is also its first agentWallet. Not minted "safely": a
    /// contract that registers knows what it does.
    function register() external returns (uint256 agentId);

    /// @param agentURI Where the registration file is: https, ipfs or data.
    function register(string calldata agentURI) external returns (uint256 agentId);

    /// @param metadata Entries to store; reverts "reserved key" on `agentWallet`.
    function register(string calldata agentURI, MetadataEntry[] calldata metadata) external returns (uint256 agentId);

    /// @notice By owner or operator; else "Not authorized".
    function setAgentURI(uint256 agentId, string calldata newURI) external;

    /// @notice Empty if never set. `agentWallet` gives the wallet's 20 bytes.
    function getMetadata(uint256 agentId, string calldata metadataKey) external view returns (bytes memory);

    /// @notice By owner or operator; "reserved key" for `agentWallet`.
    function setMetadata(uint256 agentId, string calldata metadataKey, bytes calldata metadataValue) external;

    /// @notice Sets the wallet in whose name the agent signs and is paid. By owner or operator, with the consent of the
    /// new wallet: it signs AgentWalletSet(agentId, newWallet, owner, deadline), ECDSA or ERC-1271.
    /// @dev Reverts "bad wallet" (zero), "expired", "deadline too far", "invalid wallet sig".
    /// @param deadline Unix seconds (inclusive), at most 300 ahead.
    function setAgentWallet(uint256 agentId, address newWallet, uint256 deadline, bytes calldata signature) external;

    /// @notice Zero when unset. A transfer unsets it, so that a buyer does not inherit the seller's key.
    function getAgentWallet(uint256 agentId) external view returns (address);

    /// @notice By owner or operator.
    function unsetAgentWallet(uint256 agentId) external;

    /// @notice Whether `spender` is owner, operator or approved; reverts ERC721NonexistentToken for an unknown agent.
    function isAuthorizedOrOwner(address spender, uint256 agentId) external view returns (bool);

    /// @notice Version of the ERC-8004 contracts whose behaviour this is: "2.0.0".
    function getVersion() external pure returns (string memory);
}
