package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.Collectors;
import org.mandate.chain.Abi;
import org.mandate.chain.Bytes;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.policy.Panel;

/** Calls of the executor's {@code proceedApproved}. */
final class ApprovalCalls {
  private static final int WORD = 32;

  private ApprovalCalls() {}

  /** As every encoder writes it. */
  static Bytes usual(Intent intent, List<Panel.Approval> approvals) {
    return Bytes.of(
        Abi.call(
            "proceedApproved",
            IntentAbi.toHome(intent),
            new HomeExecutor.Approvals(
                approvals.stream().map(a -> a.signer().hex()).toList(),
                approvals.stream().map(a -> a.signature().bytes()).toList(),
                approvals.stream().map(Panel.Approval::deadline).toList())));
  }

  /**
   * As no encoder writes it, and the executor takes it all the same: the signers, then what says
   * where they are, then the signatures, last first, the deadlines, the intent, and bytes that
   * nobody reads.
   */
  static Bytes unusual(Intent intent, List<Panel.Approval> approvals, int behind) {
    int count = approvals.size();
    String signers = word(count) + words(approvals, a -> new BigInteger(1, a.signer().bytes()));
    String deadlines = word(count) + words(approvals, Panel.Approval::deadline);
    StringBuilder places = new StringBuilder(word(count));
    StringBuilder signatures = new StringBuilder();
    String[] offsets = new String[count];
    for (int i = count - 1; i >= 0; i--) {
      offsets[i] = word(count * WORD + signatures.length() / 2);
      Bytes signature = approvals.get(i).signature();
      signatures.append(word(signature.size())).append(digits(signature));
    }
    places.append(String.join("", offsets)).append(signatures);
    int approvalsAt = 2 * WORD + signers.length() / 2;
    int deadlinesAt = 3 * WORD + places.length() / 2;
    String said =
        word(-signers.length() / 2) // back to them
            + word(3 * WORD)
            + word(deadlinesAt)
            + places
            + deadlines;
    String arguments =
        word(approvalsAt + said.length() / 2)
            + word(approvalsAt)
            + signers
            + said
            + digits(Bytes.of(Abi.encode(IntentAbi.toContract(intent)))).substring(2 * WORD)
            + "00".repeat(behind);
    return Bytes.of(usual(intent, List.of()).hex().substring(0, 10) + arguments);
  }

  private static String words(
      List<Panel.Approval> approvals, java.util.function.Function<Panel.Approval, BigInteger> of) {
    return approvals.stream().map(of).map(ApprovalCalls::word).collect(Collectors.joining());
  }

  private static String word(long number) {
    return word(BigInteger.valueOf(number));
  }

  /** Two's complement. */
  private static String word(BigInteger number) {
    return "%064x".formatted(number.mod(BigInteger.TWO.pow(256)));
  }

  private static String digits(Bytes bytes) {
    return bytes.hex().substring(2);
  }
}
