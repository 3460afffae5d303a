package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallData;
import org.mandate.chain.Hash;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;

/** Finds signed intents in the call data of {@code submit} and {@code submitMany}. */
final class Submissions {
  private static final int WORD = 32;
  private static final int SELECTOR = 4;

  /** Of a signature: no transaction is longer. */
  private static final int MOST_SIGNATURE = 1 << 17;

  /** Elements of a batch that are looked at. */
  private static final int MOST = 4_096;

  private static final byte[] SUBMIT;
  private static final byte[] SUBMIT_MANY;

  static {
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
    HomeExecutor.Intent intent = IntentAbi.toHome(none);
    DynamicBytes signature = DynamicBytes.DEFAULT;
    SUBMIT = Abi.call(HomeExecutor.FUNC_SUBMIT, intent, signature);
    SUBMIT_MANY =
        Abi.call(
            HomeExecutor.FUNC_SUBMITMANY,
            new DynamicArray<>(HomeExecutor.Intent.class, List.of(intent)),
            new DynamicArray<>(DynamicBytes.class, List.of(signature)));
  }

  private final IntentDomain domain;

  Submissions(IntentDomain domain) {
    this.domain = domain;
  }

  /** What was given for that intent; none for any other call, or one that cannot be read. */
  List<SignedIntent> in(Bytes input, Hash intentId) {
    CallData data = new CallData(input.bytes());
    if (starts(data, SUBMIT)) {
      return one(data, SELECTOR, SELECTOR, SELECTOR, SELECTOR + WORD, intentId).stream().toList();
    }
    return starts(data, SUBMIT_MANY) ? many(data, intentId) : List.of();
  }

  private List<SignedIntent> many(CallData data, Hash intentId) {
    List<SignedIntent> all = new ArrayList<>();
    try {
      int intents = data.place(SELECTOR, SELECTOR);
      int signatures = data.place(SELECTOR, SELECTOR + WORD);
      int count = data.length(intents, MOST);
      if (data.length(signatures, MOST) != count) {
        return List.of();
      }
      for (int word = WORD; word <= count * WORD; word += WORD) {
        one(data, intents + WORD, intents + word, signatures + WORD, signatures + word, intentId)
            .ifPresent(all::add);
      }
    } catch (IllegalArgumentException e) {
      return all; // the executor read it, and did not say so in this event
    }
    return all;
  }

  /** The intent whose offset is there, with the signature whose offset is there. */
  private Optional<SignedIntent> one(
      CallData data, int intents, int intentAt, int signatures, int signatureAt, Hash intentId) {
    try {
      Intent intent = Approval.intent(data, data.place(intents, intentAt));
      return intent.id(domain).equals(intentId)
          ? Optional.of(
              new SignedIntent(
                  intent, data.dynamic(data.place(signatures, signatureAt), MOST_SIGNATURE)))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean starts(CallData data, byte[] call) {
    return data.has(java.util.Arrays.copyOf(call, SELECTOR), 0);
  }
}
