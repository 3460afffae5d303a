package org.mandate.relayer.work;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.QuorumGateway;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageTree;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;

/** Reads what a transaction handed to the gateway: messages, the way to their root, signatures. */
final class Deliveries {
  private static final int SELECTOR = 4;
  private static final String TUPLE = "(uint256,uint256,bytes,bytes,bytes)";
  private static final String ONE = selector("deliver(" + TUPLE + ",bytes32[],bytes)");
  private static final String MANY =
      selector("deliverMany(" + TUPLE + "[],bytes32[],bool[],bytes)");

  private Deliveries() {}

  private static String selector(String signature) {
    return Hash.keccak(signature).hex().substring(0, 2 + 2 * SELECTOR);
  }

  /**
   * A message as it was delivered.
   *
   * @param proof from its id to the root
   * @param attestations under that root
   */
  record Delivery(Message message, List<Hash> proof, List<Attestation> attestations) {
    Delivery {
      proof = List.copyOf(proof);
      attestations = List.copyOf(attestations);
    }
  }

  /**
   * The message with that id in a call of the gateway; empty when the call is another one or does
   * not hold it.
   */
  static Optional<Delivery> find(Bytes input, Hash id, Address gateway) {
    byte[] bytes = input.bytes();
    if (bytes.length < SELECTOR) return Optional.empty();
    String selector = input.hex().substring(0, 2 + 2 * SELECTOR);
    byte[] arguments = Arrays.copyOfRange(bytes, SELECTOR, bytes.length);
    try {
      if (selector.equals(ONE)) return one(arguments, id, gateway);
      if (selector.equals(MANY)) return many(arguments, id, gateway);
    } catch (IllegalArgumentException | ClassCastException e) {
      // Nothing that the gateway would have taken.
    }
    return Optional.empty();
  }

  private static Optional<Delivery> one(byte[] arguments, Hash id, Address gateway) {
    List<Object> values =
        Abi.decode(
            arguments,
            new TypeReference<QuorumGateway.Message>() {},
            new TypeReference<DynamicArray<Bytes32>>() {},
            new TypeReference<DynamicBytes>() {});
    Message message = message(values.get(0));
    if (!message.id(gateway).equals(id)) return Optional.empty();
    List<Hash> proof = hashes(values.get(1));
    Hash root = MessageTree.root(id, proof);
    return Optional.of(new Delivery(message, proof, attestations(root, values.get(2))));
  }

  private static Optional<Delivery> many(byte[] arguments, Hash id, Address gateway) {
    List<Object> values =
        Abi.decode(
            arguments,
            new TypeReference<DynamicArray<QuorumGateway.Message>>() {},
            new TypeReference<DynamicArray<Bytes32>>() {},
            new TypeReference<DynamicArray<Bool>>() {},
            new TypeReference<DynamicBytes>() {});
    List<Message> messages = ((List<?>) values.get(0)).stream().map(Deliveries::message).toList();
    List<Hash> ids = messages.stream().map(m -> m.id(gateway)).toList();
    if (!ids.contains(id)) return Optional.empty();
    List<Boolean> flags =
        ((List<?>) values.get(2))
            .stream().map(f -> f instanceof Bool b ? b.getValue() : (Boolean) f).toList();
    MessageTree.Multiproof proof = new MessageTree.Multiproof(ids, hashes(values.get(1)), flags);
    Hash root = proof.root();
    return Optional.of(
        new Delivery(
            messages.get(ids.indexOf(id)),
            way(proof, ids.indexOf(id)),
            attestations(root, values.get(3))));
  }

  /** One message's own way to the root, out of that of all together. */
  private static List<Hash> way(MessageTree.Multiproof proof, int index) {
    record Node(Hash hash, boolean isOn) {}
    Deque<Node> queue = new ArrayDeque<>();
    for (int i = 0; i < proof.ids().size(); i++)
      queue.add(new Node(proof.ids().get(i), i == index));
    Deque<Hash> others = new ArrayDeque<>(proof.proof());
    List<Hash> way = new ArrayList<>();
    for (boolean known : proof.flags()) {
      Node first = queue.remove();
      Node second = known ? queue.remove() : new Node(others.remove(), false);
      if (first.isOn()) way.add(second.hash());
      if (second.isOn()) way.add(first.hash());
      queue.add(
          new Node(
              MessageTree.root(first.hash(), List.of(second.hash())),
              first.isOn() || second.isOn()));
    }
    return way;
  }

  private static Message message(Object value) {
    QuorumGateway.Message m = (QuorumGateway.Message) value;
    return new Message(
        m.sourceChainId, m.nonce, Bytes.of(m.sender), Bytes.of(m.recipient), Bytes.of(m.payload));
  }

  private static List<Hash> hashes(Object value) {
    return ((List<?>) value)
        .stream().map(h -> Hash.of(h instanceof Bytes32 b ? b.getValue() : (byte[]) h)).toList();
  }

  private static List<Attestation> attestations(Hash root, Object signatures) {
    byte[] bytes = signatures instanceof DynamicBytes b ? b.getValue() : (byte[]) signatures;
    return Attestation.ofDelivery(root, Bytes.of(bytes));
  }
}
