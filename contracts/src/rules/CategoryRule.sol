// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../AgentRegistry.sol";
import {Intent} from "../Intent.sol";
import {IRule} from "./IRule.sol";
import {Tightening} from "./Tightening.sol";

/// @title How much an agent may spend at once on what kind of thing
/// @notice Recipients, and contracts that are called, are sorted into categories; each category has a limit per transaction
///         for each asset. Whoever is in none, and an asset without a limit, is denied (L11).
/// @dev A category is a short text such as "compute", left-aligned; zero is no category.
contract CategoryRule is IRule, Tightening {
    mapping(uint256 agentId => mapping(uint256 chainId => mapping(address target => bytes32))) private _categories;
    mapping(uint256 agentId => mapping(bytes32 category => mapping(address asset => uint256))) private _limits;

    event CategorySet(
        uint256 indexed agentId, uint256 indexed chainId, address indexed target, bytes32 category, address by
    );
    event CategoryLimitSet(
        uint256 indexed agentId, bytes32 indexed category, address indexed asset, uint256 limit, address by
    );

    error CategoryZero();

    constructor(address authority_, AgentRegistry registry) Tightening(authority_, registry) {}

    /// @inheritdoc IRule
    /// @dev The limit is in the asset's smallest unit, over all chains; all of it is always left. Time changes nothing.
    function judge(Intent calldata intent, uint8)
        external
        view
        returns (bool admitted, uint256 limit, uint256 left, uint64 availableAt)
    {
        limit = _limits[intent.agentId][_categories[intent.agentId][intent.chainId][intent.to]][intent.asset];
        return (limit > 0 && intent.amount <= limit, limit, limit, 0);
    }

    /// @notice The category of a recipient or contract on chain `chainId`; zero: none.
    function categoryOf(uint256 agentId, uint256 chainId, address target) external view returns (bytes32) {
        return _categories[agentId][chainId][target];
    }

    /// @notice Most of `asset`, in its smallest unit, that one transaction may spend on `category`; zero: nothing.
    function limitOf(uint256 agentId, bytes32 category, address asset) external view returns (uint256) {
        return _limits[agentId][category][asset];
    }

    /// @notice Sorts a recipient, or a contract to be called, into a category. At once for none, else by governance only:
    ///         which of two categories is tighter may differ from asset to asset.
    function setCategory(uint256 agentId, uint256 chainId, address target, bytes32 category) external {
        _authorize(agentId, isTighterCategory(category, _categories[agentId][chainId][target]));
        _categories[agentId][chainId][target] = category;
        emit CategorySet(agentId, chainId, target, category, msg.sender);
    }

    /// @notice Sets a category's limit for one asset, in its smallest unit. At once when it is no higher, else by
    ///         governance only.
    function setLimit(uint256 agentId, bytes32 category, address asset, uint256 limit) external {
        require(category != 0, CategoryZero());
        _authorize(agentId, isTighterLimit(limit, _limits[agentId][category][asset]));
        _limits[agentId][category][asset] = limit;
        emit CategoryLimitSet(agentId, category, asset, limit, msg.sender);
    }

    /// @notice Whether a target in `newCategory` is admitted for nothing that it is not in `oldCategory`, whatever the limits.
    function isTighterCategory(bytes32 newCategory, bytes32 oldCategory) public pure returns (bool) {
        return newCategory == 0 || newCategory == oldCategory;
    }

    /// @notice Whether `newLimit` admits nothing that `oldLimit` does not.
    function isTighterLimit(uint256 newLimit, uint256 oldLimit) public pure returns (bool) {
        return newLimit <= oldLimit;
    }
}
