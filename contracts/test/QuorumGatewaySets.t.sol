// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {GatewayFixture} from "./lib/GatewayFixture.sol";

/// @notice Who attests: replacing the set, the overlap, what guardians may do.
contract QuorumGatewaySetsTest is GatewayFixture {
    bytes32 private _id;
    bytes[] private _signatures; // of it, by each key

    function setUp() public {
        deployGateway();
        _id = gateway.messageId(messageTo(address(listener), 1));
        for (uint256 i; i < keys.length; ++i) {
            _signatures.push(signed(_id, 1 << i));
        }
    }

    /// @dev Whether the relayers of the mask's bits are a quorum.
    function _delivers(uint256 mask) private returns (bool ok) {
        (ok,) = address(gateway).call(_verify(mask));
    }

    function _verify(uint256 mask) private view returns (bytes memory) {
        bytes memory signatures;
        for (uint256 i; i < keys.length; ++i) {
            if ((mask >> i) & 1 == 1) signatures = bytes.concat(signatures, _signatures[i]);
        }
        return abi.encodeCall(gateway.verify, (_id, alone(), signatures));
    }

    function _assertRefused(uint256 mask, bytes memory reason) private {
        (bool ok, bytes memory said) = address(gateway).call(_verify(mask));
        assertFalse(ok, "a quorum");
        assertEq(said, reason, "reason");
    }

    function _notRelayer(uint256 i) private view returns (bytes memory) {
        return abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, relayer(i));
    }

    function _attested(uint256 mask) private returns (uint256, uint256, uint256) {
        (bool ok, bytes memory said) = address(gateway).call(_verify(mask));
        assertTrue(ok, "no quorum");
        return abi.decode(said, (uint256, uint256, uint256));
    }

    // ------------------------------------------------------------------ governance

    function test_setRelayers_byGovernanceOnly() public {
        address[] memory set = range(7, 8);
        address[4] memory others = [THIEF, WATCHDOG, ANYBODY, relayer(0)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            gateway.setRelayers(set, 1, 0, 0);
        }
        vm.expectEmit(address(gateway));
        emit QuorumGateway.RelayersSet(set, 1, 0, GOVERNANCE);
        vm.prank(GOVERNANCE);
        gateway.setRelayers(set, 1, 0, 0);
        vm.expectEmit(address(gateway));
        emit QuorumGateway.RelayersSet(range(0, 3), 2, uint64(START + 1 days), GOVERNANCE);
        vm.prank(GOVERNANCE);
        gateway.setRelayers(range(0, 3), 2, 1 days, 0);
        (address[] memory now_, uint256 threshold) = gateway.quorum();
        assertEq(abi.encode(now_, threshold), abi.encode(range(0, 3), 2), "present");
        uint64 until;
        (now_, threshold, until) = gateway.previousQuorum();
        assertEq(abi.encode(now_, threshold, until), abi.encode(set, 2, START + 1 days), "former");
    }

    function _expectSetRefused(address[] memory set, uint256 threshold, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(GOVERNANCE);
        gateway.setRelayers(set, threshold, 0, 0);
        vm.expectRevert(reason);
        this.create(set, threshold);
    }

    function create(address[] calldata set, uint256 threshold) external {
        new QuorumGateway(address(authority), HOME, set, threshold);
    }

    function test_setRelayers_revert_badSets() public {
        bytes4 threshold_ = QuorumGateway.GatewayThreshold.selector;
        bytes4 count = QuorumGateway.GatewayRelayerCount.selector;
        bytes4 invalid = QuorumGateway.GatewayRelayerInvalid.selector;
        address[] memory set = range(0, 3);
        for (uint256 i; i < 2; ++i) {
            _expectSetRefused(set, i, abi.encodeWithSelector(threshold_, i, uint256(3))); // two disjoint quorums, or none
        }
        _expectSetRefused(set, 4, abi.encodeWithSelector(threshold_, uint256(4), uint256(3)));
        _expectSetRefused(range(0, 4), 2, abi.encodeWithSelector(threshold_, uint256(2), uint256(4)));
        _expectSetRefused(range(0, 0), 0, abi.encodeWithSelector(count, uint256(0), uint256(64)));
        (set[0], set[1]) = (set[1], set[0]);
        _expectSetRefused(set, 2, abi.encodeWithSelector(invalid, set[1]));
        set[0] = set[1];
        _expectSetRefused(set, 2, abi.encodeWithSelector(invalid, set[0]));
        set[0] = address(0);
        _expectSetRefused(set, 2, abi.encodeWithSelector(invalid, address(0)));
        set = new address[](65);
        for (uint160 i; i < 65; ++i) {
            set[i] = address(i + 1);
        }
        _expectSetRefused(set, 33, abi.encodeWithSelector(count, uint256(65), uint256(64)));
        (address[] memory still,) = gateway.quorum();
        assertEq(abi.encode(still), abi.encode(range(0, 3)), "unchanged");
        uint64 most = gateway.MAX_OVERLAP();
        assertEq(most, 7 days, "as is told");
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayOverlap.selector, most + 1, most));
        gateway.setRelayers(still, 2, most + 1, 0);
    }

    /// @notice Who left the set attests no more, also what he signed before.
    function test_L7_setRelayers_removedOnesAreRefused() public {
        setRelayers(range(1, 3), 2, 0);
        _assertRefused(3, _notRelayer(0));
        assertTrue(_delivers(6), "the new ones");
        (address[] memory none,,) = gateway.previousQuorum();
        assertEq(none.length, 0, "no former set");
    }

    // ------------------------------------------------------------------ overlap

    /// @notice A message in flight survives a rotation: what the set before attested arrives until the overlap ends.
    function test_L3_overlap_messageInFlightSurvivesARotation() public {
        QuorumGateway.Message memory m = messageTo(address(listener), 1);
        bytes memory old = attest(m, 3);
        setRelayers(range(3, 6), 2, 1 hours);
        vm.chainId(REMOTE);
        gateway.deliver(m, alone(), old);
        assertEq(listener.count(), 1, "arrived");
        bytes memory again = attest(m, 7 << 3);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayDelivered.selector, gateway.messageId(m)));
        gateway.deliver(m, alone(), again); // the new set has it no second time
        skip(1 hours - 1);
        assertTrue(_delivers(3) && _delivers(3 << 3), "either set");
        skip(1);
        _assertRefused(3, _notRelayer(0));
        assertTrue(_delivers(3 << 3), "the new set");
        (address[] memory none,,) = gateway.previousQuorum();
        assertEq(none.length, 0, "no former set");
    }

    /// @notice Signatures of two sets never count together, however many there are.
    function test_L7_overlap_revert_mixedSets() public {
        setRelayers(range(2, 5), 2, 1 hours); // relayer 2 belongs to both
        bytes4 mixed = QuorumGateway.GatewayMixedSets.selector;
        _assertRefused(2 | 8, abi.encodeWithSelector(mixed, uint256(1), uint256(1), uint256(2)));
        _assertRefused(2 | 4 | 8, abi.encodeWithSelector(mixed, uint256(2), uint256(2), uint256(3)));
        _assertRefused(31, abi.encodeWithSelector(mixed, uint256(3), uint256(3), uint256(5)));
        assertTrue(_delivers(1 | 4) && _delivers(4 | 8), "each with the one of both");
        _assertRefused(4, abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, uint256(1), uint256(2)));
    }

    /// @notice The set before is held to the new threshold too, where that is higher, and to its own where that is.
    function test_L5_overlap_theHigherThresholdHolds() public {
        setRelayers(range(0, 5), 4, 1 hours);
        (, uint256 threshold,) = gateway.previousQuorum();
        assertEq(threshold, 4, "of three");
        _assertRefused(7, abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, uint256(3), uint256(4)));
        setRelayers(range(5, 7), 2, 1 hours);
        (, threshold,) = gateway.previousQuorum();
        assertEq(threshold, 4, "its own");
        _assertRefused(7, abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, uint256(3), uint256(4)));
        (uint256 count, uint256 of_, uint256 named) = _attested(15);
        assertEq(abi.encode(count, of_, named), abi.encode(4, 4, 5), "the former set's numbers");
        (count, of_, named) = _attested(96);
        assertEq(abi.encode(count, of_, named), abi.encode(2, 2, 2), "the present set's numbers");
    }

    /// @notice Two rotations later a set counts no more, though its overlap would have lasted.
    function test_L7_overlap_oneFormerSetOnly() public {
        setRelayers(range(3, 5), 2, 7 days);
        setRelayers(range(5, 7), 2, 1 hours);
        _assertRefused(3, _notRelayer(0));
        assertTrue(_delivers(3 << 3) && _delivers(3 << 5), "the last two");
        setRelayers(range(0, 3), 2, 1 hours); // back again
        assertTrue(_delivers(3) && _delivers(3 << 5), "the last two");
        _assertRefused(3 << 3, _notRelayer(3));
        setRelayers(range(5, 8), 2, 0);
        _assertRefused(3, _notRelayer(0));
        (address[] memory none,, uint64 until) = gateway.previousQuorum();
        assertEq(none.length, 0, "no former set");
        assertEq(until, 0, "and no time until which it would count");
    }

    function test_L3_overlap_ofOneSecond() public {
        setRelayers(range(3, 5), 2, 1);
        assertTrue(_delivers(3) && _delivers(3 << 3), "either set");
        skip(1);
        _assertRefused(3, _notRelayer(0));
    }

    // ------------------------------------------------------------------ guardians

    /// @notice Only who may act at once is a guardian, and governance is none.
    function test_L5_tightenRelayers_guardiansOnly() public {
        vm.prank(GOVERNANCE);
        authority.grantRole(1, THIEF, 60);
        skip(1);
        address[4] memory others = [THIEF, GOVERNANCE, ANYBODY, relayer(0)];
        for (uint256 i; i < others.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]);
            vm.startPrank(others[i]);
            vm.expectRevert(refusal);
            gateway.tightenRelayers(range(0, 3), 3);
            vm.expectRevert(refusal);
            gateway.endOverlap();
            vm.stopPrank();
        }
    }

    /// @notice A stolen key is taken out, and the threshold raised, in one transaction of a guardian.
    function test_L5_tightenRelayers_atOnce() public {
        vm.expectEmit(address(gateway));
        emit QuorumGateway.RelayersSet(chosen(5), 2, 0, WATCHDOG);
        tighten(chosen(5), 2);
        _assertRefused(3, _notRelayer(1));
        assertTrue(_delivers(5), "the others");
        assertEq(gateway.stops(), 1, "stops");
    }

    /// @notice Who stays needs as many as was said from then on, in what is told of the set and in what delivers.
    function test_L5_tightenRelayers_raisesTheThresholdOfWhoStays() public {
        tighten(range(0, 3), 3);
        (address[] memory present, uint256 threshold) = gateway.quorum();
        assertEq(abi.encode(present, threshold), abi.encode(range(0, 3), 3), "quorum");
        _assertRefused(3, abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, uint256(2), uint256(3)));
        assertTrue(_delivers(7), "all of them");
    }

    /// @notice The last of the list is taken out as any other is.
    function test_L5_tightenRelayers_takesOutTheLast() public {
        setRelayers(range(0, 4), 3, 0);
        tighten(range(0, 3), 3);
        (address[] memory present,) = gateway.quorum();
        assertEq(abi.encode(present), abi.encode(range(0, 3)), "who stays");
        _assertRefused(2 | 4 | 8, _notRelayer(3));
        assertTrue(_delivers(7), "the others");
    }

    function test_L5_tightenRelayers_loosensNothing() public {
        setRelayers(range(0, 3), 3, 0);
        vm.startPrank(WATCHDOG);
        bytes memory looser = abi.encodeWithSelector(QuorumGateway.GatewayLooser.selector, uint256(2), uint256(3));
        vm.expectRevert(looser);
        gateway.tightenRelayers(range(0, 3), 2); // a lower threshold
        vm.expectRevert(looser);
        gateway.tightenRelayers(range(0, 2), 2); // fewer relayers do not earn it
        vm.expectRevert(_notRelayer(3));
        gateway.tightenRelayers(chosen(1 | 2 | 8), 3); // another key in the place of one
        vm.expectRevert(_notRelayer(3));
        gateway.tightenRelayers(range(0, 4), 3); // one more
        address[] memory twice = range(0, 3);
        twice[1] = twice[0];
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayRelayerInvalid.selector, twice[0]));
        gateway.tightenRelayers(twice, 3);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayRelayerCount.selector, uint256(0), uint256(64)));
        gateway.tightenRelayers(new address[](0), 3);
        vm.stopPrank();
    }

    /// @notice Whom a guardian took out counts nowhere, in the former set neither; and the former set needs as many as the new.
    function test_L7_tightenRelayers_takesOutOfTheFormerSetToo() public {
        setRelayers(range(1, 5), 3, 1 hours); // relayers 1 and 2 belong to both
        tighten(chosen(4 | 8 | 16), 3);
        _assertRefused(2 | 4 | 8, _notRelayer(1));
        _assertRefused(7, _notRelayer(1));
        (address[] memory former, uint256 threshold,) = gateway.previousQuorum();
        assertEq(abi.encode(former, threshold), abi.encode(chosen(5), 3), "former");
        tighten(chosen(4 | 8 | 16), 3); // nobody more
        (former,,) = gateway.previousQuorum();
        assertEq(abi.encode(former), abi.encode(chosen(5)), "as it was");
    }

    function test_L5_tightenRelayers_raisesTheFormerThreshold() public {
        setRelayers(range(2, 6), 3, 1 hours);
        setRelayers(range(0, 4), 3, 1 hours);
        assertTrue(_delivers(7 << 3), "three of the former");
        tighten(range(0, 4), 4);
        _assertRefused(7 << 3, abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, uint256(3), uint256(4)));
        assertTrue(_delivers(15 << 2), "all of the former");
        (, uint256 threshold,) = gateway.previousQuorum();
        assertEq(threshold, 4, "what counts as few of them");
    }

    /// @notice Whom governance takes in again counts in the new set, not in the one he was taken out of.
    function test_L7_readded_countsInTheNewSetOnly() public {
        tighten(chosen(6), 2);
        setRelayers(range(0, 3), 2, 1 hours);
        assertTrue(_delivers(3), "present");
        (address[] memory former,,) = gateway.previousQuorum();
        assertEq(abi.encode(former), abi.encode(chosen(6)), "former");
        setRelayers(range(2, 5), 3, 1 hours);
        assertTrue(_delivers(7), "all of the former");
        setRelayers(range(0, 2), 2, 1 hours); // 0 and 1 were in the set before the former one
        assertTrue(_delivers(3) && _delivers(7 << 2), "either");
        _assertRefused(2 | 8, abi.encodeWithSelector(QuorumGateway.GatewayMixedSets.selector, 1, 1, 2));
    }

    /// @notice A key that governance replaced may be a stolen one: a guardian ends the overlap.
    function test_L5_endOverlap_atOnce() public {
        setRelayers(range(2, 5), 2, 7 days);
        assertTrue(_delivers(3), "overlap");
        vm.expectEmit(address(gateway));
        emit QuorumGateway.RelayersSet(range(2, 5), 2, 0, WATCHDOG);
        vm.prank(WATCHDOG);
        gateway.endOverlap();
        _assertRefused(3, _notRelayer(0));
        assertTrue(_delivers(3 << 2), "the present set");
        (address[] memory former,, uint64 until) = gateway.previousQuorum();
        assertEq(former.length + until, 0, "over");
        assertEq(gateway.stops(), 1, "a decision of before must not bring them back");
    }

    /// @notice A relayer set that was decided before puts no key back that a guardian took out since.
    function test_L5_setRelayers_revert_tightenedMeanwhile() public {
        tighten(chosen(5), 2);
        bytes memory refusal = abi.encodeWithSelector(QuorumGateway.GatewayStopsDiffer.selector, uint256(0), uint256(1));
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(refusal);
        gateway.setRelayers(range(0, 3), 2, 0, 0);
        gateway.setRelayers(range(0, 3), 2, 0, 1);
        vm.stopPrank();
        assertEq(gateway.stops(), 1, "governance stops nothing");
    }

    /// @notice Nobody who takes relayers out makes fewer signatures look like all of them: windows go by what governance named.
    function test_L5_tightenRelayers_fewerSignaturesAreNotAllOfThem() public {
        (uint256 count, uint256 threshold, uint256 named) = _attested(5);
        assertEq(abi.encode(count, threshold, named), abi.encode(2, 2, 3), "two of three");
        tighten(chosen(5), 2);
        (count, threshold, named) = _attested(5);
        assertEq(abi.encode(count, threshold, named), abi.encode(2, 2, 3), "two of three still");
        setRelayers(chosen(5), 2, 1 hours);
        (count, threshold, named) = _attested(5);
        assertEq(abi.encode(count, threshold, named), abi.encode(2, 2, 2), "when governance says so");
    }

    /// @notice Whatever guardians do, in whatever order, during an overlap too: who could not deliver before cannot afterwards.
    function testFuzz_L5_guardiansGiveNobodyMore(uint256 seed) public {
        setRelayers(chosen(seed % 15 + 1), _majority(seed % 15 + 1), 0);
        uint256 next = (seed >> 8) % 15 + 1;
        setRelayers(chosen(next), _majority(next), seed % 2 == 0 ? 1 hours : 0);
        bool[16] memory could;
        for (uint256 q; q < 16; ++q) {
            could[q] = _delivers(q);
        }
        for (uint256 i = 1; i <= 2; ++i) {
            uint256 call_ = uint256(keccak256(abi.encode(seed, i)));
            (address[] memory set, uint256 threshold) = gateway.quorum();
            uint256 mask = call_ % 2 == 0 ? call_ >> 8 : _mask(set) & ~(1 << ((call_ >> 8) % 4));
            bytes memory data = call_ % 16 == 0
                ? abi.encodeCall(gateway.endOverlap, ())
                : abi.encodeCall(
                    gateway.tightenRelayers, (chosen(mask), call_ % 3 == 0 ? (call_ >> 16) % 5 : threshold)
                );
            vm.prank(i % 2 == 0 ? WATCHDOG : WATCHDOG2);
            (bool ok,) = address(gateway).call(data);
            for (uint256 q; ok && q < 16; ++q) {
                bool can = _delivers(q);
                assertTrue(could[q] || !can, "a set of signers gained");
                could[q] = can;
            }
        }
    }

    /// @notice Who may deliver is who is enough of one list that the gateway shows.
    function testFuzz_L7_deliversWhoTheListsName(uint256 seed) public {
        for (uint256 i; i < 3; ++i) {
            uint256 mask = (seed >> 8 * i) % 15 + 1;
            setRelayers(chosen(mask), _majority(mask), (seed >> (60 + i)) % 2 == 0 ? 1 hours : 0);
            (address[] memory set, uint256 threshold) = gateway.quorum();
            mask = _mask(set) & ~(1 << ((seed >> (70 + 8 * i)) % 4));
            vm.prank(WATCHDOG);
            (bool ok,) = address(gateway).call(abi.encodeCall(gateway.tightenRelayers, (chosen(mask), threshold)));
            ok; // or not: there may be too few
        }
        skip((seed >> 100) % 2 * 1 hours);
        (address[] memory present, uint256 enough) = gateway.quorum();
        (address[] memory former, uint256 formerEnough,) = gateway.previousQuorum();
        uint256 counted = _mask(present) | _mask(former);
        for (uint256 i; i < keys.length; ++i) {
            assertTrue(gateway.isRelayer(relayer(i)) == ((counted >> i) & 1 == 1), "whose signature counts");
        }
        for (uint256 q; q < 16; ++q) {
            uint256 count = _bits(q);
            bool may = (q & ~_mask(present) == 0 && count >= enough)
                || (former.length > 0 && q & ~_mask(former) == 0 && count >= formerEnough);
            assertTrue(_delivers(q) == may, "not what the lists say");
        }
    }

    function _majority(uint256 mask) private pure returns (uint256) {
        return _bits(mask) / 2 + 1;
    }

    function _bits(uint256 mask) private pure returns (uint256 count) {
        for (; mask > 0; mask &= mask - 1) {
            ++count;
        }
    }

    function _mask(address[] memory set) private view returns (uint256 mask) {
        for (uint256 i; i < keys.length; ++i) {
            for (uint256 j; j < set.length; ++j) {
                if (relayer(i) == set[j]) mask |= 1 << i;
            }
        }
    }
}
