// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What others say about a party: ERC-8004 feedback.
/// @notice Anyone but the rated party may rate, without ever having paid: ratings are worth what the raters are worth,
/// so choose the clients you pass to {getSummary}. Reads loop over storage without bound; page off chain.
interface IReputationRegistry {
    /// @param indexedTag1 keccak256 of tag1.
    /// @param feedbackHash keccak256 of the feedback file; may be zero for content-addressed URIs.
    event NewFeedback(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        int128 value,
        uint8 valueDecimals,
        string indexed indexedTag1,
        string tag1,
        string tag2,
        string endpoint,
        string feedbackURI,
        bytes32 feedbackHash
    );
    event FeedbackRevoked(uint256 indexed agentId, address indexed clientAddress, uint64 indexed feedbackIndex);
    event ResponseAppended(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        address indexed responder,
        string responseURI,
        bytes32 responseHash
    );

    /// @notice Rates an agent. Kept in storage: value, decimals and tags; in the event only: endpoint, URI, hash.
    /// @dev Reverts "too many decimals", "value too large", "Self-feedback not allowed" (owner and operators), and
    /// ERC721NonexistentToken for an unknown agent.
    /// @param value -1e38 to 1e38, in units of 10^-valueDecimals.
    /// @param valueDecimals 0 to 18.
    function giveFeedback(
        uint256 agentId,
        int128 value,
        uint8 valueDecimals,
        string calldata tag1,
        string calldata tag2,
        string calldata endpoint,
        string calldata feedbackURI,
        bytes32 feedbackHash
    ) external;

    /// @notice Takes back one's own feedback. Reverts "index must be > 0", "index out of bounds", "Already revoked".
    /// @param feedbackIndex From 1, for each client anew.
    function revokeFeedback(uint256 agentId, uint64 feedbackIndex) external;

    /// @notice Answers a feedback; anyone may. Reverts "Empty URI" and as {revokeFeedback} for the index.
    function appendResponse(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        string calldata responseURI,
        bytes32 responseHash
    ) external;

    /// @notice Mean of the feedback of these clients. Revoked entries are left out; values are scaled to 18 decimals; the
    /// mean is truncated towards zero and given in the most frequent number of decimals, the lowest on a tie.
    /// @param clientAddresses At least one ("clientAddresses required"); one listed twice counts twice.
    /// @param tag1 Only entries with this tag1; empty for all. Without a tag, values of different units are averaged.
    /// @param tag2 Only entries with this tag2; empty for all.
    function getSummary(
        uint256 agentId,
        address[] calldata clientAddresses,
        string calldata tag1,
        string calldata tag2
    ) external view returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals);

    /// @notice One entry. Reverts "index must be > 0" and "index out of bounds".
    function readFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        external
        view
        returns (int128 value, uint8 valueDecimals, string memory tag1, string memory tag2, bool isRevoked);

    /// @notice All entries that match, client by client.
    /// @param clientAddresses Empty for all clients.
    function readAllFeedback(
        uint256 agentId,
        address[] calldata clientAddresses,
        string calldata tag1,
        string calldata tag2,
        bool includeRevoked
    )
        external
        view
        returns (
            address[] memory clients,
            uint64[] memory feedbackIndexes,
            int128[] memory values,
            uint8[] memory valueDecimals,
            string[] memory tag1s,
            string[] memory tag2s,
            bool[] memory revokedStatuses
        );

    /// @notice Number of responses.
    /// @param clientAddress Zero for the feedback of all clients.
    /// @param feedbackIndex Zero for all feedback of the client.
    /// @param responders Empty for all responders.
    function getResponseCount(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        address[] calldata responders
    ) external view returns (uint64 count);

    /// @notice Everyone who ever rated the agent, in the order of their first rating.
    function getClients(uint256 agentId) external view returns (address[] memory);

    /// @notice Number of ratings by a client, which is the index of the last; 0 if none.
    function getLastIndex(uint256 agentId, address clientAddress) external view returns (uint64);

    function getIdentityRegistry() external view returns (address);

    /// @notice Version of the ERC-8004 contracts whose behaviour this is: "2.0.0".
    function getVersion() external pure returns (string memory);
}
