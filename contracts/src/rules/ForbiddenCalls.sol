// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Calls that no mandate can permit
/// @notice A call is measured by what it takes from the account while it runs. These escape that: they give somebody a
///         right to take later or a say in what the account has a say in, they move tokens past the rules for payments, or they
///         carry other calls inside.
/// @dev By selector, whatever contract is called: a function is what its selector says it is. The plain ERC-20
///      `approve(address,uint256)` isn't here, {CallRules} admits it in one shape only.
library ForbiddenCalls {
    /// @dev https://github.com/Uniswap/permit2, at this address on every chain. An approval to it can be used by signature.
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    /// @dev https://github.com/mds1/multicall, at this address on every chain. Anybody spends what it was approved.
    address internal constant MULTICALL3 = 0xcA11bde05977b3631167028862bE2a173976CA11;

    /// @dev ERC-4337's entry points 0.6 to 0.9. What the account has deposited there is in no balance.
    address internal constant ENTRYPOINT_06 = 0x5FF137D4b0FDCD49DcA30c7CF57E578a026d2789;
    address internal constant ENTRYPOINT_07 = 0x0000000071727De22E5E9d8BAf0edAc6f37da032;
    address internal constant ENTRYPOINT_08 = 0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108;
    address internal constant ENTRYPOINT_09 = 0x433709009B8330FDa32311DF1C2AFA402eD8D009;

    /// @notice Whether no permission may name `target`, as the contract that is called, nor a call as its recipient.
    function isForbiddenTarget(address target) internal pure returns (bool) {
        return target == address(0) || target == PERMIT2 || target == MULTICALL3 || target == ENTRYPOINT_06
            || target == ENTRYPOINT_07 || target == ENTRYPOINT_08 || target == ENTRYPOINT_09;
    }

    /// @notice Whether no permission may name `selector`.
    function isForbiddenSelector(bytes4 selector) internal pure returns (bool) {
        return _givesRights(selector) || _givesPower(selector) || _movesTokens(selector) || _carriesCalls(selector);
    }

    /// @dev Somebody may take later, in a way that the account doesn't see or can't count exactly.
    function _givesRights(bytes4 selector) private pure returns (bool) {
        return
        // ERC-2612, with a contract's signature, and DAI
        selector == bytes4(keccak256("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("permit(address,address,uint256,uint256,bytes)"))
            || selector == bytes4(keccak256("permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)"))
            // ERC-4494 and Uniswap's positions
            || selector == bytes4(keccak256("permit(address,uint256,uint256,bytes)"))
            || selector == bytes4(keccak256("permit(address,uint256,uint256,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("permit(address,uint256,uint256,uint256,bytes)"))
            || selector == bytes4(keccak256("permitForAll(address,address,bool,uint256,uint256,bytes)"))
            // Permit2
            || selector == bytes4(keccak256("permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)"))
            || selector
                == bytes4(keccak256("permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)"))
            || selector
                == bytes4(keccak256("permitBatch(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)"))
            // routers that submit a permit of the caller
            || selector == bytes4(keccak256("selfPermit(address,uint256,uint256,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("selfPermitIfNecessary(address,uint256,uint256,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("selfPermitAllowed(address,uint256,uint256,uint8,bytes32,bytes32)"))
            || selector
                == bytes4(keccak256("selfPermitAllowedIfNecessary(address,uint256,uint256,uint8,bytes32,bytes32)"))
            // Permit2
            || selector == bytes4(keccak256("approve(address,address,uint160,uint48)"))
            // ERC-6909, ERC-827, ERC-1363, ERC-7674
            || selector == bytes4(keccak256("approve(address,uint256,uint256)"))
            || selector == bytes4(keccak256("approve(address,uint256,bytes)"))
            || selector == bytes4(keccak256("approveAndCall(address,uint256)"))
            || selector == bytes4(keccak256("approveAndCall(address,uint256,bytes)"))
            || selector == bytes4(keccak256("temporaryApprove(address,uint256)"))
            // relative approvals: what results isn't what was asked
            || selector == bytes4(keccak256("increaseAllowance(address,uint256)"))
            || selector == bytes4(keccak256("decreaseAllowance(address,uint256)"))
            || selector == bytes4(keccak256("increaseApproval(address,uint256)"))
            || selector == bytes4(keccak256("decreaseApproval(address,uint256)"))
            // ERC-721 and ERC-1155, ERC-6909, ERC-777, ERC-1410, ERC-1820
            || selector == bytes4(keccak256("setApprovalForAll(address,bool)"))
            || selector == bytes4(keccak256("setOperator(address,bool)"))
            || selector == bytes4(keccak256("authorizeOperator(address)"))
            || selector == bytes4(keccak256("authorizeOperatorByPartition(bytes32,address)"))
            || selector == bytes4(keccak256("setInterfaceImplementer(address,bytes32,address)"))
            || selector == bytes4(keccak256("setManager(address,address)"))
            // the same in lending and exchange protocols: Aave, Compound III, Morpho, Balancer, Euler
            || selector == bytes4(keccak256("approveDelegation(address,uint256)"))
            || selector == bytes4(keccak256("delegationWithSig(address,address,uint256,uint256,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("allow(address,bool)"))
            || selector == bytes4(keccak256("allowBySig(address,address,bool,uint256,uint256,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("setAuthorization(address,bool)"))
            || selector
                == bytes4(
                keccak256("setAuthorizationWithSig((address,address,bool,uint256,uint256),(uint8,bytes32,bytes32))")
            ) || selector == bytes4(keccak256("setRelayerApproval(address,address,bool)"))
            || selector == bytes4(keccak256("setAccountOperator(address,address,bool)"))
            || selector == bytes4(keccak256("setOperator(bytes19,address,uint256)"))
            || selector == bytes4(keccak256("enableController(address,address)"))
            || selector == bytes4(keccak256("hope(address)"))
            || selector == bytes4(keccak256("cdpAllow(uint256,address,uint256)"))
            || selector == bytes4(keccak256("urnAllow(address,uint256)"))
            || selector == bytes4(keccak256("give(uint256,address)"))
            || selector == bytes4(keccak256("set_approve_deposit(address,bool)"))
            || selector == bytes4(keccak256("approvePlugin(address)"))
            || selector == bytes4(keccak256("approveAllDelegatePowers(address)"))
            || selector == bytes4(keccak256("approveExchangeOnBehalf(address)"))
            || selector == bytes4(keccak256("approveIssueOnBehalf(address)"))
            || selector == bytes4(keccak256("approveBurnOnBehalf(address)"))
            || selector == bytes4(keccak256("approveClaimOnBehalf(address)"));
    }

    /// @dev What no balance and no allowance shows: votes, and who rules over what the account rules.
    function _givesPower(bytes4 selector) private pure returns (bool) {
        return
        // votes: ERC-5805 and what came before, Aave's, Snapshot's and delegate.xyz's registries; governors
        selector == bytes4(keccak256("delegate(address)")) || selector == bytes4(keccak256("delegate(address,uint256)"))
            || selector == bytes4(keccak256("delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("delegateByType(address,uint8)"))
            || selector == bytes4(keccak256("setDelegate(bytes32,address)"))
            || selector == bytes4(keccak256("delegateForAll(address,bool)"))
            || selector == bytes4(keccak256("delegateAll(address,bytes32,bool)"))
            || selector == bytes4(keccak256("castVote(uint256,uint8)"))
            || selector == bytes4(keccak256("castVote(uint256,bool)"))
            || selector == bytes4(keccak256("castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("castVoteBySig(uint256,uint8,address,bytes)"))
            || selector == bytes4(keccak256("castVoteWithReason(uint256,uint8,string)"))
            || selector == bytes4(keccak256("castVoteWithReasonAndParams(uint256,uint8,string,bytes)"))
            || selector
                == bytes4(keccak256("castVoteWithReasonAndParamsBySig(uint256,uint8,address,string,bytes,bytes)"))
            || selector == bytes4(keccak256("propose(address[],uint256[],bytes[],string)"))
            || selector == bytes4(keccak256("propose(address[],uint256[],string[],bytes[],string)"))
            // a Safe and its allowance module
            || selector == bytes4(keccak256("enableModule(address)"))
            || selector == bytes4(keccak256("setGuard(address)"))
            || selector == bytes4(keccak256("setModuleGuard(address)"))
            || selector == bytes4(keccak256("setFallbackHandler(address)"))
            || selector == bytes4(keccak256("addOwnerWithThreshold(address,uint256)"))
            || selector == bytes4(keccak256("swapOwner(address,address,address)"))
            || selector == bytes4(keccak256("addDelegate(address)"))
            || selector == bytes4(keccak256("setAllowance(address,address,uint96,uint16,uint32)"))
            || selector == bytes4(keccak256("resetAllowance(address,address)"))
            // ownership and roles
            || selector == bytes4(keccak256("transferOwnership(address)"))
            || selector == bytes4(keccak256("setPendingOwner(address)"))
            || selector == bytes4(keccak256("setOwner(address)")) || selector == bytes4(keccak256("setAdmin(address)"))
            || selector == bytes4(keccak256("setPendingAdmin(address)"))
            || selector == bytes4(keccak256("setAuthority(address)"))
            || selector == bytes4(keccak256("beginDefaultAdminTransfer(address)"))
            || selector == bytes4(keccak256("grantRole(bytes32,address)"))
            || selector == bytes4(keccak256("grantRole(uint64,address,uint32)"))
            // proxies
            || selector == bytes4(keccak256("upgradeTo(address)"))
            || selector == bytes4(keccak256("upgrade(address,address)"))
            || selector == bytes4(keccak256("transferProxyOwnership(address)"))
            || selector == bytes4(keccak256("changeAdmin(address)"))
            || selector == bytes4(keccak256("changeProxyAdmin(address,address)"));
    }

    /// @dev Tokens move as they do in a payment, from whoever, to whomever.
    function _movesTokens(bytes4 selector) private pure returns (bool) {
        return
        // ERC-20 (a payment has no call data), ERC-223, ERC-1363 and ERC-677
        selector == bytes4(keccak256("transfer(address,uint256)"))
            || selector == bytes4(keccak256("transferFrom(address,address,uint256)"))
            || selector == bytes4(keccak256("transfer(address,uint256,bytes)"))
            || selector == bytes4(keccak256("transferAndCall(address,uint256)"))
            || selector == bytes4(keccak256("transferAndCall(address,uint256,bytes)"))
            || selector == bytes4(keccak256("transferFromAndCall(address,address,uint256)"))
            || selector == bytes4(keccak256("transferFromAndCall(address,address,uint256,bytes)"))
            // ERC-721, ERC-1155, ERC-6909
            || selector == bytes4(keccak256("safeTransferFrom(address,address,uint256)"))
            || selector == bytes4(keccak256("safeTransferFrom(address,address,uint256,bytes)"))
            || selector == bytes4(keccak256("safeTransferFrom(address,address,uint256,uint256,bytes)"))
            || selector == bytes4(keccak256("safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)"))
            || selector == bytes4(keccak256("transfer(address,uint256,uint256)"))
            || selector == bytes4(keccak256("transferFrom(address,address,uint256,uint256)"))
            // Compound III, staked ether by its shares, DAI
            || selector == bytes4(keccak256("transferAsset(address,address,uint256)"))
            || selector == bytes4(keccak256("transferAssetFrom(address,address,address,uint256)"))
            || selector == bytes4(keccak256("transferShares(address,uint256)"))
            || selector == bytes4(keccak256("transferSharesFrom(address,address,uint256)"))
            || selector == bytes4(keccak256("push(address,uint256)"))
            || selector == bytes4(keccak256("pull(address,uint256)"))
            || selector == bytes4(keccak256("move(address,address,uint256)"))
            || selector == bytes4(keccak256("approve(address)"))
            // ERC-777
            || selector == bytes4(keccak256("send(address,uint256,bytes)"))
            || selector == bytes4(keccak256("operatorSend(address,address,uint256,bytes,bytes)"))
            || selector == bytes4(keccak256("operatorBurn(address,uint256,bytes,bytes)"))
            // ERC-3009, also with a contract's signature
            || selector
                == bytes4(
                keccak256(
                "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
            )
            )
            || selector
                == bytes4(keccak256("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"))
            || selector
                == bytes4(
                keccak256(
                "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
            )
            )
            || selector
                == bytes4(keccak256("receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"))
            // Permit2
            || selector == bytes4(keccak256("transferFrom(address,address,uint160,address)"))
            || selector == bytes4(keccak256("transferFrom((address,address,uint160,address)[])"))
            || selector
                == bytes4(
                keccak256("permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)")
            )
            || selector
                == bytes4(
                keccak256("permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)")
            )
            || selector
                == bytes4(
                keccak256(
                "permitWitnessTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes32,string,bytes)"
            )
            )
            || selector
                == bytes4(
                keccak256(
                "permitWitnessTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes32,string,bytes)"
            )
            );
    }

    /// @dev What is really called stands inside the data.
    function _carriesCalls(bytes4 selector) private pure returns (bool) {
        return
        // several calls in one
        selector == bytes4(keccak256("multicall(bytes[])"))
            || selector == bytes4(keccak256("multicall(uint256,bytes[])"))
            || selector == bytes4(keccak256("multicall(bytes32,bytes[])"))
            || selector == bytes4(keccak256("multicall(address[],bytes[])"))
            || selector == bytes4(keccak256("multicall((address,bytes)[])"))
            || selector == bytes4(keccak256("multicall((address,bytes,uint256,bool,bytes32)[])"))
            || selector == bytes4(keccak256("batch(bytes[],bool)"))
            || selector == bytes4(keccak256("batch((address,address,uint256,bytes)[])"))
            || selector == bytes4(keccak256("call(address,address,uint256,bytes)"))
            || selector == bytes4(keccak256("invoke(bytes32[],bytes[])"))
            || selector == bytes4(keccak256("invoke(address,uint256,bytes)"))
            // Multicall 1 to 3
            || selector == bytes4(keccak256("aggregate((address,bytes)[])"))
            || selector == bytes4(keccak256("tryAggregate(bool,(address,bytes)[])"))
            || selector == bytes4(keccak256("blockAndAggregate((address,bytes)[])"))
            || selector == bytes4(keccak256("tryBlockAndAggregate(bool,(address,bytes)[])"))
            || selector == bytes4(keccak256("aggregate3((address,bool,bytes)[])"))
            || selector == bytes4(keccak256("aggregate3Value((address,bool,uint256,bytes)[])"))
            // Safe, its MultiSend, Zodiac Roles 1 and 2
            || selector
                == bytes4(
                keccak256("execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)")
            ) || selector == bytes4(keccak256("execTransactionFromModule(address,uint256,bytes,uint8)"))
            || selector == bytes4(keccak256("execTransactionFromModuleReturnData(address,uint256,bytes,uint8)"))
            || selector == bytes4(keccak256("execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)"))
            || selector
                == bytes4(keccak256("execTransactionWithRoleReturnData(address,uint256,bytes,uint8,bytes32,bool)"))
            || selector == bytes4(keccak256("execTransactionWithRole(address,uint256,bytes,uint8,uint16,bool)"))
            || selector
                == bytes4(keccak256("execTransactionWithRoleReturnData(address,uint256,bytes,uint8,uint16,bool)"))
            || selector == bytes4(keccak256("approveHash(bytes32)"))
            || selector == bytes4(keccak256("multiSend(bytes)"))
            || selector == bytes4(keccak256("simulateAndRevert(address,bytes)"))
            // ERC-4337 accounts and entry points, ERC-6551, ERC-7579, ERC-7710, ERC-7821
            || selector == bytes4(keccak256("execute(address,uint256,bytes)"))
            || selector == bytes4(keccak256("execute(address,uint256,bytes,uint8)"))
            || selector == bytes4(keccak256("executeBatch(address[],bytes[])"))
            || selector == bytes4(keccak256("executeBatch(address[],uint256[],bytes[])"))
            || selector == bytes4(keccak256("executeBatch((address,uint256,bytes)[])"))
            || selector == bytes4(keccak256("executeWithoutChainIdValidation(bytes[])"))
            || selector == bytes4(keccak256("execute(bytes32,bytes)"))
            || selector == bytes4(keccak256("executeFromExecutor(bytes32,bytes)"))
            || selector == bytes4(keccak256("executeUserOp(address,uint256,bytes,uint8)"))
            || selector == bytes4(keccak256("executeUserOpWithErrorString(address,uint256,bytes,uint8)"))
            || selector
                == bytes4(
                keccak256("executeUserOp((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes),bytes32)")
            )
            || selector
                == bytes4(
                keccak256(
                "handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address)"
            )
            )
            || selector
                == bytes4(
                keccak256("handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)")
            )
            || selector
                == bytes4(
                keccak256(
                "handleAggregatedOps(((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address,bytes)[],address)"
            )
            )
            || selector
                == bytes4(
                keccak256(
                "handleAggregatedOps(((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address,bytes)[],address)"
            )
            ) || selector == bytes4(keccak256("installModule(uint256,address,bytes)"))
            || selector == bytes4(keccak256("uninstallModule(uint256,address,bytes)"))
            || selector == bytes4(keccak256("redeemDelegations(bytes[],bytes32[],bytes[])"))
            // ERC-725, DSProxy and AccessManager
            || selector == bytes4(keccak256("execute(uint256,address,uint256,bytes)"))
            || selector == bytes4(keccak256("executeBatch(uint256[],address[],uint256[],bytes[])"))
            || selector == bytes4(keccak256("execute(address,bytes)"))
            || selector == bytes4(keccak256("execute(bytes,bytes)"))
            || selector == bytes4(keccak256("schedule(address,bytes,uint48)"))
            // TimelockController and Governor
            || selector == bytes4(keccak256("schedule(address,uint256,bytes,bytes32,bytes32,uint256)"))
            || selector == bytes4(keccak256("scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)"))
            || selector == bytes4(keccak256("execute(address,uint256,bytes,bytes32,bytes32)"))
            || selector == bytes4(keccak256("executeBatch(address[],uint256[],bytes[],bytes32,bytes32)"))
            || selector == bytes4(keccak256("execute(address[],uint256[],bytes[],bytes32)"))
            || selector == bytes4(keccak256("relay(address,uint256,bytes)"))
            // Compound's Timelock, Aragon
            || selector == bytes4(keccak256("queueTransaction(address,uint256,string,bytes,uint256)"))
            || selector == bytes4(keccak256("executeTransaction(address,uint256,string,bytes,uint256)"))
            || selector == bytes4(keccak256("execute(bytes32,(address,uint256,bytes)[],uint256)"))
            || selector == bytes4(keccak256("forward(bytes)"))
            // ERC-2771 forwarder
            || selector == bytes4(keccak256("execute((address,address,uint256,uint256,uint48,bytes,bytes))"))
            || selector
                == bytes4(keccak256("executeBatch((address,address,uint256,uint256,uint48,bytes,bytes)[],address)"))
            // Uniswap's router and positions, Balancer's router
            || selector == bytes4(keccak256("execute(bytes,bytes[])"))
            || selector == bytes4(keccak256("execute(bytes,bytes[],uint256)"))
            || selector == bytes4(keccak256("modifyLiquidities(bytes,uint256)"))
            || selector == bytes4(keccak256("modifyLiquiditiesWithoutUnlock(bytes,bytes[])"))
            || selector
                == bytes4(
                keccak256(
                "permitBatchAndCall((address,address,address,uint256,uint256,uint256)[],bytes[],((address,uint160,uint48,uint48)[],address,uint256),bytes,bytes[])"
            )
            )
            // by their names
            || selector == bytes4(keccak256("delegatecall(address,bytes)"))
            || selector == bytes4(keccak256("delegateCall(address,bytes)"))
            // delegatecalls with an upgrade
            || selector == bytes4(keccak256("upgradeToAndCall(address,bytes)"))
            || selector == bytes4(keccak256("upgradeAndCall(address,address,bytes)"))
            || selector == bytes4(keccak256("diamondCut((address,uint8,bytes4[])[],address,bytes)"))
            // a call on another chain: ERC-7786, Optimism, Arbitrum, Gnosis
            || selector == bytes4(keccak256("sendMessage(bytes,bytes,bytes[])"))
            || selector == bytes4(keccak256("sendMessage(address,bytes,uint32)"))
            || selector == bytes4(keccak256("depositTransaction(address,uint256,uint64,bool,bytes)"))
            || selector
                == bytes4(
                keccak256("createRetryableTicket(address,uint256,uint256,address,address,uint256,uint256,bytes)")
            )
            || selector
                == bytes4(
                keccak256("unsafeCreateRetryableTicket(address,uint256,uint256,address,address,uint256,uint256,bytes)")
            ) || selector == bytes4(keccak256("sendTxToL1(address,bytes)"))
            || selector == bytes4(keccak256("requireToPassMessage(address,bytes,uint256)"))
            // Hyperlane, Chainlink, zkSync
            || selector == bytes4(keccak256("dispatch(uint32,bytes32,bytes)"))
            || selector == bytes4(keccak256("dispatch(uint32,bytes32,bytes,bytes)"))
            || selector == bytes4(keccak256("dispatch(uint32,bytes32,bytes,bytes,address)"))
            || selector == bytes4(keccak256("ccipSend(uint64,(bytes,bytes,(address,uint256)[],address,bytes))"))
            || selector == bytes4(keccak256("sendMessage(address,bytes)"))
            || selector == bytes4(keccak256("sendToL1(bytes)"))
            || selector
                == bytes4(keccak256("requestL2Transaction(address,uint256,bytes,uint256,uint256,bytes[],address)"))
            || selector
                == bytes4(
                keccak256(
                "requestL2TransactionDirect((uint256,uint256,address,uint256,bytes,uint256,uint256,bytes[],address))"
            )
            )
            || selector
                == bytes4(
                keccak256(
                "requestL2TransactionTwoBridges((uint256,uint256,uint256,uint256,uint256,address,address,uint256,bytes))"
            )
            )
            // Axelar, Wormhole, Scroll, Linea, LayerZero
            || selector == bytes4(keccak256("callContract(string,string,bytes)"))
            || selector == bytes4(keccak256("callContractWithToken(string,string,bytes,string,uint256)"))
            || selector == bytes4(keccak256("publishMessage(uint32,bytes,uint8)"))
            || selector == bytes4(keccak256("sendMessage(address,uint256,bytes)"))
            || selector == bytes4(keccak256("sendMessage(address,uint256,bytes,uint256)"))
            || selector == bytes4(keccak256("sendMessage(address,uint256,bytes,uint256,address)"))
            || selector == bytes4(keccak256("send((uint32,bytes32,bytes,bytes,bool),address)"))
            // 0x's allowance holder: a call on this chain
            || selector == bytes4(keccak256("exec(address,address,uint256,address,bytes)"));
    }
}
