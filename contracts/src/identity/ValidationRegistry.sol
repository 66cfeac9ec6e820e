// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";
import {IValidationRegistry} from "./interfaces/IValidationRegistry.sol";

/// @title ERC-8004 validations; {IValidationRegistry} is the manual.
contract ValidationRegistry is IValidationRegistry {
    /// @dev `answered` tells a pending request from an answer of 0.
    struct Status {
        address validator;
        uint8 response;
        bool answered;
        uint64 lastUpdate;
        uint256 agentId;
        bytes32 responseHash;
        string tag;
    }

    IIdentityRegistry private immutable _identityRegistry;

    mapping(bytes32 requestHash => Status status) private _statuses;
    mapping(uint256 agentId => bytes32[] requestHashes) private _ofAgent;
    mapping(address validator => bytes32[] requestHashes) private _ofValidator;

    constructor(IIdentityRegistry identityRegistry) {
        require(address(identityRegistry) != address(0), "bad identity");
        _identityRegistry = identityRegistry;
    }

    /// @inheritdoc IValidationRegistry
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external {
        require(validatorAddress != address(0), "bad validator");
        require(_statuses[requestHash].validator == address(0), "exists");
        require(_identityRegistry.isAuthorizedOrOwner(msg.sender, agentId), "Not authorized");

        Status storage status = _statuses[requestHash];
        status.validator = validatorAddress;
        status.lastUpdate = uint64(block.timestamp);
        status.agentId = agentId;
        _ofAgent[agentId].push(requestHash);
        _ofValidator[validatorAddress].push(requestHash);
        emit ValidationRequest(validatorAddress, agentId, requestURI, requestHash);
    }

    /// @inheritdoc IValidationRegistry
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external {
        Status storage status = _known(requestHash);
        require(msg.sender == status.validator, "not validator");
        require(response <= 100, "resp>100");

        status.response = response;
        status.answered = true;
        status.lastUpdate = uint64(block.timestamp);
        status.responseHash = responseHash;
        status.tag = tag;
        emit ValidationResponse(msg.sender, status.agentId, requestHash, response, responseURI, responseHash, tag);
    }

    /// @inheritdoc IValidationRegistry
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
        )
    {
        Status storage status = _known(requestHash);
        return
            (status.validator, status.agentId, status.response, status.responseHash, status.tag, status.lastUpdate);
    }

    /// @inheritdoc IValidationRegistry
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 avgResponse)
    {
        bytes32[] storage hashes = _ofAgent[agentId];
        bytes32 tagHash = keccak256(bytes(tag));
        uint256 sum;
        for (uint256 i; i < hashes.length; ++i) {
            Status storage status = _statuses[hashes[i]];
            if (!status.answered || !_isAmong(validatorAddresses, status.validator)) continue;
            if (bytes(tag).length != 0 && keccak256(bytes(status.tag)) != tagHash) continue;
            ++count;
            sum += status.response;
        }
        if (count != 0) avgResponse = uint8(sum / count);
    }

    /// @inheritdoc IValidationRegistry
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory) {
        return _ofAgent[agentId];
    }

    /// @inheritdoc IValidationRegistry
    function getValidatorRequests(address validatorAddress) external view returns (bytes32[] memory) {
        return _ofValidator[validatorAddress];
    }

    /// @inheritdoc IValidationRegistry
    function getIdentityRegistry() external view returns (address) {
        return address(_identityRegistry);
    }

    /// @inheritdoc IValidationRegistry
    function getVersion() external pure returns (string memory) {
        return "2.0.0";
    }

    function _known(bytes32 requestHash) private view returns (Status storage status) {
        status = _statuses[requestHash];
        require(status.validator != address(0), "unknown");
    }

    /// @dev An empty list means everyone.
    function _isAmong(address[] calldata validators, address validator) private pure returns (bool) {
        for (uint256 i; i < validators.length; ++i) {
            if (validators[i] == validator) return true;
        }
        return validators.length == 0;
    }
}
