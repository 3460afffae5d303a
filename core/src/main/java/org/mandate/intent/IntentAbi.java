package org.mandate.intent;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.StaticStruct;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint104;
import org.web3j.abi.datatypes.generated.Uint8;

/** Intents, and what becomes of them, as the contracts encode them. */
public final class IntentAbi {
  /** Most results that the contracts put into one message. */
  public static final int MOST_RESULTS = 64;

  private static final int WORD = 32;

  private IntentAbi() {}

  /**
   * What home sends to an intent's destination.
   *
   * @param riskLevel of the agent when the intent was dispatched, uint8
   */
  public record Payload(Intent intent, int riskLevel) {
    public Payload {
      if (riskLevel < 0 || riskLevel > 255) {
        throw new IllegalArgumentException("risk level " + riskLevel + " is not from 0 to 255");
      }
    }
  }

  /** For {@link Abi#call}, and the wrapper of what the executors of all chains have in common. */
  public static CrossChainExecutor.Intent toContract(Intent intent) {
    return new CrossChainExecutor.Intent(
        intent.agentId(),
        intent.account().hex(),
        intent.chainId(),
        intent.asset().hex(),
        intent.to().hex(),
        intent.amount(),
        intent.data().bytes(),
        intent.nonce(),
        intent.deadline());
  }

  /** For the wrapper of home's executor. */
  public static HomeExecutor.Intent toHome(Intent intent) {
    return new HomeExecutor.Intent(
        intent.agentId(),
        intent.account().hex(),
        intent.chainId(),
        intent.asset().hex(),
        intent.to().hex(),
        intent.amount(),
        intent.data().bytes(),
        intent.nonce(),
        intent.deadline());
  }

  /** For the wrapper of the other chains' executors. */
  public static DestinationExecutor.Intent toDestination(Intent intent) {
    return new DestinationExecutor.Intent(
        intent.agentId(),
        intent.account().hex(),
        intent.chainId(),
        intent.asset().hex(),
        intent.to().hex(),
        intent.amount(),
        intent.data().bytes(),
        intent.nonce(),
        intent.deadline());
  }

  /** From the wrapper of what the executors of all chains have in common. */
  public static Intent fromContract(CrossChainExecutor.Intent intent) {
    return new Intent(
        intent.agentId,
        Address.of(intent.account),
        intent.chainId,
        Address.of(intent.asset),
        Address.of(intent.to),
        intent.amount,
        Bytes.of(intent.data),
        intent.nonce,
        intent.deadline);
  }

  /** From the wrapper of home's executor. */
  public static Intent fromContract(HomeExecutor.Intent intent) {
    return new Intent(
        intent.agentId,
        Address.of(intent.account),
        intent.chainId,
        Address.of(intent.asset),
        Address.of(intent.to),
        intent.amount,
        Bytes.of(intent.data),
        intent.nonce,
        intent.deadline);
  }

  /** From the wrapper of the other chains' executors. */
  public static Intent fromContract(DestinationExecutor.Intent intent) {
    return new Intent(
        intent.agentId,
        Address.of(intent.account),
        intent.chainId,
        Address.of(intent.asset),
        Address.of(intent.to),
        intent.amount,
        Bytes.of(intent.data),
        intent.nonce,
        intent.deadline);
  }

  /** {@code abi.encode(intent, riskLevel)}: the payload of a message from home. */
  public static Bytes encode(Intent intent, int riskLevel) {
    return encode(new Payload(intent, riskLevel));
  }

  /** As {@link #encode(Intent, int)}. */
  public static Bytes encode(Payload payload) {
    return Bytes.of(Abi.encode(toContract(payload.intent()), new Uint8(payload.riskLevel())));
  }

  /**
   * Reads the payload of a message from home.
   *
   * @throws IllegalArgumentException if it is not an intent and a risk level
   */
  public static Payload decode(Bytes payload) {
    try {
      List<Object> values =
          Abi.decode(
              payload.bytes(),
              new TypeReference<CrossChainExecutor.Intent>() {},
              new TypeReference<Uint8>() {});
      return new Payload(
          fromContract((CrossChainExecutor.Intent) values.get(0)),
          ((BigInteger) values.get(1)).intValueExact());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "the payload (" + payload.size() + " bytes) is not an intent and a risk level", e);
    }
  }

  /** {@code abi.encode(results)}: the payload of a message to home. */
  public static Bytes encodeResults(List<Result> results) {
    List<StaticStruct> all = new ArrayList<>();
    for (Result result : results) {
      all.add(
          new StaticStruct(
              new Bytes32(result.intentId().bytes()),
              new Uint8(result.outcome().ordinal()),
              new Uint104(result.moved())));
    }
    return Bytes.of(Abi.encode(new DynamicArray<>(StaticStruct.class, all)));
  }

  /**
   * Reads the payload of a message to home, as our executors write it.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static List<Result> decodeResults(Bytes payload) {
    byte[] in = payload.bytes();
    int count = (in.length - 2 * WORD) / (3 * WORD);
    if (in.length < 2 * WORD
        || in.length != (2 + 3 * count) * WORD
        || count > MOST_RESULTS
        || !word(in, 0).equals(BigInteger.valueOf(WORD))
        || !word(in, 1).equals(BigInteger.valueOf(count))) {
      throw new IllegalArgumentException(
          "the payload (" + in.length + " bytes) is not a list of results");
    }
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      BigInteger outcome = word(in, 3 + 3 * i);
      if (outcome.bitLength() > 8) {
        throw new IllegalArgumentException("result " + i + ": no intent is in state " + outcome);
      }
      byte[] id = Arrays.copyOfRange(in, (2 + 3 * i) * WORD, (3 + 3 * i) * WORD);
      results.add(new Result(Hash.of(id), IntentState.of(outcome.intValue()), word(in, 4 + 3 * i)));
    }
    return List.copyOf(results);
  }

  private static BigInteger word(byte[] in, int at) {
    return new BigInteger(1, in, at * WORD, WORD);
  }
}
