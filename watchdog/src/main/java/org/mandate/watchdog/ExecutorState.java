package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.generated.Bytes32;

/** What an executor contract says about an intent, and how it is asked to dispute one. */
final class ExecutorState {
  private static final int WORD = 32;

  private final ChainClient chain;
  private final Address executor;

  /**
   * Where an intent stands.
   *
   * @param upheld governance overruled a dispute, or a proof did: it cannot be disputed again
   * @param due when a QUEUED intent becomes executable, later when the dispute window was
   *     lengthened meanwhile; until when a DISPUTED one may be upheld; when the result of a
   *     DISPATCHED one may be settled
   * @param approval it was admitted if approved
   */
  record Progress(IntentState state, boolean upheld, Instant due, boolean approval) {}

  ExecutorState(ChainClient chain, Address executor) {
    this.chain = chain;
    this.executor = executor;
  }

  Address address() {
    return executor;
  }

  /** At the latest block. */
  Progress progress(Hash intentId) {
    return decode(chain.call(executor, question(intentId)));
  }

  /** At the end of that block. */
  Progress progress(Hash intentId, Hash block) {
    return decode(chain.call(executor, question(intentId), block));
  }

  /**
   * Whether the gateway that brought a queued intent was closed since: it does not execute, unless
   * a proof shows that home dispatched it, or home sends it again.
   */
  boolean isEnded(Intent intent) {
    try {
      chain.call(
          executor,
          encode(new Function("ready", List.of(IntentAbi.toContract(intent)), List.of())).bytes());
      return false;
    } catch (CallRevertedException e) {
      return e.reason().startsWith("ExecutorGatewayClosed(");
    }
  }

  /** How long governance has to uphold a disputed intent. */
  Duration resolutionWindow() {
    byte[] answer = chain.call(executor, Abi.call(DestinationExecutor.FUNC_RESOLUTION_WINDOW));
    if (answer.length != WORD || new BigInteger(1, answer).bitLength() > 40) {
      throw new NodeException("RESOLUTION_WINDOW() answered " + Bytes.of(answer));
    }
    return Duration.ofSeconds(new BigInteger(1, answer).longValueExact());
  }

  /** Call data of {@code dispute(intent)}. */
  static Bytes dispute(Intent intent) {
    return encode(new Function("dispute", List.of(IntentAbi.toContract(intent)), List.of()));
  }

  private static byte[] question(Hash intentId) {
    return encode(new Function("progress", List.of(new Bytes32(intentId.bytes())), List.of()))
        .bytes();
  }

  private static Bytes encode(Function function) {
    return Bytes.of(FunctionEncoder.encode(function));
  }

  private static Progress decode(byte[] answer) {
    if (answer.length != 4 * WORD) {
      throw new NodeException(
          "progress() answered " + answer.length + " bytes, expected " + 4 * WORD);
    }
    BigInteger state = word(answer, 0);
    BigInteger due = word(answer, 2);
    if (state.bitLength() > 31
        || state.intValue() >= IntentState.values().length
        || due.bitLength() > 63) {
      throw new NodeException("progress() answered a state " + state + " that does not exist");
    }
    long seconds = Math.min(due.longValue(), Instant.MAX.getEpochSecond());
    return new Progress(
        IntentState.values()[state.intValue()],
        word(answer, 1).signum() != 0,
        Instant.ofEpochSecond(seconds),
        word(answer, 3).signum() != 0);
  }

  private static BigInteger word(byte[] answer, int index) {
    return new BigInteger(1, Arrays.copyOfRange(answer, index * WORD, (index + 1) * WORD));
  }
}
