// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {
    IERC7579Execution,
    IERC7579Module,
    MODULE_TYPE_EXECUTOR
} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";
import {AgentModule} from "./AgentModule.sol";
import {AgentRegistry} from "./AgentRegistry.sol";
import {CallGuard} from "./CallGuard.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {PolicyEngine} from "./PolicyEngine.sol";

/// @title The funds of an ERC-7579 account that agents may spend, each within its mandate
/// @notice An executor module: the account installs it as type 2, without data. The account itself may stop it; restarting is
///         governance's.
/// @dev What the account itself approved before, nobody measures: a contract that an agent may call takes it, if it takes whatever token it is
///      told. Permit such a function with an `assetWord` ({CallRules}) only, take the approval back, or have the token measured
///      ({CallGuard-setMeasured}).
contract ERC7579AgentModule is AgentModule, IERC7579Module {
    /// @dev One call, and a failure reverts.
    bytes32 private constant _SINGLE_CALL = 0;

    error ModuleForAnotherAccount(address account, address holder);
    error ModuleTakesNoData(uint256 length);
    error ModuleAnswers(uint256 answers);

    /// @param account whose funds it moves; deployed already
    constructor(
        address authority_,
        address account,
        AgentRegistry registry,
        address executor,
        CallGuard guard,
        uint256 homeChainId,
        uint256[] memory otherChainIds
    )
        AccessManaged(authority_)
        MandateAccount(guard)
        PolicyEngine(registry, executor, homeChainId, otherChainIds)
        AgentModule(account)
    {}

    /// @inheritdoc IERC7579Module
    /// @dev There is nothing to set up: whose module it is was fixed when it was deployed, and mandates come from governance.
    function onInstall(bytes calldata data) external view {
        require(msg.sender == HOLDER, ModuleForAnotherAccount(msg.sender, HOLDER));
        require(data.length == 0, ModuleTakesNoData(data.length));
    }

    /// @inheritdoc IERC7579Module
    /// @dev Never in the way: an account can always remove it.
    function onUninstall(bytes calldata) external pure {}

    /// @inheritdoc IERC7579Module
    function isModuleType(uint256 moduleTypeId) external pure returns (bool) {
        return moduleTypeId == MODULE_TYPE_EXECUTOR;
    }

    function _call(address target, uint256 value, bytes memory data) internal override returns (bytes memory) {
        bytes[] memory answers =
            IERC7579Execution(HOLDER).executeFromExecutor(_SINGLE_CALL, abi.encodePacked(target, value, data));
        require(answers.length == 1, ModuleAnswers(answers.length));
        return answers[0];
    }

    function _callAs(address target, uint256 value, bytes memory data) internal override returns (bool, bytes memory) {
        try IERC7579Execution(HOLDER).executeFromExecutor(_SINGLE_CALL, abi.encodePacked(target, value, data)) {
            return (true, "");
        } catch (bytes memory reason) {
            return (false, reason.length > MAX_REASON ? new bytes(0) : reason);
        }
    }

    /// @dev ERC-7579 knows accounts, not owners: who may act for the account stops by the account.
    function _isOwner(address caller) internal view override returns (bool) {
        return caller == HOLDER;
    }
}
