package org.mandate.cli.relayers;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.Chain;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.contracts.QuorumGateway;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageTree;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;

/**
 * What a transaction to a gateway carried: messages, and who vouches for the root above them all.
 *
 * @param signatures of those in {@code signers}, as the gateway takes them
 * @param signers in the order of their signatures
 */
public record Delivery(List<Carried> messages, Hash root, Bytes signatures, List<Address> signers) {
  private static final int SELECTOR = 4;
  private static final String MESSAGE = "(uint256,uint256,bytes,bytes,bytes)";
  private static final String ONE = selector("deliver(" + MESSAGE + ",bytes32[],bytes)");
  private static final String MANY =
      selector("deliverMany(" + MESSAGE + "[],bytes32[],bool[],bytes)");

  /**
   * A message.
   *
   * @param proof its own way up to the root
   */
  public record Carried(Hash id, Message message, List<Hash> proof) {}

  /**
   * Reads what a transaction delivered.
   *
   * @throws Failure if it delivered nothing, or the node does not show it
   */
  public static Delivery in(Chain chain, Hash transaction) {
    var input =
        chain
            .client()
            .transaction(transaction)
            .orElseThrow(
                () ->
                    new Failure(
                        ExitCode.UNREACHABLE,
                        "the node of chain %s does not show transaction %s"
                            .formatted(chain.deployment().chainId(), transaction)))
            .input();
    return read(AttestationDomain.of(chain.deployment()), input.hex());
  }

  /**
   * One of the messages.
   *
   * @throws Failure if it is not among them
   */
  public Carried carried(Hash id) {
    return messages.stream()
        .filter(one -> one.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.REFUSED,
                    "message %s came through another gateway than ours: only what ours delivered can be shown"
                        .formatted(id)));
  }

  /**
   * Reads a transaction's input.
   *
   * @throws Failure if it delivers nothing
   */
  public static Delivery read(AttestationDomain domain, String input) {
    try {
      var bytes = Bytes.of(input).bytes();
      if (input.startsWith(ONE)) {
        return one(domain, Arrays.copyOfRange(bytes, SELECTOR, bytes.length));
      }
      if (input.startsWith(MANY)) {
        return many(domain, Arrays.copyOfRange(bytes, SELECTOR, bytes.length));
      }
    } catch (IllegalArgumentException e) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "the transaction delivers no messages that can be read: " + e.getMessage());
    }
    throw new Failure(
        ExitCode.CONFIGURATION,
        "the transaction calls neither deliver nor deliverMany of the gateway: give the one that"
            + " delivered");
  }

  private static Delivery one(AttestationDomain domain, byte[] arguments) {
    var values =
        Abi.decode(
            arguments,
            new TypeReference<QuorumGateway.Message>() {},
            new TypeReference<DynamicArray<Bytes32>>() {},
            new TypeReference<DynamicBytes>() {});
    var message = message(values.get(0));
    var proof = hashes(values.get(1));
    var id = message.id(domain.gateway());
    return of(
        domain,
        List.of(new Carried(id, message, proof)),
        MessageTree.root(id, proof),
        Bytes.of((byte[]) values.get(2)));
  }

  private static Delivery many(AttestationDomain domain, byte[] arguments) {
    var values =
        Abi.decode(
            arguments,
            new TypeReference<DynamicArray<QuorumGateway.Message>>() {},
            new TypeReference<DynamicArray<Bytes32>>() {},
            new TypeReference<DynamicArray<Bool>>() {},
            new TypeReference<DynamicBytes>() {});
    var messages = ((List<?>) values.get(0)).stream().map(Delivery::message).toList();
    var ids = messages.stream().map(one -> one.id(domain.gateway())).toList();
    var flags = ((List<?>) values.get(2)).stream().map(one -> ((Bool) one).getValue()).toList();
    var together = new MessageTree.Multiproof(ids, hashes(values.get(1)), flags);
    var root = together.root();
    var ways = ways(together);
    var carried = new ArrayList<Carried>();
    for (int i = 0; i < messages.size(); i++) {
      carried.add(new Carried(ids.get(i), messages.get(i), ways.get(i)));
    }
    return of(domain, carried, root, Bytes.of((byte[]) values.get(3)));
  }

  /** Each message's own way up, out of the way that they go together. */
  private static List<List<Hash>> ways(MessageTree.Multiproof together) {
    var count = together.ids().size();
    var nodes = new ArrayList<>(together.ids());
    Map<Integer, Integer> parents = new HashMap<>();
    Map<Integer, Hash> siblings = new HashMap<>();
    var next = 0;
    var proof = together.proof().iterator();
    for (boolean known : together.flags()) {
      var first = next++;
      var parent = nodes.size();
      Hash other;
      if (known) {
        var second = next++;
        other = nodes.get(second);
        parents.put(second, parent);
        siblings.put(second, nodes.get(first));
      } else {
        other = proof.next();
      }
      parents.put(first, parent);
      siblings.put(first, other);
      nodes.add(MessageTree.root(nodes.get(first), List.of(other)));
    }
    var ways = new ArrayList<List<Hash>>();
    for (int i = 0; i < count; i++) {
      var way = new ArrayList<Hash>();
      for (Integer at = i; parents.containsKey(at); at = parents.get(at)) {
        way.add(siblings.get(at));
      }
      ways.add(List.copyOf(way));
    }
    return ways;
  }

  private static Delivery of(
      AttestationDomain domain, List<Carried> messages, Hash root, Bytes signatures) {
    var signers =
        Attestation.ofDelivery(root, signatures).stream()
            .map(
                one ->
                    one.signer(domain)
                        .orElseThrow(() -> new IllegalArgumentException("a signature is nobody's")))
            .toList();
    return new Delivery(List.copyOf(messages), root, signatures, signers);
  }

  private static Message message(Object struct) {
    var m = (QuorumGateway.Message) struct;
    return new Message(
        m.sourceChainId, m.nonce, Bytes.of(m.sender), Bytes.of(m.recipient), Bytes.of(m.payload));
  }

  private static List<Hash> hashes(Object array) {
    return ((List<?>) array).stream().map(one -> Hash.of(((Bytes32) one).getValue())).toList();
  }

  private static String selector(String signature) {
    return Hash.keccak(signature.getBytes(StandardCharsets.US_ASCII))
        .hex()
        .substring(0, 2 + 2 * SELECTOR);
  }
}
