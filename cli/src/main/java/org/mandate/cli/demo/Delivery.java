package org.mandate.cli.demo;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
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

/**
 * What a delivering transaction carried, read from its input: one message or several, and the
 * signatures over the root above them.
 *
 * @param signers whoever made the signatures, in their order
 */
record Delivery(List<Message> messages, Hash root, Bytes signatures, List<Address> signers) {
  private static final int SELECTOR = 4;
  private static final String MESSAGE = "(uint256,uint256,bytes,bytes,bytes)";
  private static final String ONE = selector("deliver(" + MESSAGE + ",bytes32[],bytes)");
  private static final String MANY =
      selector("deliverMany(" + MESSAGE + "[],bytes32[],bool[],bytes)");

  /**
   * @param input of a transaction to the gateway
   * @throws Story.Broken if it delivers nothing
   */
  static Delivery read(Address gateway, String input) {
    var bytes = Bytes.of(input).bytes();
    var arguments = Arrays.copyOfRange(bytes, SELECTOR, bytes.length);
    if (input.startsWith(ONE)) {
      var values =
          Abi.decode(
              arguments,
              new TypeReference<QuorumGateway.Message>() {},
              new TypeReference<DynamicArray<Bytes32>>() {},
              new TypeReference<DynamicBytes>() {});
      var message = message(values.get(0));
      var root = MessageTree.root(message.id(gateway), hashes(values.get(1)));
      return of(gateway, List.of(message), root, (byte[]) values.get(2));
    }
    if (input.startsWith(MANY)) {
      var values =
          Abi.decode(
              arguments,
              new TypeReference<DynamicArray<QuorumGateway.Message>>() {},
              new TypeReference<DynamicArray<Bytes32>>() {},
              new TypeReference<DynamicArray<Bool>>() {},
              new TypeReference<DynamicBytes>() {});
      var messages = ((List<?>) values.get(0)).stream().map(Delivery::message).toList();
      var ids = messages.stream().map(one -> one.id(gateway)).toList();
      var flags = ((List<?>) values.get(2)).stream().map(one -> ((Bool) one).getValue()).toList();
      var root = new MessageTree.Multiproof(ids, hashes(values.get(1)), flags).root();
      return of(gateway, messages, root, (byte[]) values.get(3));
    }
    throw new Story.Broken("a transaction delivered by calling neither deliver nor deliverMany");
  }

  private static Delivery of(
      Address gateway, List<Message> messages, Hash root, byte[] concatenated) {
    var signatures = Bytes.of(concatenated);
    var signers =
        Attestation.ofDelivery(root, signatures).stream()
            .map(one -> one.signer(gateway).orElseThrow())
            .toList();
    return new Delivery(messages, root, signatures, signers);
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
