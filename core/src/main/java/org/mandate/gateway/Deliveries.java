package org.mandate.gateway;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallData;
import org.mandate.chain.Hash;
import org.mandate.contracts.QuorumGateway;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;

/**
 * Finds deliveries in a transaction's call data: of the gateway itself, or as a contract passes
 * them on. The signatures there stay evidence, whatever else stands beside them.
 */
public final class Deliveries {
  /** In so many places of a transaction they are looked for. */
  private static final int MOST_PLACES = 64;

  private static final int MOST_BYTES = 1 << 17;
  private static final int MOST_ELEMENTS = 4_096;

  /** Of all messages of a delivery, which may share what they are made of. */
  private static final int MOST_BYTES_OF_ALL = 1 << 23;

  private static final int WORD = 32;
  private static final byte[] ONE;
  private static final byte[] MANY;

  static {
    QuorumGateway.Message none =
        MessageAbi.toGateway(
            new Message(BigInteger.ZERO, BigInteger.ZERO, Bytes.EMPTY, Bytes.EMPTY, Bytes.EMPTY));
    DynamicArray<Bytes32> hashes = new DynamicArray<>(Bytes32.class, List.of());
    ONE = selector(Abi.call(QuorumGateway.FUNC_DELIVER, none, hashes, DynamicBytes.DEFAULT));
    MANY =
        selector(
            Abi.call(
                QuorumGateway.FUNC_DELIVERMANY,
                new DynamicArray<>(QuorumGateway.Message.class, List.of(none)),
                hashes,
                new DynamicArray<>(Bool.class, List.of()),
                DynamicBytes.DEFAULT));
  }

  private Deliveries() {}

  /**
   * A message and who attests it.
   *
   * @param proof from its id up to the root that was signed
   */
  public record Delivery(Message message, List<Hash> proof, List<Attestation> attestations) {
    public Delivery {
      proof = List.copyOf(proof);
      attestations = List.copyOf(attestations);
    }
  }

  /** The delivery of that message; empty when the call data has none that can be read. */
  public static Optional<Delivery> in(Bytes input, Address gateway, Hash messageId) {
    CallData data = new CallData(input.bytes());
    return IntStream.range(0, data.bytes().length)
        .filter(at -> data.has(ONE, at) || data.has(MANY, at))
        .limit(MOST_PLACES)
        .boxed()
        .flatMap(at -> read(data, at, gateway, messageId).stream())
        .findFirst();
  }

  private static Optional<Delivery> read(CallData data, int call, Address gateway, Hash id) {
    try {
      int arguments = call + ONE.length;
      return data.has(ONE, call)
          ? one(data, arguments, gateway, id)
          : many(data, arguments, gateway, id);
    } catch (RuntimeException e) {
      return Optional.empty(); // not such a call, or none that can be read
    }
  }

  private static Optional<Delivery> one(CallData data, int arguments, Address gateway, Hash id) {
    Message message = message(data, data.place(arguments, arguments));
    if (!message.id(gateway).equals(id)) {
      return Optional.empty();
    }
    List<Hash> proof = hashes(data, data.place(arguments, arguments + WORD));
    Bytes signatures = data.dynamic(data.place(arguments, arguments + 2 * WORD), MOST_BYTES);
    return Optional.of(
        new Delivery(
            message, proof, Attestation.ofDelivery(MessageTree.root(id, proof), signatures)));
  }

  private static Optional<Delivery> many(CallData data, int arguments, Address gateway, Hash id) {
    int list = data.place(arguments, arguments);
    int count = data.length(list, MOST_ELEMENTS);
    List<Hash> ids = new ArrayList<>();
    Optional<Message> asked = Optional.empty();
    int size = 0;
    for (int i = 1; i <= count; i++) {
      Message message = message(data, data.place(list + WORD, list + i * WORD));
      size += message.sender().size() + message.recipient().size() + message.payload().size();
      if (size > MOST_BYTES_OF_ALL) {
        return Optional.empty(); // no block has the gas for it
      }
      ids.add(message.id(gateway));
      if (ids.getLast().equals(id)) {
        asked = Optional.of(message);
      }
    }
    if (asked.isEmpty()) {
      return Optional.empty();
    }
    List<Hash> proof = hashes(data, data.place(arguments, arguments + WORD));
    int flagsAt = data.place(arguments, arguments + 2 * WORD);
    List<Boolean> flags = new ArrayList<>();
    for (int i = 1; i <= data.length(flagsAt, MOST_ELEMENTS); i++) {
      flags.add(data.number(flagsAt + i * WORD).signum() != 0);
    }
    Bytes signatures = data.dynamic(data.place(arguments, arguments + 3 * WORD), MOST_BYTES);
    MessageTree.Multiproof all = new MessageTree.Multiproof(ids, proof, flags);
    List<Hash> way = way(all, ids.indexOf(id));
    Hash root = MessageTree.root(id, way);
    if (!root.equals(all.root())) {
      return Optional.empty();
    }
    return Optional.of(new Delivery(asked.get(), way, Attestation.ofDelivery(root, signatures)));
  }

  /**
   * One message's own way up, of a proof of many.
   *
   * @param index of the message in the proof
   */
  static List<Hash> way(MessageTree.Multiproof proof, int index) {
    List<Hash> queue = new ArrayList<>(proof.ids());
    int others = 0;
    int taken = 0;
    int at = index;
    List<Hash> way = new ArrayList<>();
    for (boolean known : proof.flags()) {
      int first = taken++;
      int second = known ? taken++ : -1;
      Hash left = queue.get(first);
      Hash right = known ? queue.get(second) : proof.proof().get(others++);
      if (at == first || known && at == second) {
        way.add(at == first ? right : left);
        at = queue.size();
      }
      queue.add(MessageTree.root(left, List.of(right)));
    }
    return way;
  }

  private static Message message(CallData data, int at) {
    return new Message(
        data.number(at),
        data.number(at + WORD),
        data.dynamic(data.place(at, at + 2 * WORD), MOST_BYTES),
        data.dynamic(data.place(at, at + 3 * WORD), MOST_BYTES),
        data.dynamic(data.place(at, at + 4 * WORD), MOST_BYTES));
  }

  private static List<Hash> hashes(CallData data, int at) {
    List<Hash> hashes = new ArrayList<>();
    for (int i = 1; i <= data.length(at, MOST_ELEMENTS); i++) {
      hashes.add(Hash.of("0x%064x".formatted(data.number(at + i * WORD))));
    }
    return hashes;
  }

  private static byte[] selector(byte[] call) {
    return Arrays.copyOf(call, 4);
  }
}
