package org.mandate.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Hash;
import org.mandate.contracts.QuorumGateway;
import org.mandate.gateway.MessageTree.Multiproof;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.testing.Anvil;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

/** What is computed here beside what the gateway computes. */
class DeliveryTest {
  private static final long HERE = 31338;
  private static final BigInteger SOURCE = BigInteger.valueOf(31337);
  private static final List<PrivateKeySigner> RELAYERS =
      IntStream.rangeClosed(1, 3)
          .mapToObj(key -> new PrivateKeySigner(BigInteger.valueOf(key)))
          .sorted(Comparator.comparing(PrivateKeySigner::address))
          .toList();

  private static Anvil anvil;
  private static Address gateway;
  private static Address recipient;

  @BeforeAll
  static void deploy() {
    anvil = Anvil.start(HERE);
    gateway =
        anvil.create(
            QuorumGateway.BINARY,
            Abi.encode(
                new org.web3j.abi.datatypes.Address(Anvil.RICH.address().hex()),
                new Uint256(SOURCE),
                new DynamicArray<>(
                    org.web3j.abi.datatypes.Address.class,
                    RELAYERS.stream()
                        .map(r -> new org.web3j.abi.datatypes.Address(r.address().hex()))
                        .toList()),
                new Uint256(2)));
    // Answers every call with the selector that a recipient answers with.
    String selector = Hash.keccak("receiveMessage(bytes32,bytes,bytes)").hex().substring(2, 10);
    recipient =
        anvil.create("601080600b6000396000f363" + selector + "60e01b60005260206000f3", new byte[0]);
  }

  @AfterAll
  static void stop() {
    anvil.close();
  }

  private static Message message(long nonce) {
    return new Message(
        SOURCE,
        BigInteger.valueOf(nonce),
        new InteroperableAddress(SOURCE, recipient).encode(),
        new InteroperableAddress(BigInteger.valueOf(HERE), recipient).encode(),
        Bytes.of("0x" + "ab".repeat((int) (nonce % 50))));
  }

  private static AttestationDomain domain() {
    return new AttestationDomain(SOURCE, gateway);
  }

  private static Bytes signed(Hash root, int... relayers) {
    return Attestation.forDelivery(
        domain(),
        IntStream.of(relayers)
            .mapToObj(i -> Attestation.sign(domain(), root, RELAYERS.get(i)))
            .toList());
  }

  @Test
  void shouldSignTheDigestThatTheGatewayComputes() {
    for (Hash root : List.of(Hash.ZERO, Hash.keccak("root"), message(7).id(gateway))) {
      byte[] answer = call(QuorumGateway.FUNC_ATTESTATIONDIGEST, new Bytes32(root.bytes()));
      assertEquals(
          Hash.of((byte[]) Abi.decode(answer, new TypeReference<Bytes32>() {}).getFirst()),
          Attestation.digest(domain(), root));
    }
  }

  @Test
  void shouldLeadTheGatewayFromEveryMessageToTheRoot() {
    for (int size : new int[] {1, 2, 3, 5, 8, 13, 33}) {
      MessageTree tree =
          MessageTree.over(IntStream.range(0, size).mapToObj(i -> message(i).id(gateway)).toList());
      Bytes signatures = signed(tree.root(), 0, 2);
      for (Hash id : tree.ids()) {
        assertArrayEquals(new long[] {2, 2, 3}, verify(id, tree.proof(id), signatures));
      }
      Hash id = tree.ids().getFirst();
      assertArrayEquals(
          new long[] {3, 2, 3}, verify(id, tree.proof(id), signed(tree.root(), 0, 1, 2)));
      if (size > 1) {
        assertThrows(
            CallRevertedException.class,
            () -> verify(tree.ids().get(1), tree.proof(id), signatures));
      }
      assertThrows(
          CallRevertedException.class, () -> verify(id, tree.proof(id), signed(tree.root(), 1)));
    }
  }

  /** The signatures of a message's id alone, as they were before there were roots. */
  @Test
  void L3_shouldBeRefusedWhenAnIdIsSignedInsteadOfItsDigest() {
    Hash id = message(1).id(gateway);
    byte[] out = new byte[128];
    System.arraycopy(RELAYERS.get(0).sign(id).compact(), 0, out, 0, 64);
    System.arraycopy(RELAYERS.get(1).sign(id).compact(), 0, out, 64, 64);
    assertThrows(CallRevertedException.class, () -> verify(id, List.of(), Bytes.of(out)));
  }

  @Test
  void shouldDeliverAnyMessagesOfATree() {
    Random random = new Random(1);
    for (int size : new int[] {1, 2, 3, 4, 7, 16, 31}) {
      List<Message> all = IntStream.range(100, 100 + size).mapToObj(DeliveryTest::message).toList();
      MessageTree tree = MessageTree.over(all.stream().map(m -> m.id(gateway)).toList());
      for (int round = 0; round < 6; round++) {
        List<Message> some =
            new ArrayList<>(all.stream().filter(m -> random.nextInt(3) > 0).toList());
        if (some.isEmpty()) {
          some.add(all.getFirst());
        }
        Multiproof proof = tree.multiproof(some.stream().map(m -> m.id(gateway)).toList());
        // In the proof's order.
        some.sort(Comparator.comparingInt(m -> proof.ids().indexOf(m.id(gateway))));
        assertEquals(
            some.stream().map(m -> true).toList(),
            deliverMany(some, proof, signed(tree.root(), 0, 1)));
        var turned = some.reversed();
        var other =
            new Multiproof(
                turned.stream().map(m -> m.id(gateway)).toList(), proof.proof(), proof.flags());
        if (!other.root().equals(tree.root())) { // two siblings have no order
          assertThrows(
              CallRevertedException.class,
              () -> deliverMany(turned, proof, signed(tree.root(), 0, 1)));
        }
      }
    }
  }

  @Test
  void L3_shouldProveWhatTheGatewaySent() {
    byte[] to = new InteroperableAddress(SOURCE, recipient).encode().bytes();
    anvil.send(
        gateway,
        Bytes.of(
            Abi.call(
                QuorumGateway.FUNC_SENDMESSAGE,
                new DynamicBytes(to),
                new DynamicBytes(new byte[] {1}),
                new DynamicArray<>(DynamicBytes.class))));
    Message sent =
        new Message(
            BigInteger.valueOf(HERE),
            BigInteger.ONE,
            new InteroperableAddress(BigInteger.valueOf(HERE), Anvil.RICH.address()).encode(),
            Bytes.of(to),
            Bytes.of("0x01"));
    Hash block = anvil.client().head().hash();
    Prover prover = new Prover(anvil.client());
    assertEquals(
        sent.id(gateway),
        prover.prove(gateway, Slots.sent(BigInteger.ONE), block).proven().value());
    assertEquals(
        new Hash("0x" + "%064x".formatted(2)),
        prover.prove(gateway, Slots.NEXT_NONCE, block).proven().value());
  }

  private static long[] verify(Hash id, List<Hash> proof, Bytes signatures) {
    byte[] answer =
        call(
            QuorumGateway.FUNC_VERIFY,
            new Bytes32(id.bytes()),
            hashes(proof),
            new DynamicBytes(signatures.bytes()));
    return Abi.decode(
            answer,
            new TypeReference<Uint256>() {},
            new TypeReference<Uint256>() {},
            new TypeReference<Uint256>() {})
        .stream()
        .mapToLong(value -> ((BigInteger) value).longValueExact())
        .toArray();
  }

  private static List<Boolean> deliverMany(
      List<Message> messages, Multiproof proof, Bytes signatures) {
    byte[] answer =
        call(
            QuorumGateway.FUNC_DELIVERMANY,
            new DynamicArray<>(
                QuorumGateway.Message.class, messages.stream().map(MessageAbi::toGateway).toList()),
            hashes(proof.proof()),
            new DynamicArray<>(Bool.class, proof.flags().stream().map(Bool::new).toList()),
            new DynamicBytes(signatures.bytes()));
    List<?> accepted =
        (List<?>) Abi.decode(answer, new TypeReference<DynamicArray<Bool>>() {}).getFirst();
    return accepted.stream().map(one -> ((Bool) one).getValue()).toList();
  }

  private static DynamicArray<Bytes32> hashes(List<Hash> hashes) {
    return new DynamicArray<>(
        Bytes32.class, hashes.stream().map(hash -> new Bytes32(hash.bytes())).toList());
  }

  private static byte[] call(String function, org.web3j.abi.datatypes.Type<?>... arguments) {
    return anvil.client().call(gateway, Abi.call(function, arguments));
  }
}
