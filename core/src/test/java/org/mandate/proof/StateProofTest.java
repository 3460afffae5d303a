package org.mandate.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.OwnHashes;
import org.mandate.contracts.StateProofs;
import org.mandate.testing.Anvil;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

/** With a real node's proofs. */
class StateProofTest {
  /** {@code sstore(calldataload(0), calldataload(32))}. */
  private static final String STORE = "600880600b6000396000f36020356000355500";

  private static Anvil anvil;
  private static Address store;
  private static Block before;
  private static Block after;

  @BeforeAll
  static void write() {
    anvil = Anvil.start(31337);
    store = anvil.create(STORE, new byte[0]);
    before = anvil.client().head();
    for (int i = 1; i <= 40; i++) {
      anvil.send(store, Bytes.of(slot(i).hex() + value(i).hex().substring(2)));
    }
    anvil.send(store, Bytes.of(slot(7).hex() + Hash.ZERO.hex().substring(2)));
    after = anvil.client().head();
    anvil.send(store, Bytes.of(slot(1).hex() + value(99).hex().substring(2)));
  }

  @AfterAll
  static void stop() {
    anvil.close();
  }

  private static Hash slot(int i) {
    return Hash.of("0x" + "%064x".formatted(i));
  }

  /** Short ones, long ones, with leading zeros and without. */
  private static Hash value(int i) {
    return i % 3 == 0
        ? slot(i)
        : i % 3 == 1 ? Hash.keccak("value " + i) : Hash.of("0x80" + "00".repeat(30) + "01");
  }

  private static Prover prover() {
    return new Prover(anvil.client());
  }

  @Test
  void shouldProveWhatStoodThereWhenTheBlockEnded() {
    for (int i = 1; i <= 40; i++) {
      var shown = prover().prove(store, slot(i), after.hash());
      assertEquals(i == 7 ? Hash.ZERO : value(i), shown.proven().value(), "slot " + i);
      // Anvil keeps a slot that was set to zero, as zero; other nodes take it out.
      assertTrue(i == 7 || !shown.proven().absent());
      assertEquals(after.hash(), shown.proven().block().hash());
      assertEquals(after.parent(), shown.proven().block().parent());
      assertEquals(after.number(), shown.proven().block().number());
      assertEquals(after.timestamp(), shown.proven().block().timestamp());
    }
  }

  @Test
  void shouldProveThatNothingStandsThere() {
    var never = prover().prove(store, slot(1000), after.hash()).proven();
    assertTrue(never.absent());
    assertEquals(Hash.ZERO, never.value());
    var empty = prover().prove(store, slot(1), before.hash()).proven();
    assertTrue(empty.absent(), "a contract without storage");
    Address nobody = Address.of("0x" + "12".repeat(20));
    assertTrue(prover().prove(nobody, slot(1), after.hash()).proven().absent());
    var present = prover().prove(store, slot(1), after.hash()).proven();
    assertFalse(present.absent());
  }

  @Test
  void shouldRefuseWhenTheProofIsOfAnotherBlockAccountOrSlot() {
    StateProof proof = prover().prove(store, slot(1), after.hash()).proof();
    assertThrows(IllegalArgumentException.class, () -> proof.verify(before.hash(), store, slot(1)));
    Address other = Anvil.RICH.address();
    assertThrows(IllegalArgumentException.class, () -> proof.verify(after.hash(), other, slot(1)));
    assertThrows(IllegalArgumentException.class, () -> proof.verify(after.hash(), store, slot(2)));
    assertThrows(
        NodeException.class, () -> prover().prove(store, slot(1), Hash.keccak("no such block")));
  }

  /** The contracts read the same from the same proof, and what they refuse is refused here. */
  @Test
  void shouldBeReadByTheContractsAsItIsHere() {
    Address hashes = anvil.create(OwnHashes.BINARY, new byte[0]);
    Address proofs =
        anvil.create(
            StateProofs.BINARY, Abi.encode(new org.web3j.abi.datatypes.Address(hashes.hex())));
    BigInteger chainId = BigInteger.valueOf(31337);
    for (int i : new int[] {1, 2, 3, 4, 40}) {
      StateProof proof = prover().prove(store, slot(i), after.hash()).proof();
      List<Object> answer = valueAt(proofs, chainId, proof, slot(i));
      assertEquals(value(i), Hash.of((byte[]) answer.get(0)), "slot " + i);
      assertEquals(BigInteger.valueOf(after.timestamp().getEpochSecond()), answer.get(1));
      assertEquals(BigInteger.valueOf(after.number()), answer.get(2));
      assertThrows(CallRevertedException.class, () -> valueAt(proofs, chainId, proof, slot(i + 1)));
      assertThrows(
          CallRevertedException.class,
          () -> valueAt(proofs, BigInteger.ONE, proof, slot(i)),
          "of another chain");
    }
    StateProof absent = prover().prove(store, slot(1000), after.hash()).proof();
    assertThrows(CallRevertedException.class, () -> valueAt(proofs, chainId, absent, slot(1000)));
    StateProof honest = prover().prove(store, slot(1), after.hash()).proof();
    Random random = new Random(2);
    for (int round = 0; round < 30; round++) {
      StateProof altered =
          new StateProof(
              honest.header(), honest.accountProof(), altered(honest.storageProof(), random));
      assertThrows(CallRevertedException.class, () -> valueAt(proofs, chainId, altered, slot(1)));
    }
  }

  private static List<Object> valueAt(
      Address proofs, BigInteger chainId, StateProof proof, Hash slot) {
    byte[] answer =
        anvil
            .client()
            .call(
                proofs,
                Abi.call(
                    StateProofs.FUNC_VALUEAT,
                    new Uint256(chainId),
                    ProofAbi.toContract(proof),
                    new org.web3j.abi.datatypes.Address(store.hex()),
                    new Bytes32(slot.bytes())));
    return Abi.decode(
        answer,
        new TypeReference<Bytes32>() {},
        new TypeReference<Uint256>() {},
        new TypeReference<Uint256>() {});
  }

  /** Every byte of every part changed; parts left out, doubled, swapped. */
  @Test
  void L7_shouldRefuseEveryAlteredProof() {
    StateProof honest = prover().prove(store, slot(1), after.hash()).proof();
    Random random = new Random(1);
    refuse(
        new StateProof(
            changed(honest.header(), random), honest.accountProof(), honest.storageProof()));
    for (int round = 0; round < 400; round++) {
      refuse(
          new StateProof(
              honest.header(), altered(honest.accountProof(), random), honest.storageProof()));
      refuse(
          new StateProof(
              honest.header(), honest.accountProof(), altered(honest.storageProof(), random)));
    }
    refuse(new StateProof(honest.header(), honest.accountProof(), List.of()));
    refuse(new StateProof(honest.header(), List.of(), honest.storageProof()));
    refuse(new StateProof(Bytes.EMPTY, honest.accountProof(), honest.storageProof()));
    StateProof later = prover().prove(store, slot(1), anvil.client().head().hash()).proof();
    refuse(new StateProof(honest.header(), later.accountProof(), later.storageProof()));
    refuse(new StateProof(honest.header(), honest.accountProof(), later.storageProof()));
  }

  private static void refuse(StateProof proof) {
    assertThrows(IllegalArgumentException.class, () -> proof.verify(after.hash(), store, slot(1)));
  }

  private static List<Bytes> altered(List<Bytes> nodes, Random random) {
    List<Bytes> out = new ArrayList<>(nodes);
    int at = random.nextInt(out.size());
    switch (random.nextInt(8)) {
      case 0 -> out.remove(at);
      case 1 -> out.add(at, out.get(at));
      case 2 -> out.add(Bytes.of(new byte[] {(byte) 0x80}));
      case 3 -> {
        if (out.size() > 1) {
          Collections.swap(out, at, (at + 1) % out.size());
        } else {
          out.clear();
        }
      }
      default -> out.set(at, changed(out.get(at), random));
    }
    return out;
  }

  private static Bytes changed(Bytes bytes, Random random) {
    byte[] out = bytes.bytes();
    out[random.nextInt(out.length)] ^= (byte) (1 + random.nextInt(255));
    return Bytes.of(out);
  }
}
