package org.mandate.gateway;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
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
  /**
   * So many deliveries of one message are told of beside those of known signers: as many as anybody
   * has reason to make.
   */
  private static final int MOST_DELIVERIES = 64;

  private static final int MOST_BYTES = 1 << 17;
  private static final int MOST_ELEMENTS = 4_096;

  /** Of all messages of a delivery, which may share what they are made of. */
  private static final int MOST_BYTES_OF_ALL = 1 << 23;

  /** Of all messages of one transaction's deliveries, each read once wherever it is named. */
  private static final int MOST_BYTES_OF_TRANSACTION = 1 << 26;

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

  private final CallData data;
  private final Address gateway;
  private final Hash id;
  private final Map<Integer, Read> read = new HashMap<>();
  private int left = MOST_BYTES_OF_TRANSACTION;

  private Deliveries(CallData data, Address gateway, Hash id) {
    this.data = data;
    this.gateway = gateway;
    this.id = id;
  }

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

  /**
   * The deliveries of that message, the shortest proofs first; none when the call data has none
   * that can be read. Several: who delivers can put others, under anybody's signatures, beside the
   * one that the gateway took. All bring the same message.
   */
  public static List<Delivery> in(Bytes input, Address gateway, Hash messageId) {
    return in(input, gateway, messageId, attestation -> Optional.empty());
  }

  /**
   * As {@link #in(Bytes, Address, Hash)}; a delivery that a known signer attests, and none before
   * it, is told of however many others there are.
   *
   * @param known who made the attestation, if it is somebody whose word must not be missed
   */
  public static List<Delivery> in(
      Bytes input,
      Address gateway,
      Hash messageId,
      Function<Attestation, Optional<Address>> known) {
    CallData data = new CallData(input.bytes());
    Deliveries deliveries = new Deliveries(data, gateway, messageId);
    Set<Delivery> found = new LinkedHashSet<>();
    Set<Address> signers = new HashSet<>();
    int others = 0;
    for (int at = 0; at < input.size(); at++) {
      if (!data.has(ONE, at) && !data.has(MANY, at)) {
        continue;
      }
      Optional<Delivery> one = deliveries.read(at).filter(delivery -> !found.contains(delivery));
      if (one.isEmpty()) {
        continue;
      }
      List<Address> knownOnes =
          one.get().attestations().stream().flatMap(by -> known.apply(by).stream()).toList();
      if (signers.addAll(knownOnes) || others++ < MOST_DELIVERIES) {
        found.add(one.get());
      }
    }
    return found.stream()
        .sorted(Comparator.comparingInt(delivery -> delivery.proof().size()))
        .toList();
  }

  private Optional<Delivery> read(int call) {
    try {
      int arguments = call + ONE.length;
      return data.has(ONE, call) ? one(arguments) : many(arguments);
    } catch (RuntimeException e) {
      return Optional.empty(); // not such a call, or none that can be read
    }
  }

  private Optional<Delivery> one(int arguments) {
    Read one = message(data.place(arguments, arguments));
    if (!one.id().equals(id)) {
      return Optional.empty();
    }
    List<Hash> proof = hashes(data.place(arguments, arguments + WORD));
    Bytes signatures = data.dynamic(data.place(arguments, arguments + 2 * WORD), MOST_BYTES);
    return Optional.of(
        new Delivery(
            one.message(), proof, Attestation.ofDelivery(MessageTree.root(id, proof), signatures)));
  }

  private Optional<Delivery> many(int arguments) {
    int list = data.place(arguments, arguments);
    int count = data.length(list, MOST_ELEMENTS);
    List<Hash> ids = new ArrayList<>();
    Optional<Message> asked = Optional.empty();
    int size = 0;
    for (int i = 1; i <= count; i++) {
      Read one = message(data.place(list + WORD, list + i * WORD));
      size += size(one.message());
      if (size > MOST_BYTES_OF_ALL) {
        return Optional.empty(); // no block has the gas for it
      }
      ids.add(one.id());
      if (one.id().equals(id)) {
        asked = Optional.of(one.message());
      }
    }
    if (asked.isEmpty()) {
      return Optional.empty();
    }
    List<Hash> proof = hashes(data.place(arguments, arguments + WORD));
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

  /** A message and its id. */
  private record Read(Message message, Hash id) {}

  private Read message(int at) {
    Read known = read.get(at);
    if (known != null) {
      return known;
    }
    if (left < 0) {
      throw new IllegalArgumentException("more than one transaction has to deliver");
    }
    Message message =
        new Message(
            data.number(at),
            data.number(at + WORD),
            data.dynamic(data.place(at, at + 2 * WORD), MOST_BYTES),
            data.dynamic(data.place(at, at + 3 * WORD), MOST_BYTES),
            data.dynamic(data.place(at, at + 4 * WORD), MOST_BYTES));
    left -= 5 * WORD + size(message);
    Read first = new Read(message, message.id(gateway));
    read.put(at, first);
    return first;
  }

  private static int size(Message message) {
    return message.sender().size() + message.recipient().size() + message.payload().size();
  }

  private List<Hash> hashes(int at) {
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
