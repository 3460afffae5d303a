package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.policy.Panel;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.FunctionReturnDecoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.Type;

/** Finds approvals in a transaction's call data. */
final class Approval {
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static final List<TypeReference<Type>> PARAMETERS =
      (List)
          List.of(
              new TypeReference<CrossChainExecutor.Intent>() {},
              new TypeReference<CrossChainExecutor.Approvals>() {});

  private static final String SELECTOR = selector();

  /** Places in call data of this many bytes at most are tried; the executor takes shorter ones. */
  private static final int MOST = 100_000;

  private Approval() {}

  /**
   * What was given as approvals of the intent: one list for each {@code proceedApproved} of it that
   * is anywhere in the call data, as a contract passes it on.
   */
  static List<List<Panel.Approval>> in(Bytes input, IntentDomain domain, Hash intentId) {
    List<List<Panel.Approval>> all = new ArrayList<>();
    String hex = input.hex();
    if (hex.length() > 2 * MOST) {
      return all;
    }
    for (int at = hex.indexOf(SELECTOR, 2); at >= 0; at = hex.indexOf(SELECTOR, at + 1)) {
      if (at % 2 == 0) {
        read(hex.substring(at + SELECTOR.length()), domain, intentId).ifPresent(all::add);
      }
    }
    return all;
  }

  @SuppressWarnings("rawtypes")
  private static Optional<List<Panel.Approval>> read(
      String arguments, IntentDomain domain, Hash intentId) {
    try {
      List<Type> values = FunctionReturnDecoder.decode("0x" + arguments, PARAMETERS);
      Intent intent = IntentAbi.fromContract((CrossChainExecutor.Intent) values.get(0));
      var given = (CrossChainExecutor.Approvals) values.get(1);
      if (!intent.id(domain).equals(intentId)
          || given.signatures.size() != given.signers.size()
          || given.deadlines.size() != given.signers.size()) {
        return Optional.empty();
      }
      List<Panel.Approval> approvals = new ArrayList<>();
      for (int i = 0; i < given.signers.size(); i++) {
        approvals.add(
            new Panel.Approval(
                Address.of(given.signers.get(i)),
                Bytes.of(given.signatures.get(i)),
                given.deadlines.get(i)));
      }
      return Optional.of(approvals);
    } catch (RuntimeException e) {
      return Optional.empty(); // not such a call
    }
  }

  private static String selector() {
    Intent none =
        new Intent(
            BigInteger.ZERO,
            Address.ZERO,
            BigInteger.ZERO,
            Address.ZERO,
            Address.ZERO,
            BigInteger.ZERO,
            Bytes.EMPTY,
            BigInteger.ZERO,
            BigInteger.ZERO);
    var nobody = new CrossChainExecutor.Approvals(List.of(), List.of(), List.of());
    return FunctionEncoder.encode(
            new Function(
                CrossChainExecutor.FUNC_PROCEEDAPPROVED,
                List.of(IntentAbi.toContract(none), nobody),
                List.of()))
        .substring(2, 10);
  }
}
