package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Bytes;
import org.mandate.policy.Breaker;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint8;

/** What a guardian stops in an account, which counts each time. */
sealed interface Stoppable {
  /** One agent: its own breaker. */
  record Agent(BigInteger id) implements Stoppable {}

  /** Everybody, by a breaker above the agents. */
  record Everybody(Breaker breaker) implements Stoppable {}

  /** In words, after "freeze" or "stop". */
  default String words() {
    return switch (this) {
      case Agent(BigInteger id) -> "freeze agent " + id;
      case Everybody(Breaker.Everything all) -> "stop everything";
      case Everybody(Breaker.OfChain(BigInteger id)) -> "stop chain " + id;
      case Everybody(Breaker.OfAsset(var asset)) -> "stop asset " + asset;
    };
  }

  /** The call that stops. */
  default Bytes stop() {
    return switch (this) {
      case Agent(BigInteger id) -> call("freeze", new Uint256(id));
      case Everybody(Breaker breaker) -> call("stop", words(breaker));
    };
  }

  /** The question whether it is stopped: the first word of the answer. */
  default Bytes isStopped() {
    return switch (this) {
      case Agent(BigInteger id) -> call("frozen", new Uint256(id));
      case Everybody(Breaker breaker) -> call("breaker", words(breaker));
    };
  }

  /** The question how often it was: the last word of the answer. */
  default Bytes stops() {
    return switch (this) {
      case Agent(BigInteger id) -> call("stops", new Uint256(id));
      case Everybody(Breaker breaker) -> call("breaker", words(breaker));
    };
  }

  @SuppressWarnings("rawtypes")
  private static Type[] words(Breaker breaker) {
    return new Type[] {new Uint8(breaker.scope()), new Uint256(breaker.what())};
  }

  @SuppressWarnings("rawtypes")
  private static Bytes call(String name, Type... arguments) {
    return Bytes.of(
        FunctionEncoder.encode(new Function(name, List.<Type>of(arguments), List.of())));
  }
}
