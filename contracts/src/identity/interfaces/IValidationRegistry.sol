// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What validators found: ERC-8004 validation requests and their answers.
interface IValidationRegistry {
    event ValidationRequest(
        address indexed validatorAddress, uint256 indexed agentId, string requestURI, bytes32 indexed requestHash
    );
    event ValidationResponse(
        address indexed validatorAddress,
        uint256 indexed agentId,
        bytes32 indexed requestHash,
        uint8 response,
        string responseURI,
        bytes32 responseHash,
        string tag
    );

    /// @notice Asks a validator to look at something of one's agent. By owner or operator ("Not authorized").
    /// @dev A hash can be used once, by anyone's agent ("exists"), so it can be squatted: put the agent id and a secret into
    /// the hashed content. Reverts "bad validator" for zero.
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external;

    /// @notice Answers a request. By its validator ("not validator"); a later answer replaces the former one.
    /// @dev Reverts "unknown" for a request that was never made.
    /// @param response 0 (failed) to 100 (passed); "resp>100".
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external;

    /// @notice State of a request; reverts "unknown". A pending one reads like an answer of 0: look for the event, or at
    /// {getSummary}, which leaves pending ones out.
    /// @dev lastUpdate is the time of the request or of the last answer, unix seconds.
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        );

    /// @notice Number and mean (rounded down) of the answers about an agent.
    /// @param validatorAddresses Empty for all.
    /// @param tag Empty for all.
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 avgResponse);

    /// @notice Hashes of all requests about an agent.
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory);

    /// @notice Hashes of all requests to a validator.
    function getValidatorRequests(address validatorAddress) external view returns (bytes32[] memory);

    function getIdentityRegistry() external view returns (address);

    /// @notice Version of the ERC-8004 contracts whose behaviour this is: "2.0.0".
    function getVersion() external pure returns (string memory);
}
