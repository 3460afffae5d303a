// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {AgentRegistry, Status} from "../../src/AgentRegistry.sol";
import {CallKind} from "../../src/CallKind.sol";
import {Intent} from "../../src/Intent.sol";
import {MandateAccount} from "../../src/MandateAccount.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {CallRules} from "../../src/rules/CallRules.sol";
import {Rule, Verdict} from "../../src/Verdict.sol";
import {AccountFixture, OwnedAccount} from "../lib/AccountFixture.sol";
import {Custody} from "../lib/Custody.sol";
import {MoodyToken, Taker} from "../lib/MoodyToken.sol";
import {ISafe, SafeFixture} from "../lib/SafeFixture.sol";

/// @notice What each invariant claims.
enum CustodyClaim {
    OUTFLOW, // L1: what leaves a holder is what was declared, of the asset that was declared
    ALLOWANCE, // L1: nobody may take more than agents were debited for
    EMPTY, // L1: what stands between agent and funds holds none
    WINDOW, // L2: payments, calls and approvals together stay within the cap
    NONCE, // L3: a proof of a key, and a nonce, is used once
    ALL_OR_NOTHING, // L4: what reverts counts nothing and freezes nobody, what is refused moves nothing
    REVOKED, // L5: what was revoked never acts again
    RECORD, // L6: every action is one record
    KEY, // L7: the key is gone when the agent changes hands
    OWNERS, // L7: owners withdraw everything, and stop, at any time
    PERMITTED // L11: no call without a permission, and none that nobody can permit
}

/// @title Three ways to hold funds, bad tokens, and hostile contracts that agents call
/// @notice A vault, a real Safe with its module, and an ERC-7579 account with its module, each with one agent. The observer compares what
///         each holds before and after every step with what was declared, and keeps his own ledger of approvals.
contract CustodyActors is Custody, SafeFixture, AccountFixture {
    struct Place {
        MandateAccount account;
        address holder;
        uint256 agentId;
        uint256 key; // of the agent; 0: none
        address owner; // of the agent
        bool installed;
        bool active;
        bool revoked;
        bool frozen;
        uint256 records;
    }

    struct Proof {
        uint256 key;
        uint256 deadline;
        bytes signature;
    }

    struct Use {
        uint256 when;
        uint256 amount;
    }

    address internal immutable OTHER_OWNER = vm.addr(0xDA);
    address internal immutable SPENDER = vm.addr(0xDB);

    /// @notice What broke the claim, empty while it holds.
    mapping(CustodyClaim => string) public breach;
    /// @notice How often something interesting happened: a run in which nothing does proves nothing.
    mapping(string what => uint256) public times;

    Place[3] private _places;
    MoodyToken private _moody;
    Taker private _taker;
    address[3] private _assets;
    uint256 private _nonce = 1 << 200;
    mapping(uint256 place => mapping(address asset => Use[])) private _uses;
    mapping(uint256 place => mapping(address asset => uint256)) private _approved; // what SPENDER may still take
    mapping(uint256 place => mapping(bytes4 selector => bool)) private _permitted; // of the taker
    Proof[3] private _proofs; // the last that was used
    uint256[3] private _lost; // a key that the agent had
    uint256 private _proved;

    // ------------------------------------------------------------------ how it begins

    constructor() {
        deployAll();
        _moody = new MoodyToken();
        _taker = new Taker();
        _assets = [ETH, address(token), address(_moody)];
        _places[0].account = vault;
        _places[0].holder = address(vault);
        _places[0].agentId = agentId;
        ISafe safe = newSafe2of3(SafeVersion.V1_4_1);
        _admitPlace(1, deploySafeModule("SafeModule", address(safe)), address(safe), 0xA2);
        enableSafeModule(safe, safeKeys(2), address(_places[1].account));
        OwnedAccount account = newAccount();
        _admitPlace(2, deployAccountModule("AccountModule", address(account)), address(account), 0xA3);
        installExecutor(account, address(_places[2].account), "");
        for (uint256 i; i < 3; ++i) {
            Place storage p = _places[i];
            (p.installed, p.active, p.owner, p.key) = (true, true, OWNER, 0xA1 + i);
            _moody.mint(p.holder, 1e12);
            _grant(i);
        }
    }

    function _admitPlace(uint256 i, MandateAccount account, address holder_, uint256 key) private {
        Place storage p = _places[i];
        (p.account, p.holder) = (account, holder_);
        vm.deal(holder_, VAULT_ETH);
        token.transfer(holder_, VAULT_TOKENS / 2);
        vm.prank(OWNER);
        p.agentId = registry.register("ipfs://another");
        proveWallet(p.agentId, OWNER, key);
        vm.startPrank(address(timelock));
        executor.setAccount(address(account), true);
        registry.activate(p.agentId, address(account), 0);
        vm.stopPrank();
    }

    /// @dev The same mandate for each, with the three calls that are permitted.
    function _grant(uint256 i) private {
        Place memory p = _places[i];
        vm.startPrank(address(timelock));
        p.account.setTerms(p.agentId, PolicyEngine.Terms(uint32(START + 365 days), 1 hours, 60, 60_000, true, false));
        for (uint256 j; j < 3; ++j) {
            p.account.setLimit(p.agentId, _assets[j], PolicyEngine.Limit(_most(j), _cap(j), WINDOW));
            p.account.setAssetChain(p.agentId, _assets[j], HOME, true);
            if (j == 0) continue;
            calls.setPermission(
                p.agentId,
                HOME,
                _assets[j],
                ERC20.approve.selector,
                CallRules.Permission(CallKind.APPROVE, 1, 0, 255, true)
            );
        }
        p.account.setRecipient(p.agentId, HOME, PAYEE, true);
        p.account.setRecipient(p.agentId, HOME, SPENDER, true);
        vm.stopPrank();
        _permit(i, Taker.take.selector, true);
        _permit(i, Taker.takeCoin.selector, true);
    }

    function _permit(uint256 i, bytes4 selector, bool on) private {
        CallRules.Permission memory none;
        vm.prank(address(timelock));
        calls.setPermission(
            _places[i].agentId,
            HOME,
            address(_taker),
            selector,
            !on
                ? none
                : selector == Taker.take.selector
                    ? CallRules.Permission(CallKind.PULL, 1, 255, 0, false)
                    : CallRules.Permission(CallKind.SEND, 255, 255, 255, false)
        );
        _permitted[i][selector] = on;
    }

    function _most(uint256 asset) private pure returns (uint104) {
        return asset == 0 ? 1 ether : asset == 1 ? 1000e6 : 1e9;
    }

    function _cap(uint256 asset) private pure returns (uint104) {
        return 2 * _most(asset);
    }

    // ------------------------------------------------------------------ the observer

    function _note(CustodyClaim claim, string memory what) private {
        if (bytes(breach[claim]).length == 0) breach[claim] = what;
    }

    function _held(address who) private view returns (uint256[3] memory held) {
        return [who.balance, token.balanceOf(who), _moody.balanceOf(who)];
    }

    function _used(Place memory p, address asset) private view returns (uint256) {
        return lens.headroom(p.agentId, asset).used;
    }

    /// @dev Nothing but up to `most` of one asset may have left; exactly that, if `exactly`.
    function _compare(uint256 i, uint256[3] memory before, uint256 asset, uint256 most, bool exactly) private {
        uint256[3] memory held = _held(_places[i].holder);
        for (uint256 j; j < 3; ++j) {
            uint256 left = before[j] > held[j] ? before[j] - held[j] : 0;
            if (left > (j == asset ? most : 0)) _note(CustodyClaim.OUTFLOW, "more left than was declared");
            if (exactly && j == asset && left != most) {
                _note(CustodyClaim.OUTFLOW, "another amount left than was paid");
            }
        }
    }

    /// @dev Others' funds are nobody's to move.
    function _othersHeld(uint256 i) private view returns (bytes32) {
        return keccak256(abi.encode(_held(_places[(i + 1) % 3].holder), _held(_places[(i + 2) % 3].holder)));
    }

    function _debit(uint256 i, uint256 asset, uint256 amount) private {
        _uses[i][_assets[asset]].push(Use(time(), amount));
        if (_spent(i, asset) > _cap(asset)) _note(CustodyClaim.WINDOW, "a window above the cap");
        if (amount > _most(asset)) _note(CustodyClaim.WINDOW, "above the cap of one transaction");
        if (_places[i].revoked) _note(CustodyClaim.REVOKED, "a revoked agent spent");
        if (!_places[i].active || _places[i].key == 0) _note(CustodyClaim.KEY, "spent without a key, or suspended");
        if (_places[i].frozen) _note(CustodyClaim.ALL_OR_NOTHING, "spent while frozen");
    }

    /// @dev What was debited in the window that ends now.
    function _spent(uint256 i, uint256 asset) private view returns (uint256 total) {
        Use[] storage uses = _uses[i][_assets[asset]];
        for (uint256 k = uses.length; k > 0 && uses[k - 1].when + WINDOW >= time(); --k) {
            total += uses[k - 1].amount;
        }
    }

    function _isBreach(Rule rule) private pure returns (bool) {
        return rule >= Rule.ASSET && rule <= Rule.WINDOW && rule != Rule.AMOUNT;
    }

    /// @dev What was refused by a verdict: one record, frozen by a breach only.
    function _refused(uint256 i, Rule rule) private {
        if (_isBreach(rule)) _places[i].frozen = true;
        ++times["refused"];
    }

    // ------------------------------------------------------------------ what the invariants ask

    /// @notice Whether each spender may take no more than is left of what agents were debited for.
    function checkAllowances() external {
        for (uint256 i; i < 3; ++i) {
            address from = _places[i].holder;
            for (uint256 j = 1; j < 3; ++j) {
                ERC20 asset = ERC20(_assets[j]);
                if (asset.allowance(from, SPENDER) > _approved[i][_assets[j]]) {
                    _note(CustodyClaim.ALLOWANCE, "a spender may take more than was debited");
                }
                uint256 others = asset.allowance(from, address(_taker)) + asset.allowance(from, address(executor))
                    + asset.allowance(from, address(guard)) + asset.allowance(from, address(_places[i].account))
                    + asset.allowance(from, THIEF) + asset.allowance(from, PAYEE);
                if (others > 0) _note(CustodyClaim.ALLOWANCE, "an allowance stayed behind");
            }
        }
    }

    /// @notice Whether all that was debited in the window counts as used.
    function checkSpent() external {
        for (uint256 i; i < 3; ++i) {
            for (uint256 j; j < 3; ++j) {
                if (_used(_places[i], _assets[j]) < _spent(i, j)) {
                    _note(CustodyClaim.WINDOW, "less counts as used than was debited");
                }
            }
        }
    }

    /// @notice Whether what stands between agents and funds holds none.
    function checkEmpty() external {
        address[5] memory between = [
            address(executor),
            address(guard),
            address(_places[1].account),
            address(_places[2].account),
            address(gateway)
        ];
        for (uint256 i; i < 5; ++i) {
            uint256[3] memory held = _held(between[i]);
            if (held[0] + held[1] + held[2] > 0) _note(CustodyClaim.EMPTY, "funds stuck on the way");
        }
    }

    /// @notice Whether keys, standing and freezes are what the steps make them, with as many records as actions.
    function checkStanding() external {
        for (uint256 i; i < 3; ++i) {
            Place memory p = _places[i];
            (address wallet, Status status,) = registry.agent(p.agentId);
            if (wallet != (p.key == 0 ? address(0) : vm.addr(p.key))) {
                _note(CustodyClaim.KEY, "a key that nobody proved");
            }
            if ((status == Status.ACTIVE) != (p.active && !p.revoked)) _note(CustodyClaim.KEY, "a status nobody set");
            if ((status == Status.REVOKED) != p.revoked) {
                _note(CustodyClaim.REVOKED, "no longer revoked, or by nobody");
            }
            if (p.account.frozen(p.agentId) != p.frozen) {
                _note(CustodyClaim.ALL_OR_NOTHING, "frozen without a breach, or not by one");
            }
            (, uint256 count,) = p.account.chain(p.agentId);
            if (count != p.records) _note(CustodyClaim.RECORD, "more or fewer records than actions");
        }
    }

    error Undone();

    /// @notice Whether the owners could take out everything now, and stop everything, whatever state it is in.
    function checkOwners() external {
        for (uint256 i; i < 3; ++i) {
            (bool ok, bytes memory why) = address(this).call(abi.encodeCall(this.withdrawAndUndo, (i)));
            if (ok || bytes4(why) != Undone.selector) _note(CustodyClaim.OWNERS, "owners kept from their funds");
        }
    }

    /// @dev Always reverts; with {Undone} if it stopped the account and took everything out.
    function withdrawAndUndo(uint256 i) external {
        address from = _places[i].holder;
        bytes memory stop = abi.encodeCall(PolicyEngine.stop, (PolicyEngine.Scope.ALL, 0));
        uint256 tokens = token.balanceOf(from);
        _byOwners(i, address(_places[i].account), 0, stop);
        (bool tripped,) = _places[i].account.breaker(PolicyEngine.Scope.ALL, 0);
        require(tripped, "stop");
        if (i == 0) {
            vm.startPrank(address(timelock));
            vault.withdraw(ETH, DELEGATE, from.balance);
            vault.withdraw(address(token), DELEGATE, tokens);
            vm.stopPrank();
        } else {
            _byOwners(i, DELEGATE, from.balance, "");
            _byOwners(i, address(token), 0, abi.encodeCall(token.transfer, (DELEGATE, tokens)));
        }
        require(from.balance == 0 && token.balanceOf(from) == 0, "withdraw");
        revert Undone();
    }

    /// @dev The owners of the funds have the account call; a vault's owner calls itself.
    function _byOwners(uint256 i, address to, uint256 value, bytes memory data) private {
        if (i == 0) {
            vm.prank(address(timelock));
            (bool ok,) = to.call{value: value}(data);
            require(ok, "owner");
        } else if (i == 1) {
            assertTrue(safeCall(ISafe(_places[1].holder), safeKeys(2), to, value, data), "owners");
        } else {
            accountCall(OwnedAccount(payable(_places[2].holder)), to, value, data);
        }
    }

    // ------------------------------------------------------------------ agents pay

    /// @notice The agent's key asks its account for a payment, mostly within the caps.
    function agentPays(uint256 seed) external {
        uint256 i = seed % 3;
        if (_places[i].key == 0) return;
        (uint256 asset, uint256 amount) = _some(i, seed >> 8);
        address to = (seed >> 16) % 64 == 0 ? THIEF : (seed >> 16) % 64 == 1 ? _places[i].holder : PAYEE;
        _hook(i, seed);
        _pay(i, asset, amount, to);
    }

    function _pay(uint256 i, uint256 asset, uint256 amount, address to) private {
        Before memory before = _before(i, _assets[asset]);
        MandateAccount account = _places[i].account;
        vm.prank(vm.addr(_places[i].key));
        (bool ok, bytes memory answer) =
            address(account).call(abi.encodeCall(account.pay, (_assets[asset], amount, to, _places[i].agentId)));
        Rule rule = ok ? abi.decode(answer, (Rule)) : Rule.NONE;
        if (ok) ++_places[i].records;
        if (ok && rule == Rule.NONE) {
            _compare(i, before.held, asset, amount, true);
            if (to != PAYEE) _note(CustodyClaim.OUTFLOW, "paid to who is not listed");
            if (!_places[i].installed) _note(CustodyClaim.OUTFLOW, "paid by a module that was removed");
            _debit(i, asset, amount);
            ++times["paid"];
            return;
        }
        _compareAll(i, before, asset, 0);
        if (_used(_places[i], _assets[asset]) != before.used) {
            _note(CustodyClaim.ALL_OR_NOTHING, "counted what was not paid");
        }
        if (ok) _refused(i, rule);
        else ++times["payment reverted"];
    }

    /// @dev An asset, and an amount of it that may be above the cap now and then.
    function _some(uint256 i, uint256 seed) private view returns (uint256 asset, uint256 amount) {
        asset = seed % 4 == 3 ? 2 : seed % 4;
        uint256 left = lens.headroom(_places[i].agentId, _assets[asset]).left;
        amount = left == 0 ? 1 : left - (seed >> 64) % (left / 2 + 1);
        if ((seed >> 8) % 64 == 0) amount = uint256(_most(asset)) + 1;
        if ((seed >> 8) % 64 == 1) amount = left + 1;
    }

    /// @dev What token and taker do when they reenter: they try to get something out of the account, or to undo its measure.
    function _hook(uint256 i, uint256 seed) private {
        Place memory p = _places[i];
        uint256 how = (seed >> 24) % 4;
        (address target, bytes memory data) = how == 0
            ? (address(p.account), abi.encodeCall(p.account.pay, (ETH, 1, PAYEE, p.agentId)))
            : how == 1
                ? (address(p.account), abi.encodeCall(p.account.revoke, (address(_moody), SPENDER)))
                : how == 2
                    ? (address(p.account), abi.encodeCall(p.account.payOut, (bytes32(0), p.agentId, ETH, THIEF, 1)))
                    : (address(_moody), abi.encodeCall(_moody.transferFrom, (p.holder, THIEF, 1)));
        _moody.hook(target, data);
        _taker.hook(target, data);
    }

    // ------------------------------------------------------------------ agents call

    /// @notice The agent signs a contract call, permitted or not, and anybody submits it.
    function agentCalls(uint256 seed) external {
        uint256 i = seed % 3;
        if (_places[i].key == 0) return;
        (uint256 asset, uint256 amount) = _some(i, seed >> 8);
        (Intent memory intent, bool permitted) = _someCall(i, seed, asset, amount);
        bytes memory proof = signature(_places[i].key, executor.idOf(intent));
        _taker.set(Taker.Mood((seed >> 32) % 8), ERC20(_assets[asset == 1 ? 2 : 1]));
        _hook(i, seed);
        _submit(i, asset, intent, proof, permitted);
    }

    function _someCall(uint256 i, uint256 seed, uint256 asset, uint256 amount)
        private
        returns (Intent memory intent, bool permitted)
    {
        Place memory p = _places[i];
        intent = Intent(
            p.agentId,
            address(p.account),
            HOME,
            _assets[asset],
            address(_taker),
            amount,
            "",
            _nonce++,
            uint64(time() + 1 hours)
        );
        uint256 how = (seed >> 40) % 16;
        if (asset == 0) {
            intent.data = abi.encodeCall(Taker.takeCoin, ());
            permitted = _permitted[i][Taker.takeCoin.selector];
        } else if (how < 6) {
            intent.data = abi.encodeCall(Taker.take, (ERC20(intent.asset), amount));
            permitted = _permitted[i][Taker.take.selector];
        } else if (how < 11) {
            intent.to = intent.asset;
            intent.data = abi.encodeCall(ERC20.approve, (SPENDER, amount));
            permitted = true;
        } else {
            _neverPermitted(intent, p, how);
        }
    }

    /// @dev Calls that nobody permitted, or nobody can.
    function _neverPermitted(Intent memory intent, Place memory p, uint256 how) private view {
        if (how == 11) intent.data = abi.encodeCall(Taker.take, (ERC20(intent.asset), intent.amount + 1));
        if (how == 12) intent.data = abi.encodeCall(Taker.drain, (ERC20(intent.asset), intent.amount));
        if (how == 13) {
            intent.to = intent.asset;
            intent.data = abi.encodeCall(ERC20.approve, (THIEF, intent.amount));
        }
        if (how == 14) {
            intent.to = intent.asset;
            intent.data = abi.encodeCall(ERC20.transferFrom, (p.holder, THIEF, intent.amount));
        }
        if (how == 15) {
            intent.to = address(p.account);
            intent.data = abi.encodeCall(p.account.revoke, (intent.asset, SPENDER));
        }
    }

    /// @dev What is compared around a step.
    struct Before {
        uint256[3] held;
        bytes32 others;
        uint256 used;
        uint256 stolen;
    }

    function _before(uint256 i, address asset) private view returns (Before memory) {
        return Before(_held(_places[i].holder), _othersHeld(i), _used(_places[i], asset), _stolen());
    }

    function _submit(uint256 i, uint256 asset, Intent memory intent, bytes memory proof, bool permitted) private {
        Before memory before = _before(i, intent.asset);
        vm.prank(THIEF);
        (bool ok, bytes memory answer) = address(executor).call(abi.encodeCall(atHome.submit, (intent, proof)));
        Rule rule;
        if (ok) {
            (, Verdict memory v) = abi.decode(answer, (bytes32, Verdict));
            rule = v.rule;
            ++_places[i].records;
        }
        if (atHome.nonceUsed(intent.agentId, intent.nonce) != ok) {
            _note(CustodyClaim.NONCE, "a nonce used without an answer, or not with one");
        }
        if (ok && rule == Rule.NONE) {
            if (!permitted) _note(CustodyClaim.PERMITTED, "a call that nobody permitted");
            return _made(i, asset, intent, before);
        }
        _compareAll(i, before, asset, 0);
        if (_used(_places[i], intent.asset) != before.used) {
            _note(CustodyClaim.ALL_OR_NOTHING, "counted what was not done");
        }
        if (ok) _refused(i, rule);
        else ++times["call reverted"];
    }

    function _made(uint256 i, uint256 asset, Intent memory intent, Before memory before) private {
        bool approval = intent.to == intent.asset;
        _compareAll(i, before, asset, approval ? 0 : intent.amount);
        // What is approved already needs no module.
        if (!_places[i].installed && !approval) _note(CustodyClaim.OUTFLOW, "moved by a module that was removed");
        _debit(i, asset, intent.amount);
        if (approval) _approved[i][intent.asset] = intent.amount;
        ++times[approval ? "approved" : asset == 0 ? "sent with a call" : "pulled"];
    }

    function _compareAll(uint256 i, Before memory before, uint256 asset, uint256 most) private {
        _compare(i, before.held, asset, most, false);
        if (_othersHeld(i) != before.others) _note(CustodyClaim.OUTFLOW, "somebody else's funds moved");
        // What is called may hand on what it may take; else the thief gets nothing.
        if (most == 0 && _stolen() != before.stolen) _note(CustodyClaim.OUTFLOW, "the thief got something");
    }

    /// @dev What the thief has.
    function _stolen() private view returns (uint256) {
        return THIEF.balance + _moody.balanceOf(THIEF) + token.balanceOf(THIEF);
    }

    /// @notice Whoever was approved takes, up to what he may, and tries one more.
    function spenderTakes(uint256 seed) external {
        uint256 i = seed % 3;
        uint256 j = 1 + (seed >> 8) % 2;
        Place memory p = _places[i];
        uint256 allowed = ERC20(_assets[j]).allowance(p.holder, SPENDER);
        uint256 amount = (seed >> 16) % 4 == 0 ? allowed + 1 : allowed == 0 ? 1 : 1 + (seed >> 64) % allowed;
        uint256[3] memory before = _held(p.holder);
        MoodyToken.Mood mood = _moody.mood();
        _moody.set(MoodyToken.Mood.HONEST); // a token that takes what nobody may is beyond any account
        vm.prank(SPENDER);
        (bool ok,) = _assets[j].call(abi.encodeCall(ERC20.transferFrom, (p.holder, SPENDER, amount)));
        _moody.set(mood);
        _compare(i, before, j, ok ? amount : 0, true);
        if (!ok) return;
        if (amount > _approved[i][_assets[j]]) _note(CustodyClaim.ALLOWANCE, "took more than was debited");
        else _approved[i][_assets[j]] -= amount;
        ++times["taken"];
    }

    /// @notice A guardian takes an approval back; a thief tries.
    function revokeSome(uint256 seed) external {
        uint256 i = seed % 3;
        address asset = _assets[1 + (seed >> 8) % 2];
        bool thief = (seed >> 16) % 2 == 0;
        vm.prank(thief ? THIEF : WATCHDOG);
        (bool ok, bytes memory answer) =
            address(_places[i].account).call(abi.encodeCall(MandateAccount.revoke, (asset, SPENDER)));
        if (thief && ok) _note(CustodyClaim.ALLOWANCE, "revoked by a thief");
        if (thief && bytes4(answer) != IAccessManaged.AccessManagedUnauthorized.selector) {
            _note(CustodyClaim.ALLOWANCE, "the thief was refused for another reason");
        }
        if (!ok) return;
        _approved[i][asset] = 0;
        ++times["taken back"];
    }

    // ------------------------------------------------------------------ tokens, modules, permissions

    function tokenChangesItsMind(uint256 seed) external {
        uint256 how = seed % 22;
        _moody.set(how < 11 ? MoodyToken.Mood(how) : MoodyToken.Mood.HONEST);
    }

    /// @notice Owners remove the module, or put it back.
    function installOrRemove(uint256 seed) external {
        if (seed % 3 > 0) return;
        uint256 i = 1 + (seed >> 8) % 2;
        Place storage p = _places[i];
        address module_ = address(p.account);
        if (i == 1 && p.installed) disableLastSafeModule(ISafe(p.holder), safeKeys(2), module_);
        else if (i == 1) enableSafeModule(ISafe(p.holder), safeKeys(2), module_);
        else if (p.installed) uninstallExecutor(OwnedAccount(payable(p.holder)), module_, "");
        else installExecutor(OwnedAccount(payable(p.holder)), module_, "");
        p.installed = !p.installed;
        ++times["installed or removed"];
    }

    /// @notice Governance permits a call; a guardian forbids it; a thief permits nothing.
    function permitSome(uint256 seed) external {
        uint256 i = seed % 3;
        bytes4 selector = (seed >> 8) % 2 == 0 ? Taker.take.selector : Taker.takeCoin.selector;
        uint256 how = (seed >> 16) % 4;
        if (how < 2) return _permit(i, selector, true);
        CallRules.Permission memory p;
        if (how == 3) p = CallRules.Permission(CallKind.PULL, 255, 255, 255, false);
        vm.prank(how == 2 ? WATCHDOG : _places[i].owner);
        (bool ok, bytes memory answer) = address(calls)
            .call(abi.encodeCall(calls.setPermission, (_places[i].agentId, HOME, address(_taker), selector, p)));
        if (how == 2) {
            if (!ok) _note(CustodyClaim.PERMITTED, "a guardian could not forbid");
            _permitted[i][selector] = false;
        } else if (ok) {
            _note(CustodyClaim.PERMITTED, "the agent's owner permitted a call");
        } else if (bytes4(answer) != IAccessManaged.AccessManagedUnauthorized.selector) {
            _note(CustodyClaim.PERMITTED, "refused for another reason");
        }
    }

    // ------------------------------------------------------------------ identity

    /// @notice The agent's token changes hands: its key is gone with it, and it is suspended.
    function transferAgent(uint256 seed) external {
        if (seed % 3 > 0) return;
        uint256 i = (seed >> 8) % 3;
        Place storage p = _places[i];
        address to = p.owner == OWNER ? OTHER_OWNER : OWNER;
        uint256 key = p.key;
        vm.prank(p.owner);
        registry.transferFrom(p.owner, to, p.agentId);
        if (key != 0) _lost[i] = key;
        (p.owner, p.key, p.active) = (to, 0, false);
        ++times["changed hands"];
        if (key != 0) _oldKeyTries(p, key);
    }

    /// @dev Whoever had the key before does nothing with it any more.
    function _oldKeyTries(Place storage p, uint256 key) private {
        vm.prank(vm.addr(key));
        (bool ok, bytes memory answer) =
            address(p.account).call(abi.encodeCall(p.account.pay, (ETH, 1, PAYEE, p.agentId)));
        if (ok || bytes4(answer) != PolicyEngine.PolicyNotAgent.selector) _note(CustodyClaim.KEY, "the old key pays");
        vm.prank(vm.addr(key));
        (ok,) = address(p.account).call(abi.encodeCall(p.account.freeze, (p.agentId)));
        if (ok) _note(CustodyClaim.KEY, "the old key freezes");
    }

    /// @notice The present owner proves a fresh key; or one with a proof that was used before, or one that the agent lost.
    function proveKey(uint256 seed) external {
        uint256 i = seed % 3;
        Place storage p = _places[i];
        uint256 how = (seed >> 8) % 4;
        Proof memory proof = _proofs[i];
        if (how == 0 && !p.revoked && proof.key != 0 && time() <= proof.deadline) {
            (bool used, bytes memory said) = _prove(p, proof);
            if (used) {
                _note(CustodyClaim.NONCE, "a proof was used twice");
            } else if (bytes4(said) != AgentRegistry.AgentProofInvalid.selector) {
                _note(CustodyClaim.NONCE, "another reason");
            }
            ++times["old proof refused"];
            return;
        }
        bool lost = how == 1 && _lost[i] != 0;
        proof.key = lost ? _lost[i] : 0xA000 + 0x1000 * i + ++_proved;
        proof.deadline = time() + 30 minutes;
        proof.signature = walletProof(p.agentId, proof.key, p.owner, registry.walletNonce(p.agentId), proof.deadline);
        (bool ok, bytes memory answer) = _prove(p, proof);
        if (p.revoked) {
            if (ok) {
                _note(CustodyClaim.KEY, "a revoked agent got a key");
            } else if (bytes4(answer) != AgentRegistry.AgentStatusTransition.selector) {
                _note(CustodyClaim.KEY, "another reason");
            }
            ++times["key of a revoked one refused"];
            return;
        }
        if (lost) {
            if (ok) _note(CustodyClaim.KEY, "a lost key came back");
            else if (bytes4(answer) != AgentRegistry.AgentWalletLost.selector) _note(CustodyClaim.KEY, "another reason");
            ++times["lost key refused"];
            return;
        }
        if (!ok) _note(CustodyClaim.KEY, "the owner could not prove a key");
        if (p.key != 0) _lost[i] = p.key;
        p.key = proof.key;
        _proofs[i] = proof;
        ++times["key proved"];
    }

    function _prove(Place storage p, Proof memory proof) private returns (bool, bytes memory) {
        vm.prank(p.owner);
        return address(registry)
            .call(
                abi.encodeCall(
                    registry.setAgentWallet, (p.agentId, vm.addr(proof.key), proof.deadline, proof.signature)
                )
            );
    }

    /// @notice Agent, owner or thief give the agent up, now and then: for good.
    function forfeit(uint256 seed) external {
        uint256 i = (seed >> 8) % 3;
        Place storage p = _places[i];
        bool thief = seed % 16 > 0;
        vm.prank(thief ? THIEF : p.owner);
        (bool ok, bytes memory answer) = address(registry).call(abi.encodeCall(registry.revoke, (p.agentId)));
        if (thief && ok) _note(CustodyClaim.REVOKED, "revoked by a thief");
        if (thief && bytes4(answer) != IAccessManaged.AccessManagedUnauthorized.selector) {
            _note(CustodyClaim.REVOKED, "the thief was refused for another reason");
        }
        if (!thief && ok == p.revoked) _note(CustodyClaim.REVOKED, "revoked twice, or not when its owner says so");
        if (!ok) return;
        if (p.key != 0) _lost[i] = p.key;
        (p.revoked, p.active, p.key) = (true, false, 0);
        ++times["revoked"];
    }

    /// @notice Governance lets the agents go again, except those that were revoked, which it cannot.
    function govern(uint256) external {
        for (uint256 i; i < 3; ++i) {
            Place storage p = _places[i];
            uint256 stops = p.account.stops(p.agentId);
            vm.prank(address(timelock));
            p.account.thaw(p.agentId, stops);
            p.frozen = false;
            if (p.active) continue;
            stops = registry.stops(p.agentId);
            vm.prank(address(timelock));
            (bool ok, bytes memory answer) =
                address(registry).call(abi.encodeCall(registry.activate, (p.agentId, address(p.account), stops)));
            if (ok == p.revoked) _note(CustodyClaim.REVOKED, "activated after it was revoked, or not at all");
            if (!ok && bytes4(answer) != AgentRegistry.AgentStatusTransition.selector) {
                _note(CustodyClaim.REVOKED, "refused for another reason");
            }
            if (ok) p.active = true;
        }
        ++times["governed"];
    }

    /// @notice A thief asks for a payment, of any agent: no answer, and nobody is frozen for it.
    function thiefPays(uint256 seed) external {
        uint256 i = seed % 3;
        Place memory p = _places[i];
        uint256[3] memory before = _held(p.holder);
        vm.prank(THIEF);
        (bool ok, bytes memory answer) =
            address(p.account).call(abi.encodeCall(p.account.pay, (_assets[(seed >> 8) % 3], seed, THIEF, p.agentId)));
        if (ok || bytes4(answer) != PolicyEngine.PolicyNotAgent.selector) {
            _note(CustodyClaim.KEY, "a stranger is heard");
        }
        _compare(i, before, 0, 0, true);
    }

    /// @notice Time passes, from a second to more than a day.
    function passTime(uint256 seed) external {
        uint256 kind = seed % 8;
        uint256 most = kind < 4 ? 2 minutes : kind < 6 ? 1 hours : kind == 6 ? 8 hours : 30 hours;
        skip(1 + (seed >> 8) % most);
    }
}
