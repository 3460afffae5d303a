// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Roles} from "../src/governance/Roles.sol";
import {StateProof} from "../src/proofs/IStateProofs.sol";
import {OwnHashes} from "../src/proofs/OwnHashes.sol";
import {PostedHashes} from "../src/proofs/PostedHashes.sol";
import {StateProofs} from "../src/proofs/StateProofs.sol";
import {RecordedProofs as Recorded} from "./fixtures/RecordedProofs.sol";
import {Test} from "./lib/Test.sol";
import {ToldHashes} from "./lib/Tries.sol";

/// @notice What a node answers to eth_getProof is believed, and nothing that differs from it in one byte.
contract StateProofsTest is Test {
    uint256 private constant HOME = 31337;
    uint256 private constant OTHER = 31338;

    ToldHashes private hashes;
    StateProofs private proofs;

    function setUp() public {
        hashes = new ToldHashes();
        proofs = new StateProofs(hashes);
        hashes.tell(HOME, Recorded.NUMBER, Recorded.BLOCK_HASH);
        hashes.tell(OTHER, Recorded.OTHER_NUMBER, Recorded.OTHER_HASH);
    }

    /// @dev The slot of key `key` of the recorded contracts' mapping.
    function slotOf(uint256 key) private pure returns (bytes32) {
        return keccak256(abi.encode(key, 1));
    }

    function valueOfKey5() private pure returns (bytes32) {
        return bytes32((uint256(5) << 200) + 1);
    }

    function key5() private pure returns (StateProof memory) {
        return StateProof(Recorded.HEADER, Recorded.account(), Recorded.slotOfKey5());
    }

    function read(StateProof memory p, address account, bytes32 slot) private view returns (bytes32 value) {
        (value,,) = proofs.valueAt(HOME, p, account, slot);
    }

    /// @dev The proof shows nothing, whatever it reverts with.
    function assertRefused(StateProof memory p, string memory why) private view {
        try proofs.valueAt(HOME, p, Recorded.FULL, slotOf(5)) {
            assertTrue(false, why);
        } catch {}
    }

    function slotError(address account, bytes32 slot, TrieProof.ProofError reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(StateProofs.StateProofsSlot.selector, account, slot, reason);
    }

    // ------------------------------------------------------------------ what is shown

    function test_valueAt_recordedSlot() public view {
        (bytes32 value, uint256 timestamp, uint256 number) = proofs.valueAt(HOME, key5(), Recorded.FULL, slotOf(5));
        assertEq(value, valueOfKey5(), "value");
        assertEq(timestamp, Recorded.TIMESTAMP, "timestamp");
        assertEq(number, Recorded.NUMBER, "number");
        assertTrue(
            Recorded.account().length > 2 && Recorded.slotOfKey5().length > 1, "tries too small to show anything"
        );
    }

    function test_valueAt_smallValueIsRightAligned() public view {
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.account(), Recorded.slotOfKey7());
        assertEq(read(p, Recorded.FULL, slotOf(7)), bytes32(uint256(7)), "value");
    }

    function test_valueAt_trieOfOneSlot() public view {
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.singleAccount(), Recorded.singleSlot());
        assertEq(read(p, Recorded.SINGLE, slotOf(1)), bytes32(uint256(42)), "value");
    }

    function test_valueAt_headersOfEveryFork() public {
        uint256[4] memory lengths;
        lengths[0] = readFork(
            1,
            Recorded.LONDON_HASH,
            Recorded.LONDON_NUMBER,
            Recorded.LONDON_SINGLE,
            StateProof(Recorded.LONDON_HEADER, Recorded.londonAccount(), Recorded.londonSlot())
        );
        lengths[1] = readFork(
            2,
            Recorded.SHANGHAI_HASH,
            Recorded.SHANGHAI_NUMBER,
            Recorded.SHANGHAI_SINGLE,
            StateProof(Recorded.SHANGHAI_HEADER, Recorded.shanghaiAccount(), Recorded.shanghaiSlot())
        );
        lengths[2] = readFork(
            3,
            Recorded.CANCUN_HASH,
            Recorded.CANCUN_NUMBER,
            Recorded.CANCUN_SINGLE,
            StateProof(Recorded.CANCUN_HEADER, Recorded.cancunAccount(), Recorded.cancunSlot())
        );
        lengths[3] = readFork(
            4,
            Recorded.PRAGUE_HASH,
            Recorded.PRAGUE_NUMBER,
            Recorded.PRAGUE_SINGLE,
            StateProof(Recorded.PRAGUE_HEADER, Recorded.pragueAccount(), Recorded.pragueSlot())
        );
        assertEq(lengths[0], 16, "London: base fee");
        assertEq(lengths[1], 17, "Shanghai: withdrawals");
        assertEq(lengths[2], 20, "Cancun: blobs, beacon root");
        assertEq(lengths[3], 21, "Prague: requests");
        assertEq(RLP.decodeList(Recorded.HEADER).length, 21, "the node's default");
    }

    function readFork(uint256 chainId, bytes32 hash, uint256 number, address account, StateProof memory p)
        private
        returns (uint256 fields)
    {
        hashes.tell(chainId, number, hash);
        (bytes32 value,,) = proofs.valueAt(chainId, p, account, slotOf(1));
        assertEq(value, bytes32(uint256(43)), "value");
        return RLP.decodeList(p.header).length;
    }

    // ------------------------------------------------------------------ what is not there

    /// @notice That a key is absent is not shown, though the nodes prove it: nothing here may take it for zero.
    function test_valueAt_revert_absentSlot() public {
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.account(), Recorded.slotOfAbsentKey());
        vm.expectRevert();
        proofs.valueAt(HOME, p, Recorded.FULL, slotOf(201));
    }

    /// @notice Nor that a whole storage is empty. A node answers with the empty trie's one node, or with none.
    function test_valueAt_revert_emptyStorage() public {
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.emptyAccount(), Recorded.emptySlot());
        vm.expectRevert(RLP.RLPInvalidEncoding.selector);
        proofs.valueAt(HOME, p, Recorded.EMPTY, slotOf(1));
        p.storageProof = new bytes[](0);
        vm.expectRevert(slotError(Recorded.EMPTY, slotOf(1), TrieProof.ProofError.INVALID_PROOF));
        proofs.valueAt(HOME, p, Recorded.EMPTY, slotOf(1));
    }

    function test_valueAt_revert_absentAccount() public {
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.absentAccount(), Recorded.singleSlot());
        vm.expectRevert();
        proofs.valueAt(HOME, p, Recorded.NOBODY, slotOf(1));
    }

    // ------------------------------------------------------------------ other proofs

    function test_valueAt_revert_wrongSlot() public {
        vm.expectRevert();
        proofs.valueAt(HOME, key5(), Recorded.FULL, slotOf(6));
        vm.expectRevert();
        proofs.valueAt(HOME, key5(), Recorded.FULL, bytes32(uint256(5)));
        // the trie's only leaf, asked for another key
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.singleAccount(), Recorded.singleSlot());
        vm.expectRevert(slotError(Recorded.SINGLE, slotOf(2), TrieProof.ProofError.INVALID_PATH_REMAINDER));
        proofs.valueAt(HOME, p, Recorded.SINGLE, slotOf(2));
    }

    function test_valueAt_revert_anotherAccountsStorage() public {
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.singleAccount(), Recorded.slotOfKey5());
        vm.expectRevert(slotError(Recorded.SINGLE, slotOf(5), TrieProof.ProofError.INVALID_ROOT));
        proofs.valueAt(HOME, p, Recorded.SINGLE, slotOf(5));
        vm.expectRevert();
        proofs.valueAt(HOME, key5(), Recorded.SINGLE, slotOf(5));
    }

    function testFuzz_valueAt_revert_alteredNode(uint256 node, uint256 at, uint8 flip) public view {
        vm.assume(flip != 0);
        StateProof memory p = key5();
        uint256 nodes = p.accountProof.length + p.storageProof.length;
        node = bound(node, 0, nodes - 1);
        bytes memory altered =
            node < p.accountProof.length ? p.accountProof[node] : p.storageProof[node - p.accountProof.length];
        altered[at % altered.length] ^= bytes1(flip);
        assertRefused(p, "an altered node is believed");
    }

    function test_valueAt_revert_truncatedOrPadded() public view {
        for (uint256 i; i <= key5().accountProof.length; ++i) {
            StateProof memory p = key5();
            if (i < p.accountProof.length) {
                p.accountProof = without(p.accountProof, i);
                assertRefused(p, "an account proof lacks a node");
            }
            if (i < p.storageProof.length) {
                p = key5();
                p.storageProof = without(p.storageProof, i);
                assertRefused(p, "a storage proof lacks a node");
            }
        }
        StateProof memory padded = key5();
        padded.storageProof = twice(padded.storageProof, padded.storageProof.length - 1);
        assertRefused(padded, "a node too many");
        padded = key5();
        padded.accountProof = twice(padded.accountProof, 0);
        assertRefused(padded, "the root twice");
        padded.accountProof = new bytes[](0);
        assertRefused(padded, "no account proof");
        padded = key5();
        padded.storageProof[0] = "";
        assertRefused(padded, "a node of nothing");
    }

    function without(bytes[] memory list, uint256 at) private pure returns (bytes[] memory shorter) {
        shorter = new bytes[](list.length - 1);
        for (uint256 i; i < shorter.length; ++i) {
            shorter[i] = list[i < at ? i : i + 1];
        }
    }

    function twice(bytes[] memory list, uint256 at) private pure returns (bytes[] memory longer) {
        longer = new bytes[](list.length + 1);
        for (uint256 i; i < longer.length; ++i) {
            longer[i] = list[i <= at ? i : i - 1];
        }
    }

    // ------------------------------------------------------------------ other blocks

    /// @notice Every byte of the header counts: with any other, of whatever field, it is no block that is known.
    function test_valueAt_revert_headerWithOneByteChanged() public view {
        bytes memory header = Recorded.HEADER;
        StateProof memory p = key5();
        for (uint256 i; i < header.length; ++i) {
            bytes memory altered = bytes.concat(header);
            altered[i] ^= 0x01;
            p.header = altered;
            assertRefused(p, "an altered header is believed");
        }
        p.header = bytes.concat(header, hex"00");
        assertRefused(p, "a longer header is believed");
    }

    /// @notice One field changed and the encoding in order: still another hash.
    function test_valueAt_revert_headerOfAnotherTime() public {
        StateProof memory p = key5();
        bytes memory header = p.header;
        bytes memory mark = abi.encodePacked(hex"84", uint32(Recorded.TIMESTAMP));
        bool found;
        for (uint256 i; i + 5 <= header.length && !found; ++i) {
            found = header[i] == mark[0] && header[i + 1] == mark[1] && header[i + 2] == mark[2]
                && header[i + 3] == mark[3] && header[i + 4] == mark[4];
            if (found) header[i + 4] ^= 0x02;
        }
        assertTrue(found, "no timestamp");
        vm.expectRevert(
            abi.encodeWithSelector(
                StateProofs.StateProofsHeaderOther.selector,
                HOME,
                Recorded.NUMBER,
                keccak256(header),
                Recorded.BLOCK_HASH
            )
        );
        proofs.valueAt(HOME, p, Recorded.FULL, slotOf(5));
    }

    function test_valueAt_revert_unknownBlock() public {
        StateProof memory p = key5();
        p.header = Recorded.PARENT_HEADER;
        vm.expectRevert(abi.encodeWithSelector(StateProofs.StateProofsBlockUnknown.selector, HOME, Recorded.NUMBER - 1));
        proofs.valueAt(HOME, p, Recorded.FULL, slotOf(5));
    }

    /// @notice Another chain's block is another chain's, also one that is genuine there.
    function test_L3_valueAt_revert_anotherChain() public {
        StateProof memory p = StateProof(Recorded.OTHER_HEADER, Recorded.otherAccount(), Recorded.otherSlot());
        (bytes32 value,,) = proofs.valueAt(OTHER, p, Recorded.OTHER_SINGLE, slotOf(1));
        assertEq(value, bytes32(uint256(43)), "genuine there");
        assertEq(Recorded.OTHER_NUMBER, Recorded.NUMBER, "a block of the same number");
        vm.expectRevert(
            abi.encodeWithSelector(
                StateProofs.StateProofsHeaderOther.selector,
                HOME,
                Recorded.OTHER_NUMBER,
                Recorded.OTHER_HASH,
                Recorded.BLOCK_HASH
            )
        );
        proofs.valueAt(HOME, p, Recorded.OTHER_SINGLE, slotOf(1));
        vm.expectRevert(
            abi.encodeWithSelector(
                StateProofs.StateProofsHeaderOther.selector,
                OTHER,
                Recorded.NUMBER,
                Recorded.BLOCK_HASH,
                Recorded.OTHER_HASH
            )
        );
        proofs.valueAt(OTHER, key5(), Recorded.FULL, slotOf(5));
        vm.expectRevert(
            abi.encodeWithSelector(StateProofs.StateProofsBlockUnknown.selector, OTHER + 1, Recorded.NUMBER)
        );
        proofs.valueAt(OTHER + 1, p, Recorded.OTHER_SINGLE, slotOf(1));
    }

    function test_valueAt_revert_noHeader() public {
        StateProof memory p = key5();
        p.header = "";
        vm.expectRevert(RLP.RLPInvalidEncoding.selector);
        proofs.valueAt(HOME, p, Recorded.FULL, slotOf(5));
        p.header = hex"c0";
        vm.expectRevert();
        proofs.valueAt(HOME, p, Recorded.FULL, slotOf(5));
    }

    /// @notice Not even an oracle that posts what it likes makes a list of another length an account.
    function test_valueAt_revert_leafIsNoAccount() public {
        bytes memory path = abi.encodePacked(hex"20", keccak256(abi.encodePacked(Recorded.FULL)));
        bytes[] memory items = new bytes[](2);
        items[0] = RLP.encode(path);
        bytes[] memory three = new bytes[](3);
        for (uint256 i; i < 3; ++i) {
            three[i] = RLP.encode(uint256(i));
        }
        items[1] = RLP.encode(RLP.encode(three));
        bytes[] memory nodes = new bytes[](1);
        nodes[0] = RLP.encode(items);
        bytes[] memory fields = new bytes[](12);
        for (uint256 i; i < 12; ++i) {
            fields[i] = RLP.encode(i);
        }
        fields[3] = RLP.encode(keccak256(nodes[0]));
        bytes memory header = RLP.encode(fields);
        hashes.tell(HOME, 8, keccak256(header));
        vm.expectRevert(abi.encodeWithSelector(StateProofs.StateProofsAccountInvalid.selector, Recorded.FULL, 3));
        proofs.valueAt(HOME, StateProof(header, nodes, nodes), Recorded.FULL, slotOf(5));
    }
}

/// @notice Hashes that an oracle posts count after a wait in which one guardian stops them.
contract PostedHashesTest is Test {
    uint256 private constant HOME = 31337;
    uint256 private constant START = 1_900_000_000;
    uint64 private constant WAIT = 10 minutes;
    uint256 private constant N = Recorded.NUMBER;

    address private immutable ORACLE = vm.addr(0x71);
    address private immutable GUARDIAN = vm.addr(0x72);
    address private immutable GUARDIAN2 = vm.addr(0x73);
    address private immutable THIEF = vm.addr(0x73);
    AccessManager private authority;
    PostedHashes private posted;

    function setUp() public {
        vm.warp(START);
        authority = new AccessManager(address(this));
        posted = new PostedHashes(address(authority), HOME, WAIT);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = PostedHashes.post.selector;
        authority.setTargetFunctionRole(address(posted), selectors, Roles.ORACLE);
        authority.grantRole(Roles.ORACLE, ORACLE, 0);
        authority.grantRole(Roles.GUARDIAN, GUARDIAN, 0);
        authority.grantRole(Roles.GUARDIAN, GUARDIAN2, 0);
    }

    function post(uint256 number, bytes32 hash) private {
        vm.prank(ORACLE);
        posted.post(number, hash);
    }

    /// @dev By two guardians, for good.
    function retract(uint256 number) private {
        suspend(number);
        vm.prank(GUARDIAN2);
        posted.retract(number);
    }

    function suspend(uint256 number) private {
        vm.prank(GUARDIAN);
        posted.retract(number);
    }

    function assertHash(uint256 number, bytes32 hash, string memory why) private view {
        assertEq(posted.hashOf(HOME, number), hash, why);
    }

    function test_post_countsAfterTheWait() public {
        vm.expectEmit(address(posted));
        emit PostedHashes.HashPosted(N, Recorded.BLOCK_HASH, uint64(START + WAIT), ORACLE);
        post(N, Recorded.BLOCK_HASH);
        assertHash(N, 0, "at once");
        (bytes32 hash, uint64 from) = posted.known(N);
        assertEq(hash, Recorded.BLOCK_HASH, "known");
        assertEq(from, START + WAIT, "from");
        skip(WAIT - 1);
        assertHash(N, 0, "a second early");
        skip(1);
        assertHash(N, Recorded.BLOCK_HASH, "after the wait");
        assertEq(posted.hashOf(HOME + 1, N), 0, "another chain");
        assertHash(N + 1, 0, "another block");
    }

    function test_L7_post_revert_forOthers() public {
        address[3] memory others = [GUARDIAN, THIEF, address(this)];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            posted.post(N, Recorded.BLOCK_HASH);
        }
    }

    /// @notice One guardian cannot keep a true hash from counting for longer than the suspension, however often he tries.
    function test_L7_retract_byOneGuardianEnds() public {
        post(N, Recorded.BLOCK_HASH);
        skip(WAIT);
        uint64 until = uint64(time()) + posted.SUSPENSION();
        vm.expectEmit(address(posted));
        emit PostedHashes.HashSuspended(N, Recorded.BLOCK_HASH, until, GUARDIAN);
        suspend(N);
        assertHash(N, 0, "suspended");
        (bytes32 hash, uint64 from) = posted.known(N);
        assertEq(hash, Recorded.BLOCK_HASH, "known");
        assertEq(from, until, "from");
        skip(1 days);
        bytes memory refusal = abi.encodeWithSelector(PostedHashes.PostedSuspended.selector, N, GUARDIAN);
        vm.expectRevert(refusal);
        suspend(N);
        post(N, Recorded.BLOCK_HASH);
        vm.warp(until - 1);
        assertHash(N, 0, "a second early");
        vm.warp(until);
        assertHash(N, Recorded.BLOCK_HASH, "counts again");
        vm.expectRevert(refusal);
        suspend(N);
        vm.prank(GUARDIAN2);
        posted.retract(N);
        assertHash(N, 0, "two guardians");
    }

    /// @notice A lying oracle is stopped by one guardian before its hash counts for a second, and by two for good.
    function test_L7_retract_beforeItCounts() public {
        post(N, keccak256("lie"));
        skip(WAIT - 1);
        suspend(N);
        skip(WAIT);
        assertHash(N, 0, "a suspended hash counts");
        vm.expectEmit(address(posted));
        emit PostedHashes.HashRetracted(N, keccak256("lie"), GUARDIAN2);
        vm.prank(GUARDIAN2);
        posted.retract(N);
        skip(WAIT);
        assertHash(N, 0, "a retracted hash counts");
        vm.expectRevert(abi.encodeWithSelector(PostedHashes.PostedUnknown.selector, N));
        suspend(N);
        post(N, Recorded.BLOCK_HASH);
        assertHash(N, 0, "waits anew");
        skip(WAIT);
        assertHash(N, Recorded.BLOCK_HASH, "the true one");
    }

    function test_L5_retract_atOnceOfWhatCounts() public {
        post(N, Recorded.BLOCK_HASH);
        skip(WAIT);
        retract(N);
        assertHash(N, 0, "still counts");
        (bytes32 hash, uint64 from) = posted.known(N);
        assertEq(hash, 0, "known");
        assertEq(from, 0, "from");
    }

    function test_retract_revert_forOthers() public {
        post(N, Recorded.BLOCK_HASH);
        authority.grantRole(Roles.GUARDIAN, THIEF, 1);
        address[3] memory others = [ORACLE, THIEF, address(this)];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            posted.retract(N);
        }
    }

    function test_post_revert_contradiction() public {
        post(N, Recorded.BLOCK_HASH);
        vm.expectRevert(
            abi.encodeWithSelector(PostedHashes.PostedContradicts.selector, N, keccak256("lie"), Recorded.BLOCK_HASH)
        );
        post(N, keccak256("lie"));
        vm.expectRevert(abi.encodeWithSelector(PostedHashes.PostedZero.selector, N));
        post(N, 0);
    }

    /// @notice The same hash again does not begin the wait anew.
    function test_post_againChangesNothing() public {
        post(N, Recorded.BLOCK_HASH);
        skip(WAIT);
        post(N, Recorded.BLOCK_HASH);
        assertHash(N, Recorded.BLOCK_HASH, "stopped counting");
    }

    // ------------------------------------------------------------------ ancestors

    function test_addAncestor_standsOnThePost() public {
        post(N, Recorded.BLOCK_HASH);
        skip(1 minutes);
        vm.expectEmit(address(posted));
        emit PostedHashes.AncestorAdded(N - 1, Recorded.PARENT_HASH, uint64(START + WAIT));
        posted.addAncestor(Recorded.HEADER);
        posted.addAncestor(Recorded.PARENT_HEADER);
        assertHash(N - 1, 0, "waits with the post");
        skip(WAIT - 1 minutes);
        assertHash(N - 1, Recorded.PARENT_HASH, "parent");
        assertHash(N - 2, Recorded.GRANDPARENT_HASH, "grandparent");
        posted.addAncestor(Recorded.HEADER);
        assertHash(N - 1, Recorded.PARENT_HASH, "once more");
    }

    function test_addAncestor_revert_unknownOrOther() public {
        vm.expectRevert(abi.encodeWithSelector(PostedHashes.PostedUnknown.selector, N));
        posted.addAncestor(Recorded.HEADER);
        post(N, keccak256("lie"));
        vm.expectRevert(
            abi.encodeWithSelector(PostedHashes.PostedHeaderOther.selector, N, Recorded.BLOCK_HASH, keccak256("lie"))
        );
        posted.addAncestor(Recorded.HEADER);
        vm.expectRevert(abi.encodeWithSelector(PostedHashes.PostedUnknown.selector, N - 1));
        posted.addAncestor(Recorded.PARENT_HEADER);
    }

    /// @notice However many blocks were added below a lie, one call takes all of them.
    function test_L7_retract_takesWhatStandsOnIt() public {
        post(N, Recorded.BLOCK_HASH);
        posted.addAncestor(Recorded.HEADER);
        posted.addAncestor(Recorded.PARENT_HEADER);
        skip(WAIT);
        retract(N);
        assertHash(N - 1, 0, "parent");
        assertHash(N - 2, 0, "grandparent");
        vm.expectRevert(abi.encodeWithSelector(PostedHashes.PostedUnknown.selector, N));
        posted.addAncestor(Recorded.HEADER);
        vm.expectRevert(abi.encodeWithSelector(PostedHashes.PostedUnknown.selector, N - 1));
        posted.addAncestor(Recorded.PARENT_HEADER);
    }

    /// @notice A block that two posts lead to falls with the first, and may be added again below the second.
    function test_retract_leavesOtherPosts() public {
        post(N - 1, Recorded.PARENT_HASH);
        post(N, Recorded.BLOCK_HASH);
        posted.addAncestor(Recorded.HEADER);
        retract(N - 1);
        skip(WAIT);
        assertHash(N, Recorded.BLOCK_HASH, "another post");
        assertHash(N - 1, 0, "retracted");
        posted.addAncestor(Recorded.HEADER);
        assertHash(N - 1, Recorded.PARENT_HASH, "below the other");
    }

    function test_addAncestor_revert_contradiction() public {
        post(N - 1, keccak256("lie"));
        post(N, Recorded.BLOCK_HASH);
        vm.expectRevert(
            abi.encodeWithSelector(
                PostedHashes.PostedContradicts.selector, N - 1, Recorded.PARENT_HASH, keccak256("lie")
            )
        );
        posted.addAncestor(Recorded.HEADER);
    }

    function test_addAncestor_revert_genesis() public {
        bytes[] memory fields = new bytes[](12);
        for (uint256 i; i < 12; ++i) {
            fields[i] = RLP.encode(uint256(0));
        }
        bytes memory header = RLP.encode(fields);
        post(0, keccak256(header));
        vm.expectRevert(PostedHashes.PostedGenesis.selector);
        posted.addAncestor(header);
    }

    function test_constructor_bounds() public {
        this.create(3 days);
        this.create(0);
        vm.expectRevert(abi.encodeWithSelector(PostedHashes.PostedWait.selector, 3 days + 1, 3 days));
        this.create(3 days + 1);
    }

    function create(uint64 wait) external {
        new PostedHashes(address(authority), HOME, wait);
    }

    // ------------------------------------------------------------------ together

    function test_valueAt_overPostedHashes() public {
        StateProofs proofs = new StateProofs(posted);
        bytes32 slot = keccak256(abi.encode(uint256(5), uint256(1)));
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.account(), Recorded.slotOfKey5());
        post(N, Recorded.BLOCK_HASH);
        vm.expectRevert(abi.encodeWithSelector(StateProofs.StateProofsBlockUnknown.selector, HOME, N));
        proofs.valueAt(HOME, p, Recorded.FULL, slot);
        skip(WAIT);
        proofs.valueAt(HOME, p, Recorded.FULL, slot);
        retract(N);
        vm.expectRevert(abi.encodeWithSelector(StateProofs.StateProofsBlockUnknown.selector, HOME, N));
        proofs.valueAt(HOME, p, Recorded.FULL, slot);
    }
}

/// @dev Stands in for the system contract of EIP-2935: answers with one hash for whatever block it knows.
contract History {
    fallback() external {
        uint256 number = abi.decode(msg.data, (uint256));
        require(number < block.number && block.number - number <= 8191);
        bytes memory answer = abi.encode(keccak256(abi.encode(number)));
        assembly ("memory-safe") {
            return(add(answer, 32), 32)
        }
    }
}

/// @notice A chain's own hashes: of its own chain, as far back as it keeps them, and never zero for true.
contract OwnHashesTest is Test {
    uint256 private constant HOME = 31337;
    OwnHashes private own;

    function setUp() public {
        vm.chainId(HOME);
        vm.roll(20_000);
        own = new OwnHashes();
    }

    function test_hashOf_recentBlocks() public {
        vm.setBlockhash(19_999, keccak256("a"));
        vm.setBlockhash(19_744, keccak256("b"));
        assertEq(own.hashOf(HOME, 19_999), keccak256("a"), "last");
        assertEq(own.hashOf(HOME, 19_744), keccak256("b"), "256 ago");
        assertEq(own.hashOf(HOME + 1, 19_999), 0, "another chain");
        assertEq(own.hashOf(HOME, 20_000), 0, "this block");
        assertEq(own.hashOf(HOME, 20_001), 0, "a future block");
        assertEq(own.hashOf(HOME, type(uint256).max), 0, "the last number");
    }

    function test_hashOf_fromTheHistory() public {
        vm.etch(0x0000F90827F1C53a10cb7A02335B175320002935, type(History).runtimeCode);
        assertEq(own.hashOf(HOME, 19_000), keccak256(abi.encode(19_000)), "1,000 ago");
        assertEq(own.hashOf(HOME, 11_809), keccak256(abi.encode(11_809)), "8,191 ago");
        assertEq(own.hashOf(HOME, 11_808), 0, "8,192 ago");
    }

    function test_hashOf_withoutTheHistory() public {
        vm.etch(0x0000F90827F1C53a10cb7A02335B175320002935, "");
        assertEq(own.hashOf(HOME, 19_000), 0, "a chain that keeps none");
    }

    /// @notice A real proof over the chain's own history.
    function test_valueAt_overOwnHashes() public {
        vm.roll(Recorded.NUMBER + 1);
        vm.setBlockhash(Recorded.NUMBER, Recorded.BLOCK_HASH);
        StateProofs proofs = new StateProofs(own);
        StateProof memory p = StateProof(Recorded.HEADER, Recorded.account(), Recorded.slotOfKey5());
        (bytes32 value,,) = proofs.valueAt(HOME, p, Recorded.FULL, keccak256(abi.encode(uint256(5), uint256(1))));
        assertEq(value, bytes32((uint256(5) << 200) + 1), "value");
        vm.setBlockhash(Recorded.NUMBER, keccak256("a fork"));
        vm.expectRevert();
        proofs.valueAt(HOME, p, Recorded.FULL, keccak256(abi.encode(uint256(5), uint256(1))));
    }
}
