// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7579AgentModule} from "../../src/ERC7579AgentModule.sol";
import {Intent} from "../../src/Intent.sol";
import {MandateAccount} from "../../src/MandateAccount.sol";
import {SafeAgentModule} from "../../src/SafeAgentModule.sol";
import {Deployed} from "./Deployed.sol";

/// @title A second agent, whose mandate is held by a module and whose funds stay in the account that the module acts for
abstract contract Custody is Deployed {
    uint256 internal constant MODULE_AGENT_KEY = 0xA2;
    address internal immutable MODULE_AGENT = vm.addr(MODULE_AGENT_KEY);

    MandateAccount internal module;
    address internal holder;
    uint256 internal moduleAgentId;

    uint256 private _nextModuleNonce;

    function deploySafeModule(string memory name, address safe) internal returns (SafeAgentModule) {
        return SafeAgentModule(_deployModule(name, type(SafeAgentModule).creationCode, safe));
    }

    function deployAccountModule(string memory name, address account) internal returns (ERC7579AgentModule) {
        return ERC7579AgentModule(_deployModule(name, type(ERC7579AgentModule).creationCode, account));
    }

    function _deployModule(string memory name, bytes memory creationCode, address holder_) private returns (address) {
        uint256[] memory others = new uint256[](1);
        others[0] = REMOTE;
        bytes memory arguments = abi.encode(authority, holder_, registry, executor, guard, HOME, others);
        vm.prank(DEPLOYER);
        return _create(name, bytes.concat(creationCode, arguments));
    }

    /// @dev Funds the holder, and has governance give a new agent a mandate over these funds.
    function admitModuleAgent(MandateAccount module_, address holder_) internal {
        (module, holder) = (module_, holder_);
        vm.deal(holder, VAULT_ETH);
        token.transfer(holder, VAULT_TOKENS);
        vm.prank(OWNER);
        moduleAgentId = registry.register("ipfs://second");
        proveWallet(moduleAgentId, OWNER, MODULE_AGENT_KEY);
        vm.startPrank(address(timelock));
        executor.setAccount(address(module), true);
        registry.activate(moduleAgentId, address(module), 0);
        module.setTerms(moduleAgentId, terms());
        module.setRecipient(moduleAgentId, HOME, PAYEE, true);
        vm.stopPrank();
        admitAsset(ETH, 1 ether, 3 ether);
        admitAsset(address(token), 1000e6, 2500e6);
    }

    function admitAsset(address asset, uint256 perTransaction, uint256 cap) internal {
        vm.startPrank(address(timelock));
        module.setLimit(moduleAgentId, asset, limit(perTransaction, cap));
        module.setAssetChain(moduleAgentId, asset, HOME, true);
        vm.stopPrank();
    }

    function admitRecipient(address recipient) internal {
        vm.prank(address(timelock));
        module.setRecipient(moduleAgentId, HOME, recipient, true);
    }

    /// @dev An intent of the module's agent, signed.
    function modulePayment(address asset, uint256 amount) internal returns (Intent memory intent, bytes memory proof) {
        intent = Intent(
            moduleAgentId, address(module), HOME, asset, PAYEE, amount, "", _nextModuleNonce++, uint64(time() + 1 hours)
        );
        proof = signature(MODULE_AGENT_KEY, executor.idOf(intent));
    }
}
