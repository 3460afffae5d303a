package org.mandate.deploy;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Abi;
import org.mandate.contracts.Create3Factory;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.methods.response.Log;
import org.web3j.tx.ReadonlyTransactionManager;
import org.web3j.utils.Numeric;

/**
 * The transaction in which a contract was created. Code alone does not tell what a constructor did:
 * init code that is not ours can write storage, or approve tokens, and leave our code behind.
 *
 * @param transaction its hash
 * @param from the key that sent it
 * @param to what it called; empty when it created a contract directly
 * @param input hex
 */
record Origin(String transaction, String from, String to, String input) {
  private static final int SELECTOR = 10;

  /** The events of the factory, by the address of the contract that was created. */
  static Map<String, Log> byAddress(List<Log> events) {
    var created = new HashMap<String, Log>();
    for (var event : events) {
      created.put(lower(Create3Factory.getCreatedEventFromLog(event).deployed), event);
    }
    return created;
  }

  /** Of a contract whose creation the factory told in that event. */
  static Origin of(Web3j web3j, Log event) {
    // By its place in the block: nodes forget the index of old hashes.
    var found =
        Sender.answer(
                "transaction " + event.getTransactionHash(),
                () ->
                    web3j
                        .ethGetTransactionByBlockHashAndIndex(
                            event.getBlockHash(), event.getTransactionIndex())
                        .send())
            .getTransaction()
            .orElseThrow(
                () ->
                    new DeploymentException(
                        "the node has no transaction %s any more: use a node with full history"
                            .formatted(event.getTransactionHash())));
    return new Origin(
        found.getHash(),
        lower(found.getFrom()),
        found.getTo() == null ? "" : lower(found.getTo()),
        found.getInput());
  }

  /**
   * The constructor's arguments, hex without prefix, when this key had the factory create exactly
   * {@code binary} with them as {@code name} at {@code address}; empty when it is otherwise.
   */
  Optional<String> arguments(String name, String address, String binary) {
    if (!to.equals(Create3.factory())
        || !address.equals(Plan.at(from, name))
        || input.length() < SELECTOR) {
      return Optional.empty();
    }
    byte[] initCode;
    try {
      var values =
          Abi.decode(
              Numeric.hexStringToByteArray(input.substring(SELECTOR)),
              new TypeReference<Bytes32>() {},
              new TypeReference<DynamicBytes>() {});
      initCode = (byte[]) values.get(1);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    var hex = Numeric.toHexString(initCode);
    var prefix = Numeric.prependHexPrefix(binary);
    return input.equals(call(name, initCode)) && hex.startsWith(prefix)
        ? Optional.of(hex.substring(prefix.length()))
        : Optional.empty();
  }

  /** What the factory is called with to create a contract. */
  private static String call(String name, byte[] initCode) {
    return Create3Factory.load(
            Create3.factory(),
            null,
            new ReadonlyTransactionManager(null, Create3.factory()),
            Sender.NO_GAS)
        .create(Create3.salt(Plan.salt(name)), initCode)
        .encodeFunctionCall();
  }

  private static String lower(String address) {
    return address.toLowerCase(Locale.ROOT);
  }
}
