package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallData;
import org.mandate.chain.Hash;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.policy.Panel;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Function;

/**
 * Finds approvals in a transaction's call data. Anybody may hand them in, in whatever layout the
 * executor reads, and as much beside them as they pay for.
 */
final class Approval {
  /** In so many places of a transaction they are looked for. */
  static final int MOST_PLACES = 32;

  /** Of an intent, as the executor has it. */
  private static final int MOST_DATA = 8_192;

  /** Approvers that an agent can have. */
  private static final int MOST_SIGNERS = 16;

  /** Of a contract's signature. A node asks no contract about longer ones, see ChainAnswers. */
  private static final int MOST_SIGNATURE = 1 << 16;

  private static final int WORD = 32;
  private static final byte[] SELECTOR = selector();

  private Approval() {}

  /**
   * What was given as approvals of the intent: one list for each {@code proceedApproved} of it that
   * is in the call data, as a contract passes it on; that of the executor itself is the first.
   */
  static Stream<List<Panel.Approval>> in(Bytes input, IntentDomain domain, Hash intentId) {
    CallData data = new CallData(input.bytes());
    return IntStream.range(0, data.bytes().length)
        .filter(at -> data.has(SELECTOR, at))
        .limit(MOST_PLACES)
        .boxed()
        .flatMap(at -> read(data, at, domain, intentId).stream());
  }

  /**
   * Whether the call itself is one that gives approvals, and cannot be read as one of the intent.
   */
  static boolean unreadable(Bytes input, IntentDomain domain, Hash intentId) {
    CallData data = new CallData(input.bytes());
    return data.has(SELECTOR, 0) && read(data, 0, domain, intentId).isEmpty();
  }

  private static Optional<List<Panel.Approval>> read(
      CallData data, int call, IntentDomain domain, Hash intentId) {
    int arguments = call + SELECTOR.length;
    try {
      Intent intent = intent(data, data.place(arguments, arguments));
      return intent.id(domain).equals(intentId)
          ? Optional.of(approvals(data, data.place(arguments, arguments + WORD)))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // not such a call, or none that can be read
    }
  }

  /** The intent that is there. */
  static Intent intent(CallData data, int at) {
    return new Intent(
        data.number(at),
        data.address(at + WORD),
        data.number(at + 2 * WORD),
        data.address(at + 3 * WORD),
        data.address(at + 4 * WORD),
        data.number(at + 5 * WORD),
        data.dynamic(data.place(at, at + 6 * WORD), MOST_DATA),
        data.number(at + 7 * WORD),
        data.number(at + 8 * WORD));
  }

  private static List<Panel.Approval> approvals(CallData data, int at) {
    int signers = data.place(at, at);
    int signatures = data.place(at, at + WORD);
    int deadlines = data.place(at, at + 2 * WORD);
    int count = data.length(signers, MOST_SIGNERS);
    if (data.length(signatures, MOST_SIGNERS) != count
        || data.length(deadlines, MOST_SIGNERS) != count) {
      throw new IllegalArgumentException("not one signature and deadline for each signer");
    }
    List<Panel.Approval> approvals = new ArrayList<>();
    for (int word = WORD; word <= count * WORD; word += WORD) {
      Address signer = data.address(signers + word);
      BigInteger deadline = data.number(deadlines + word);
      int signature = data.place(signatures + WORD, signatures + word);
      if (deadline.bitLength() > Long.SIZE) {
        throw new IllegalArgumentException("a deadline beyond uint64");
      }
      approvals.add(new Panel.Approval(signer, data.dynamic(signature, MOST_SIGNATURE), deadline));
    }
    return approvals;
  }

  private static byte[] selector() {
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
    var nobody = new HomeExecutor.Approvals(List.of(), List.of(), List.of());
    String call =
        FunctionEncoder.encode(
            new Function(
                HomeExecutor.FUNC_PROCEEDAPPROVED,
                List.of(IntentAbi.toHome(none), nobody),
                List.of()));
    return Bytes.of(call.substring(0, 10)).bytes();
  }
}
