// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";
import {IReputationRegistry} from "./interfaces/IReputationRegistry.sol";

/// @title ERC-8004 feedback; {IReputationRegistry} is the manual.
contract ReputationRegistry is IReputationRegistry {
    /// @dev The numbers share one slot.
    struct Feedback {
        int128 value;
        uint8 valueDecimals;
        bool isRevoked;
        string tag1;
        string tag2;
    }

    /// @dev What a reader asks for; hashes, because strings are compared by them. A zero hash means "any".
    struct Filter {
        bytes32 tag1Hash;
        bytes32 tag2Hash;
        bool includeRevoked;
    }

    /// @param sum Values scaled to 18 decimals; 2^64 of at most 1e38 with 18 more digits stay below 2^255.
    /// @param countOf Number of entries by their decimals.
    struct Tally {
        int256 sum;
        uint64 count;
        uint64[19] countOf; // 0 to MAX_DECIMALS
    }

    /// @dev What {readAllFeedback} returns; together, because seven arrays do not fit on the stack.
    struct Page {
        address[] clients;
        uint64[] feedbackIndexes;
        int128[] values;
        uint8[] valueDecimals;
        string[] tag1s;
        string[] tag2s;
        bool[] revokedStatuses;
        uint256 length;
    }

    uint8 private constant MAX_DECIMALS = 18;
    int128 private constant MAX_ABS_VALUE = 1e38;

    IIdentityRegistry private immutable _identityRegistry;

    mapping(uint256 agentId => mapping(address client => Feedback[] given)) private _feedback;
    mapping(uint256 agentId => address[] clients) private _clients;
    mapping(uint256 agentId => mapping(address client => mapping(uint64 index => address[] responders))) private
        _responders;
    mapping(
        uint256 agentId => mapping(address client => mapping(uint64 index => mapping(address responder => uint64 count)))
    ) private _responseCounts;

    constructor(IIdentityRegistry identityRegistry) {
        require(address(identityRegistry) != address(0), "bad identity");
        _identityRegistry = identityRegistry;
    }

    // --- writes ---

    /// @inheritdoc IReputationRegistry
    /// @dev Strings in memory take one stack slot each, in calldata two, which would be too many here.
    function giveFeedback(
        uint256 agentId,
        int128 value,
        uint8 valueDecimals,
        string memory tag1,
        string memory tag2,
        string memory endpoint,
        string memory feedbackURI,
        bytes32 feedbackHash
    ) external {
        require(valueDecimals <= MAX_DECIMALS, "too many decimals");
        require(value >= -MAX_ABS_VALUE && value <= MAX_ABS_VALUE, "value too large");
        require(!_identityRegistry.isAuthorizedOrOwner(msg.sender, agentId), "Self-feedback not allowed");

        uint64 index = _store(agentId, value, valueDecimals, tag1, tag2);
        emit NewFeedback(
            agentId, msg.sender, index, value, valueDecimals, tag1, tag1, tag2, endpoint, feedbackURI, feedbackHash
        );
    }

    /// @inheritdoc IReputationRegistry
    function revokeFeedback(uint256 agentId, uint64 feedbackIndex) external {
        Feedback storage entry = _entry(agentId, msg.sender, feedbackIndex);
        require(!entry.isRevoked, "Already revoked");

        entry.isRevoked = true;
        emit FeedbackRevoked(agentId, msg.sender, feedbackIndex);
    }

    /// @inheritdoc IReputationRegistry
    function appendResponse(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        string calldata responseURI,
        bytes32 responseHash
    ) external {
        _entry(agentId, clientAddress, feedbackIndex);
        require(bytes(responseURI).length != 0, "Empty URI");

        uint64 countBefore = _responseCounts[agentId][clientAddress][feedbackIndex][msg.sender]++;
        if (countBefore == 0) _responders[agentId][clientAddress][feedbackIndex].push(msg.sender);
        emit ResponseAppended(agentId, clientAddress, feedbackIndex, msg.sender, responseURI, responseHash);
    }

    // --- reads ---

    /// @inheritdoc IReputationRegistry
    function getSummary(
        uint256 agentId,
        address[] calldata clientAddresses,
        string calldata tag1,
        string calldata tag2
    ) external view returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals) {
        require(clientAddresses.length != 0, "clientAddresses required");
        Tally memory tally = _tally(agentId, clientAddresses, _filter(tag1, tag2, false));
        if (tally.count == 0) return (0, 0, 0);

        count = tally.count;
        for (uint8 decimals = 1; decimals <= MAX_DECIMALS; ++decimals) {
            if (tally.countOf[decimals] > tally.countOf[summaryValueDecimals]) summaryValueDecimals = decimals;
        }
        // Two divisions: first the mean at 18 decimals, then the scale. Both truncate towards zero.
        int256 mean = tally.sum / int256(uint256(count));
        summaryValue = int128(mean / int256(10 ** uint256(MAX_DECIMALS - summaryValueDecimals)));
    }

    /// @inheritdoc IReputationRegistry
    function readFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        external
        view
        returns (int128 value, uint8 valueDecimals, string memory tag1, string memory tag2, bool isRevoked)
    {
        Feedback storage entry = _entry(agentId, clientAddress, feedbackIndex);
        return (entry.value, entry.valueDecimals, entry.tag1, entry.tag2, entry.isRevoked);
    }

    /// @inheritdoc IReputationRegistry
    /// @dev Arguments in memory for the same reason as in {giveFeedback}.
    function readAllFeedback(
        uint256 agentId,
        address[] memory clientAddresses,
        string memory tag1,
        string memory tag2,
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
        )
    {
        Page memory page = _readAll(agentId, clientAddresses, _filter(tag1, tag2, includeRevoked));
        return (
            page.clients,
            page.feedbackIndexes,
            page.values,
            page.valueDecimals,
            page.tag1s,
            page.tag2s,
            page.revokedStatuses
        );
    }

    /// @inheritdoc IReputationRegistry
    function getResponseCount(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        address[] calldata responders
    ) external view returns (uint64 count) {
        if (clientAddress != address(0)) {
            return _countOfClient(agentId, clientAddress, feedbackIndex, responders);
        }
        address[] storage clients = _clients[agentId];
        for (uint256 i; i < clients.length; ++i) {
            count += _countOfClient(agentId, clients[i], feedbackIndex, responders);
        }
    }

    /// @inheritdoc IReputationRegistry
    function getClients(uint256 agentId) external view returns (address[] memory) {
        return _clients[agentId];
    }

    /// @inheritdoc IReputationRegistry
    function getLastIndex(uint256 agentId, address clientAddress) external view returns (uint64) {
        return uint64(_feedback[agentId][clientAddress].length);
    }

    /// @inheritdoc IReputationRegistry
    function getIdentityRegistry() external view returns (address) {
        return address(_identityRegistry);
    }

    /// @inheritdoc IReputationRegistry
    function getVersion() external pure returns (string memory) {
        return "2.0.0";
    }

    // --- inside ---

    function _store(uint256 agentId, int128 value, uint8 valueDecimals, string memory tag1, string memory tag2)
        private
        returns (uint64 index)
    {
        Feedback[] storage given = _feedback[agentId][msg.sender];
        if (given.length == 0) _clients[agentId].push(msg.sender);
        Feedback storage entry = given.push();
        entry.value = value;
        entry.valueDecimals = valueDecimals;
        if (bytes(tag1).length != 0) entry.tag1 = tag1;
        if (bytes(tag2).length != 0) entry.tag2 = tag2;
        return uint64(given.length);
    }

    function _entry(uint256 agentId, address client, uint64 index) private view returns (Feedback storage) {
        Feedback[] storage given = _feedback[agentId][client];
        require(index != 0, "index must be > 0");
        require(index <= given.length, "index out of bounds");
        return given[index - 1];
    }

    function _filter(string memory tag1, string memory tag2, bool includeRevoked)
        private
        pure
        returns (Filter memory)
    {
        return Filter({
            tag1Hash: bytes(tag1).length == 0 ? bytes32(0) : keccak256(bytes(tag1)),
            tag2Hash: bytes(tag2).length == 0 ? bytes32(0) : keccak256(bytes(tag2)),
            includeRevoked: includeRevoked
        });
    }

    function _matches(Feedback storage entry, Filter memory filter) private view returns (bool) {
        if (entry.isRevoked && !filter.includeRevoked) return false;
        if (filter.tag1Hash != 0 && keccak256(bytes(entry.tag1)) != filter.tag1Hash) return false;
        return filter.tag2Hash == 0 || keccak256(bytes(entry.tag2)) == filter.tag2Hash;
    }

    function _tally(uint256 agentId, address[] calldata clients, Filter memory filter)
        private
        view
        returns (Tally memory tally)
    {
        for (uint256 i; i < clients.length; ++i) {
            Feedback[] storage given = _feedback[agentId][clients[i]];
            for (uint256 j; j < given.length; ++j) {
                if (!_matches(given[j], filter)) continue;
                uint8 decimals = given[j].valueDecimals;
                tally.sum += given[j].value * int256(10 ** uint256(MAX_DECIMALS - decimals));
                ++tally.countOf[decimals];
                ++tally.count;
            }
        }
    }

    /// @dev One pass with room for everything, then cut to what matched: reads cost no gas, strings are copied once.
    function _readAll(uint256 agentId, address[] memory clients, Filter memory filter)
        private
        view
        returns (Page memory page)
    {
        if (clients.length == 0) clients = _clients[agentId];
        uint256 most;
        for (uint256 i; i < clients.length; ++i) {
            most += _feedback[agentId][clients[i]].length;
        }
        page = _newPage(most);
        for (uint256 i; i < clients.length; ++i) {
            Feedback[] storage given = _feedback[agentId][clients[i]];
            for (uint256 j; j < given.length; ++j) {
                if (_matches(given[j], filter)) _push(page, clients[i], uint64(j + 1), given[j]);
            }
        }
        _cut(page);
    }

    function _newPage(uint256 most) private pure returns (Page memory page) {
        page.clients = new address[](most);
        page.feedbackIndexes = new uint64[](most);
        page.values = new int128[](most);
        page.valueDecimals = new uint8[](most);
        page.tag1s = new string[](most);
        page.tag2s = new string[](most);
        page.revokedStatuses = new bool[](most);
    }

    function _push(Page memory page, address client, uint64 index, Feedback storage entry) private view {
        uint256 i = page.length++;
        page.clients[i] = client;
        page.feedbackIndexes[i] = index;
        page.values[i] = entry.value;
        page.valueDecimals[i] = entry.valueDecimals;
        page.tag1s[i] = entry.tag1;
        page.tag2s[i] = entry.tag2;
        page.revokedStatuses[i] = entry.isRevoked;
    }

    /// @dev Shortens the seven arrays in place; the first seven words of the page point to them.
    function _cut(Page memory page) private pure {
        uint256 length = page.length;
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, 7) { i := add(i, 1) } { mstore(mload(add(page, shl(5, i))), length) }
        }
    }

    function _countOfClient(uint256 agentId, address client, uint64 index, address[] calldata responders)
        private
        view
        returns (uint64 count)
    {
        if (index != 0) return _countOfEntry(agentId, client, index, responders);
        uint64 last = uint64(_feedback[agentId][client].length);
        for (uint64 i = 1; i <= last; ++i) {
            count += _countOfEntry(agentId, client, i, responders);
        }
    }

    function _countOfEntry(uint256 agentId, address client, uint64 index, address[] calldata responders)
        private
        view
        returns (uint64 count)
    {
        address[] memory chosen = responders;
        if (chosen.length == 0) chosen = _responders[agentId][client][index];
        for (uint256 i; i < chosen.length; ++i) {
            count += _responseCounts[agentId][client][index][chosen[i]];
        }
    }
}
