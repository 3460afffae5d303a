package org.mandate.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.QuorumGateway;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;

/** What is left of a delivery as evidence: a message, a way up, and signatures. */
class DeliveriesTest {
  private static final Address GATEWAY = Address.of("0x%040x".formatted(0x6a7e));
  private static final AttestationDomain DOMAIN = new AttestationDomain(BigInteger.ONE, GATEWAY);
  private static final List<PrivateKeySigner> RELAYERS =
      List.of(new PrivateKeySigner(BigInteger.TWO), new PrivateKeySigner(BigInteger.TEN));

  private final Random random = new Random(7);

  @Test
  void L7_shouldFindTheEvidenceInADeliveryOfOne() {
    List<Message> messages = messages(5);
    MessageTree tree = tree(messages);
    Message message = messages.get(3);
    Hash id = message.id(GATEWAY);
    byte[] call = delivery(message, tree.proof(id), signatures(tree.root()));
    assertProves(message, tree.root(), Deliveries.in(Bytes.of(call), GATEWAY, id));
    assertEquals(
        List.of(), Deliveries.in(Bytes.of(call), GATEWAY, messages.getFirst().id(GATEWAY)));
    byte[] passedOn = new byte[call.length + 71];
    System.arraycopy(call, 0, passedOn, 68, call.length);
    assertProves(message, tree.root(), Deliveries.in(Bytes.of(passedOn), GATEWAY, id));
  }

  /** What a contract passes on may hold, before the call itself, whatever the liars like. */
  @Test
  void L7_shouldFindTheSignersBehindDecoys() {
    List<Message> messages = messages(5);
    MessageTree tree = tree(messages);
    Message message = messages.get(3);
    Hash id = message.id(GATEWAY);
    PrivateKeySigner stranger = new PrivateKeySigner(BigInteger.valueOf(99));
    Bytes strangers =
        Attestation.forDelivery(DOMAIN, List.of(Attestation.sign(DOMAIN, id, stranger)));
    byte[] others = delivery(messages.getFirst(), List.of(), strangers);
    byte[] decoy = delivery(message, List.of(), strangers);
    byte[] real = delivery(message, tree.proof(id), signatures(tree.root()));
    ByteArrayOutputStream input = new ByteArrayOutputStream();
    for (int i = 0; i < 200; i++) {
      input.write(real, 0, 4);
    }
    for (int i = 0; i < 200; i++) {
      input.writeBytes(others);
    }
    input.writeBytes(decoy);
    input.writeBytes(decoy);
    input.writeBytes(real);
    List<Deliveries.Delivery> found = Deliveries.in(Bytes.of(input.toByteArray()), GATEWAY, id);
    assertEquals(List.of(message, message), found.stream().map(one -> one.message()).toList());
    assertEquals(List.of(stranger.address()), signers(found.getFirst()));
    assertProves(message, tree.root(), found.subList(1, 2));
  }

  /** As many decoys as one likes, each of another root, and of the same large message. */
  @Test
  void L7_shouldFindTheKnownSignersBehindAnyNumberOfDecoys() {
    Message some = messages(1).getFirst();
    Message message =
        new Message(
            some.sourceChainId(),
            some.nonce(),
            some.sender(),
            some.recipient(),
            Bytes.of(new byte[1 << 17]));
    Hash id = message.id(GATEWAY);
    byte[] real = delivery(message, List.of(), signatures(id));
    int decoys = 1_000;
    int size = 4 + 5 * 32;
    byte[] input = new byte[decoys * size + real.length];
    System.arraycopy(real, 0, input, decoys * size, real.length);
    int struct = decoys * size + 4 + 3 * 32;
    for (int i = 0; i < decoys; i++) {
      int arguments = i * size + 4;
      System.arraycopy(real, 0, input, i * size, 4);
      word(input, arguments, struct - arguments);
      word(input, arguments + 32, 3 * 32); // a proof of one hash, which is another each time
      word(input, arguments + 64, input.length - 40_000 - arguments); // zeros: no signatures
      word(input, arguments + 96, 1);
      word(input, arguments + 128, i);
    }
    Set<Address> relayers =
        RELAYERS.stream().map(PrivateKeySigner::address).collect(Collectors.toSet());
    List<Deliveries.Delivery> found =
        Deliveries.in(
            Bytes.of(input), GATEWAY, id, by -> by.signer(DOMAIN).filter(relayers::contains));
    assertEquals(65, found.size());
    assertEquals(RELAYERS.size(), signers(found.getFirst()).size(), "its proof is the shortest");
    assertEquals(64, Deliveries.in(Bytes.of(input), GATEWAY, id).size());
  }

  private static void word(byte[] input, int at, int value) {
    System.arraycopy(Bytes.of("0x%064x".formatted(value)).bytes(), 0, input, at, 32);
  }

  /** Whoever makes every relayer read it pays for each byte once. */
  @Test
  void L7_whatSharesItsBytesManyTimesIsReadSoFar() {
    int places = 4_000;
    byte[] payload = new byte[1 << 17];
    Message message = messages(1).getFirst();
    Message large =
        new Message(
            message.sourceChainId(),
            message.nonce(),
            message.sender(),
            message.recipient(),
            Bytes.of(payload));
    byte[] call = delivery(large, List.of(), Bytes.EMPTY);
    byte[] input = new byte[36 * places + call.length];
    System.arraycopy(call, 0, input, 36 * places, call.length);
    int struct = 36 * places + 4 + 3 * 32;
    for (int i = 0; i < places; i++) {
      System.arraycopy(call, 0, input, 36 * i, 4);
      byte[] offset = Bytes.of("0x%064x".formatted(struct - 36 * i - 4)).bytes();
      System.arraycopy(offset, 0, input, 36 * i + 4, offset.length);
    }
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () ->
            assertEquals(
                List.of(), Deliveries.in(Bytes.of(input), GATEWAY, Hash.keccak("another"))));
  }

  @Test
  void L7_shouldFindTheEvidenceOfEachMessageOfABatch() {
    for (int size = 1; size < 20; size++) {
      List<Message> messages = messages(size);
      MessageTree tree = tree(messages);
      List<Message> some =
          messages.stream()
              .filter(one -> random.nextBoolean() || one == messages.getFirst())
              .toList();
      Bytes call = batch(tree, some);
      for (Message message : messages) {
        List<Deliveries.Delivery> found = Deliveries.in(call, GATEWAY, message.id(GATEWAY));
        if (some.contains(message)) {
          assertProves(message, tree.root(), found);
        } else {
          assertEquals(List.of(), found);
        }
      }
    }
  }

  @Test
  void L7_shouldFindNothingInWhatCannotBeRead() {
    List<Message> messages = messages(4);
    Bytes call = batch(tree(messages), messages);
    Hash id = messages.getFirst().id(GATEWAY);
    for (int length = 0; length < call.size() - 64; length += 7) {
      assertEquals(
          List.of(), Deliveries.in(Bytes.of(Arrays.copyOf(call.bytes(), length)), GATEWAY, id));
    }
    for (int at = 0; at < call.size(); at++) {
      byte[] altered = call.bytes().clone();
      altered[at] ^= (byte) 0xff;
      Deliveries.in(Bytes.of(altered), GATEWAY, id)
          .forEach(found -> assertEquals(id, found.message().id(GATEWAY)));
    }
  }

  @Test
  void L11_lengthsThatAreNotThereAreRefusedWhereverTheyStand() {
    List<Message> messages = messages(3);
    Bytes call = batch(tree(messages), messages);
    byte[] huge = Bytes.of("0x%064x".formatted(Integer.MAX_VALUE)).bytes();
    for (Message message : messages) {
      for (int at = 4; at + huge.length <= call.size(); at += huge.length) {
        byte[] altered = call.bytes().clone();
        System.arraycopy(huge, 0, altered, at, huge.length);
        Deliveries.in(Bytes.of(altered), GATEWAY, message.id(GATEWAY))
            .forEach(found -> assertEquals(message, found.message()));
      }
    }
  }

  private static void assertProves(Message message, Hash root, List<Deliveries.Delivery> found) {
    assertEquals(1, found.size());
    Deliveries.Delivery only = found.getFirst();
    assertEquals(message, only.message());
    assertEquals(root, MessageTree.root(message.id(GATEWAY), only.proof()));
    assertEquals(RELAYERS.stream().map(PrivateKeySigner::address).sorted().toList(), signers(only));
  }

  private static List<Address> signers(Deliveries.Delivery delivery) {
    return delivery.attestations().stream().map(one -> one.signer(DOMAIN).orElseThrow()).toList();
  }

  private static byte[] delivery(Message message, List<Hash> proof, Bytes signatures) {
    return Abi.call(
        QuorumGateway.FUNC_DELIVER,
        MessageAbi.toGateway(message),
        hashes(proof),
        new DynamicBytes(signatures.bytes()));
  }

  private static Bytes batch(MessageTree tree, List<Message> messages) {
    MessageTree.Multiproof proof =
        tree.multiproof(messages.stream().map(message -> message.id(GATEWAY)).toList());
    return Bytes.of(
        Abi.call(
            QuorumGateway.FUNC_DELIVERMANY,
            new DynamicArray<>(
                QuorumGateway.Message.class,
                proof.ids().stream()
                    .map(
                        id ->
                            messages.stream()
                                .filter(message -> message.id(GATEWAY).equals(id))
                                .findFirst()
                                .orElseThrow())
                    .map(MessageAbi::toGateway)
                    .toList()),
            hashes(proof.proof()),
            new DynamicArray<>(Bool.class, proof.flags().stream().map(Bool::new).toList()),
            new DynamicBytes(signatures(tree.root()).bytes())));
  }

  private static Bytes signatures(Hash root) {
    return Attestation.forDelivery(
        DOMAIN, RELAYERS.stream().map(key -> Attestation.sign(DOMAIN, root, key)).toList());
  }

  private static DynamicArray<Bytes32> hashes(List<Hash> hashes) {
    return new DynamicArray<>(
        Bytes32.class, hashes.stream().map(hash -> new Bytes32(hash.bytes())).toList());
  }

  private static MessageTree tree(List<Message> messages) {
    return MessageTree.over(messages.stream().map(message -> message.id(GATEWAY)).toList());
  }

  private List<Message> messages(int count) {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] payload = new byte[random.nextInt(100)];
      random.nextBytes(payload);
      messages.add(
          new Message(
              BigInteger.ONE,
              BigInteger.valueOf(i),
              new InteroperableAddress(BigInteger.ONE, GATEWAY).encode(),
              new InteroperableAddress(BigInteger.valueOf(2 + i % 2), GATEWAY).encode(),
              Bytes.of(payload)));
    }
    return messages;
  }
}
