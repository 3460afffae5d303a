// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {Result, State} from "../../contracts/src/CrossChainExecutor.sol";
import {GatewayStatus} from "../../contracts/src/ExecutorSettings.sol";
import {Intent} from "../../contracts/src/Intent.sol";
import {PolicyEngine} from "../../contracts/src/PolicyEngine.sol";
import {QuorumGateway} from "../../contracts/src/QuorumGateway.sol";
import {Step} from "../../contracts/src/WindowTable.sol";
import {StateProof} from "../../contracts/src/proofs/IStateProofs.sol";
import {StateProofs} from "../../contracts/src/proofs/StateProofs.sol";
import {Deployed} from "../../contracts/test/lib/Deployed.sol";
import {ToldHashes, Tries} from "../../contracts/test/lib/Tries.sol";

/// @dev Cheat codes that no other test uses.
interface Files {
    function writeLine(string calldata path, string calldata line) external;
    function snapshotState() external returns (uint256);
    function revertToState(uint256) external returns (bool);
}

/// @title What the contracts do, for the model to do the same
/// @notice Random walks over two chains on which everybody tries everything: relayers forge, guardians stop, results lie. Each attempt
///         is a line, with whether it went through and where everything stands then (docs/model.md). What is refused counts as
///         much as what is done: the model must refuse it too. Run by scripts/model-traces.
/// @dev One EVM plays both chains ({Deployed}); beside what the fixture exchanges, each side has its settings and its gateway's number.
///      Whatever happens is final at once: reorgs are the model's. All times are multiples of a tick.
contract TwoChainsTraces is Deployed {
    string private constant PATH = "model/src/test/resources/traces.jsonl";
    Files private constant FILES = Files(address(vm));
    bytes32 private constant SETTINGS_SLOT = bytes32(uint256(1));
    uint256 private constant WALKS = 48;
    uint256 private constant ATTEMPTS = 70;

    uint256 private constant TICK = 1 days;
    uint256 private constant INTENTS = 2;
    uint256 private constant MESSAGES = 6;
    uint256 private constant LAST = 8; // tick of the intents' deadline
    uint256 private constant FULL = 2; // ticks
    uint256 private constant BARE = 3;
    uint256 private constant OVERLAP = 1; // ticks
    uint256 private constant BOND = 1 ether;

    ToldHashes private _hashes;
    bytes32 private _settingsElsewhere;
    bytes32 private _numberElsewhere;
    uint256 private _began;
    uint256 private _ticks;
    uint256 private _seed;
    uint256 private _block;
    uint256 private _reports;
    bool private _rotates;
    bool private _replaced;
    Intent[] private _intents;
    bytes32[] private _ids;
    uint256[] private _tags;

    /// @dev What was tried, and with what. `more`: members of the line.
    struct Attempt {
        string name;
        bool home;
        uint256 intent; // from 1; 0: none
        uint256 message;
        string more;
        bool ok;
    }

    function setUp() public {
        deployAll();
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, ETH, PolicyEngine.Limit(1e15, 1e16, LONGEST_WINDOW));
        executor.setDisputeWindow(uint64(FULL * TICK), executor.stops());
        vm.stopPrank();
        _settingsElsewhere = vm.load(address(executor), SETTINGS_SLOT);
        _numberElsewhere = bytes32(uint256(1_000_000));
        _hashes = new ToldHashes();
        StateProofs proofs = new StateProofs(_hashes);
        Step[] memory steps = new Step[](1);
        steps[0] = Step(1e15, uint32(BARE * TICK), uint32(FULL * TICK));
        _go(REMOTE);
        vm.startPrank(address(timelock));
        abroad.setWindows(ETH, steps, abroad.stops());
        abroad.setDisputeBond(uint96(BOND));
        abroad.setStateProofs(proofs);
        vm.stopPrank();
        _go(HOME);
        skip(TICK); // what was counted in the second in which the budget was set comes back never
        _began = time();
        for (uint256 i; i < INTENTS; ++i) {
            Intent memory intent = remotePayment(ETH, 1e15);
            intent.deadline = uint64(_began + LAST * TICK);
            _intents.push(intent);
            _ids.push(executor.idOf(intent));
            _tags.push(1);
            share(_ids[i]);
        }
    }

    function test_write_walks() public {
        uint256 snapshot = FILES.snapshotState();
        for (uint256 walk; walk < WALKS; ++walk) {
            _seed = uint256(keccak256(abi.encode("walk", walk)));
            _rotates = walk % 3 == 0;
            FILES.writeLine(PATH, _header());
            for (uint256 i; i < ATTEMPTS; ++i) {
                Attempt memory a = _attempt();
                if (bytes(a.name).length > 0) FILES.writeLine(PATH, _line(a));
            }
            FILES.revertToState(snapshot);
        }
    }

    /// @notice Each chain has its own pauses and its own numbers, as far as the walks see.
    function test_go_keepsTheSidesApart() public {
        vm.prank(WATCHDOG);
        atHome.closeGateway(address(gateway));
        uint256 number = gateway.nextNonce();
        _go(REMOTE);
        assertTrue(abroad.gatewayStatus(address(gateway)) == GatewayStatus.OPEN, "settings");
        assertEq(gateway.nextNonce(), 1_000_000, "number");
        _go(HOME);
        assertTrue(atHome.gatewayStatus(address(gateway)) == GatewayStatus.CLOSED, "settings at home");
        assertEq(gateway.nextNonce(), number, "number at home");
    }

    // ------------------------------------------------------------------ attempts

    function _attempt() private returns (Attempt memory a) {
        uint256 pick = _random(40);
        if (pick < 6) return _tick(a);
        a.intent = 1 + _random(INTENTS);
        if (pick < 16) _atHome(a, pick);
        else _there(a, pick);
    }

    function _tick(Attempt memory a) private returns (Attempt memory) {
        if (_ticks >= LAST + 6) return a;
        ++_ticks;
        skip(TICK);
        (a.name, a.ok) = ("tick", true);
        return a;
    }

    function _atHome(Attempt memory a, uint256 pick) private {
        _go(HOME);
        a.home = true;
        Intent memory intent = _intents[a.intent - 1];
        bytes32 id = _ids[a.intent - 1];
        if (pick < 8) {
            if (gateway.nextNonce() > MESSAGES) return;
            a.name = "submit";
            try atHome.submit(intent, sign(intent)) {
                a.ok = true;
            } catch {}
        } else if (pick < 9) {
            a.name = _random(2) == 0 ? "cancel" : "expire";
            if (bytes(a.name).length == 6 && bytes(a.name)[0] == "c" && _random(3) > 0) {
                a.name = "";
                return;
            }
            if (bytes(a.name)[0] == "c") {
                vm.prank(AGENT);
                try atHome.cancel(intent) {
                    a.ok = true;
                } catch {}
            } else {
                try atHome.expire(intent) {
                    a.ok = true;
                } catch {}
            }
        } else if (pick < 10) {
            if (gateway.nextNonce() > MESSAGES) return;
            a.name = "resend";
            try atHome.resend(intent) {
                a.ok = true;
            } catch {}
        } else if (pick < 12) {
            _tell(a, id);
        } else if (pick < 14) {
            a.name = "settle";
            try atHome.settleOne(intent) returns (uint256 refunded) {
                a.ok = true;
                a.more = refunded > 0 ? ',"refunded":true' : ',"refunded":false';
            } catch {}
        } else if (pick < 15) {
            a.name = "dropResult";
            vm.prank(WATCHDOG);
            try atHome.dropResult(id) {
                a.ok = true;
            } catch {}
        } else {
            a.intent = 0;
            _pause(a, REMOTE);
        }
    }

    /// @dev A result, which may be a lie.
    function _tell(Attempt memory a, bytes32 id) private {
        bool moved = _random(2) == 0;
        (a.name, a.more) = ("deliver", moved ? ',"result":"moved"' : ',"result":"unmoved"');
        Result[] memory results = new Result[](1);
        results[0] = moved
            ? Result(id, State.EXECUTED, uint104(_intents[a.intent - 1].amount))
            : Result(id, [State.CANCELLED, State.EXPIRED, State.FAILED][_random(3)], 0);
        QuorumGateway.Message memory m = QuorumGateway.Message(
            REMOTE,
            2_000_000 + _reports++,
            InteroperableAddress.formatEvmV1(REMOTE, address(executor)),
            InteroperableAddress.formatEvmV1(HOME, address(executor)),
            abi.encode(results)
        );
        (State before,,) = atHome.resultOf(id);
        try gateway.deliver(m, alone(), attest(m, 2)) {} catch {}
        (State outcome,,) = atHome.resultOf(id);
        a.ok = before == State.NONE && outcome == results[0].outcome;
    }

    function _pause(Attempt memory a, uint256 lane) private {
        uint256 pick = _random(4);
        if (pick < 2) {
            a.name = "pause";
            vm.prank(WATCHDOG);
            try executor.pause(lane) {
                a.ok = true;
            } catch {}
        } else if (pick < 3 && executor.pausedUntil(lane) > time()) {
            (a.name, a.ok) = ("unpause", true);
            uint256 stops = executor.stops();
            vm.prank(address(timelock));
            executor.unpause(lane, stops);
        } else if (pick == 3 && !executor.armed(lane)) {
            (a.name, a.ok) = ("rearm", true);
            vm.prank(address(timelock));
            executor.rearm(lane);
        }
    }

    function _there(Attempt memory a, uint256 pick) private {
        _go(REMOTE);
        Intent memory intent = _intents[a.intent - 1];
        bytes32 id = _ids[a.intent - 1];
        if (pick < 21) {
            a.name = "deliver";
            a.message = 1 + _random(_random(4) == 0 ? MESSAGES : 2);
            bool full = _random(2) == 0;
            a.more = full ? ',"signatures":3' : ',"signatures":2';
            QuorumGateway.Message memory m = messageOf(intent, a.message);
            try gateway.deliver(m, alone(), attest(m, full ? 3 : 2)) {
                a.ok = true;
                _tags[a.intent - 1] = a.message;
            } catch {}
        } else if (pick < 22) {
            a.name = "hasten";
            a.message = _random(4) == 0 ? 1 + _random(MESSAGES) : _tags[a.intent - 1];
            QuorumGateway.Message memory m = messageOf(intent, a.message);
            try abroad.hasten(m, alone(), attest(m, 3)) {
                a.ok = true;
            } catch {}
        } else if (pick < 25) {
            a.name = "execute";
            try abroad.execute(intent) {
                a.ok = true;
            } catch {}
        } else if (pick < 26) {
            a.name = "executeMany"; // which fails: the account has nothing
            bool before = abroad.failed(id);
            uint256 funds = address(vault).balance;
            vm.deal(address(vault), 0);
            Intent[] memory one = new Intent[](1);
            one[0] = intent;
            abroad.executeMany(one);
            vm.deal(address(vault), funds);
            a.ok = !before && abroad.failed(id);
        } else if (pick < 29) {
            a.name = "dispute";
            bool bonded = pick == 28;
            if (bonded) a.more = ',"bond":true';
            if (bonded) vm.deal(THIEF, BOND);
            vm.prank(bonded ? THIEF : WATCHDOG);
            try abroad.dispute{value: bonded ? BOND : 0}(intent) {
                a.ok = true;
            } catch {}
        } else if (pick < 30) {
            a.name = "uphold";
            vm.prank(address(timelock));
            try abroad.uphold(intent) {
                a.ok = true;
            } catch {}
        } else if (pick < 31) {
            a.name = "resolve";
            try abroad.resolve(intent) {
                a.ok = true;
            } catch {}
        } else if (pick < 33) {
            a.name = "expire";
            try abroad.expire(intent) {
                a.ok = true;
            } catch {}
        } else if (pick < 34) {
            a.name = "report";
            bytes32[] memory ids = new bytes32[](1);
            ids[0] = id;
            try abroad.report(ids) {
                a.ok = true;
            } catch {}
        } else if (pick < 36) {
            _confirm(a, intent, id);
        } else if (pick < 37) {
            _refute(a, intent);
        } else if (pick < 39) {
            a.intent = 0;
            _pause(a, HOME);
        } else {
            a.intent = 0;
            if (_rotates && _random(2) == 0) return _replace(a);
            if (abroad.gatewayStatus(address(gateway)) == GatewayStatus.OPEN) {
                if (_random(3) > 0) return;
                (a.name, a.ok) = ("closeGateway", true);
                vm.prank(WATCHDOG);
                abroad.closeGateway(address(gateway));
            } else {
                (a.name, a.ok) = ("setGateway", true);
                uint256 stops = abroad.stops();
                vm.prank(address(timelock));
                abroad.setGateway(address(gateway), true, stops);
            }
        }
    }

    /// @dev The relayers who sign everything are voted out, or one of them is taken out, or their time is cut short. The one gateway is
    ///      both chains'.
    function _replace(Attempt memory a) private {
        bool tightens = _random(3) == 0;
        (, uint256 threshold, uint64 until) = gateway.previousQuorum();
        (address[] memory present,) = gateway.quorum();
        uint256 stops = gateway.stops();
        if (threshold > 0 && time() < until) {
            (a.name, a.ok) = ("endOverlap", true);
            vm.prank(WATCHDOG);
            gateway.endOverlap();
        } else if (_replaced || tightens && present.length < 3) {
            return;
        } else if (tightens) {
            (a.name, a.ok) = ("tightenRelayers", true);
            address[] memory kept = new address[](2);
            (kept[0], kept[1]) = (present[1], present[2]);
            vm.prank(WATCHDOG);
            gateway.tightenRelayers(kept, 2);
        } else {
            (a.name, a.ok, _replaced) = ("setRelayers", true, true);
            address[] memory others = new address[](1);
            others[0] = vm.addr(0xF1);
            vm.prank(address(timelock));
            gateway.setRelayers(others, 1, uint64(OVERLAP * TICK), stops);
        }
    }

    // ------------------------------------------------------------------ proofs

    function _confirm(Attempt memory a, Intent memory intent, bytes32 id) private {
        a.name = "confirm";
        bytes32 slot = keccak256(abi.encode(id, PROGRESS_SLOT));
        _go(HOME);
        bytes32 value = vm.load(address(executor), slot);
        _go(REMOTE);
        StateProof memory p = _prove(address(executor), slot, value);
        try abroad.confirm(intent, p) {
            a.ok = true;
        } catch {}
    }

    function _refute(Attempt memory a, Intent memory intent) private {
        a.name = "refute";
        uint256 nonce = _tags[a.intent - 1];
        bytes32 slot = keccak256(abi.encode(nonce, gateway.SENT_SLOT()));
        _go(HOME);
        bytes32 value = vm.load(address(gateway), slot);
        if (value == 0) (slot, value) = (gateway.NONCE_SLOT(), bytes32(gateway.nextNonce()));
        _go(REMOTE);
        StateProof memory p = _prove(address(gateway), slot, value);
        try abroad.refute(messageOf(intent, nonce), p) {
            a.ok = true;
        } catch {}
    }

    /// @dev Of a block of now.
    function _prove(address account, bytes32 slot, bytes32 value) private returns (StateProof memory p) {
        bytes32 hash;
        (p, hash) = Tries.prove(account, slot, value, ++_block, time());
        _hashes.tell(HOME, _block, hash);
    }

    // ------------------------------------------------------------------ lines

    function _header() private pure returns (string memory) {
        return string.concat(
            '{"walk":{"intents":',
            vm.toString(INTENTS),
            ',"messages":',
            vm.toString(MESSAGES),
            ',"deadline":',
            vm.toString(LAST),
            ',"fullWindow":',
            vm.toString(FULL),
            ',"bareWindow":',
            vm.toString(BARE),
            ',"resolutionWindow":',
            vm.toString(RESOLUTION_WINDOW / TICK),
            ',"resultWindow":',
            vm.toString(FULL),
            ',"pause":',
            vm.toString(PAUSE / TICK),
            ',"overlap":',
            vm.toString(OVERLAP),
            "}}"
        );
    }

    function _line(Attempt memory a) private returns (string memory line) {
        line = string.concat('{"do":"', a.name, '"');
        if (bytes(a.name)[0] != "t") line = string.concat(line, ',"at":"', a.home ? "home" : "there", '"');
        if (a.intent > 0) line = string.concat(line, ',"intent":', vm.toString(a.intent));
        if (a.message > 0) line = string.concat(line, ',"message":', vm.toString(a.message));
        line = string.concat(line, a.more, ',"ok":', a.ok ? "true" : "false");
        if (!a.ok) return string.concat(line, "}");
        string memory home;
        string memory there;
        for (uint256 i; i < INTENTS; ++i) {
            _go(HOME);
            home = string.concat(home, i == 0 ? "" : ",", _homeOf(_ids[i]));
            _go(REMOTE);
            there = string.concat(there, i == 0 ? "" : ",", _thereOf(_ids[i]));
        }
        return string.concat(line, ',"home":[', home, '],"there":[', there, "]}");
    }

    /// @dev State; with a result that waits: what it says, and at which tick it may be settled.
    function _homeOf(bytes32 id) private view returns (string memory) {
        (State outcome,, uint64 settleAt) = atHome.resultOf(id);
        State state = stateOf(id);
        string memory name = string.concat('"', _name(state), '"');
        if (state != State.DISPATCHED || outcome == State.NONE) return name;
        return
            string.concat(
                '["DISPATCHED","', outcome == State.EXECUTED ? "moved" : "unmoved", '",', _tickOf(settleAt), "]"
            );
    }

    /// @dev State; of what waits also at which tick it no longer does.
    function _thereOf(bytes32 id) private view returns (string memory) {
        (State state, bool upheld, uint64 due,) = abroad.progress(id);
        string memory name = string.concat('"', _name(state), '"');
        if (state != State.QUEUED && state != State.DISPUTED) return name;
        return string.concat(
            "[", name, ",", _tickOf(due), ",", upheld ? "true" : "false", ",", abroad.failed(id) ? "true" : "false", "]"
        );
    }

    function _tickOf(uint256 when) private view returns (string memory) {
        assertEq((when - _began) % TICK, 0, "whole ticks");
        return vm.toString((when - _began) / TICK);
    }

    function _name(State state) private pure returns (string memory) {
        return [
            "NONE",
            "DENIED",
            "ADMITTED",
            "DISPATCHED",
            "QUEUED",
            "DISPUTED",
            "EXECUTED",
            "CANCELLED",
            "EXPIRED",
            "FAILED",
            "SETTLED"
        ][uint8(state)];
    }

    // ------------------------------------------------------------------ sides

    function _go(uint256 chain) private {
        if (chain == here) return;
        bytes32 settings = vm.load(address(executor), SETTINGS_SLOT);
        bytes32 number = vm.load(address(gateway), gateway.NONCE_SLOT());
        switchTo(chain);
        vm.store(address(executor), SETTINGS_SLOT, _settingsElsewhere);
        vm.store(address(gateway), gateway.NONCE_SLOT(), _numberElsewhere);
        (_settingsElsewhere, _numberElsewhere) = (settings, number);
    }

    function _random(uint256 n) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % n;
    }
}
