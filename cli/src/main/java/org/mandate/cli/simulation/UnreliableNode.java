package org.mandate.cli.simulation;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;

/**
 * A real node as one relayer reaches it: late, or not at all, behind the others, with answers that
 * get lost.
 */
final class UnreliableNode implements InvocationHandler {
  private static final long TIMEOUT = 8_000;
  private static final long MOST_LAG = 3;
  private static final long LONGEST_LAG = 300_000;

  private final World world;
  private final Life life;
  private final String name;
  private final SimulatedChain chain;
  private final Dice dice;
  private long lag;
  private long lagsUntil;

  private UnreliableNode(World world, Life life, String name, SimulatedChain chain, Dice dice) {
    this.world = world;
    this.life = life;
    this.name = name;
    this.chain = chain;
    this.dice = dice;
  }

  static ChainClient of(World world, Life life, String name, SimulatedChain chain, Dice dice) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            new UnreliableNode(world, life, name, chain, dice));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return switch (method.getName()) {
        case "equals" -> proxy == arguments[0];
        case "hashCode" -> name.hashCode();
        default -> name;
      };
    }
    Object[] given = arguments == null ? new Object[0] : arguments;
    boolean sends = method.getName().equals("send");
    pause(dice.between(1, 40));
    Faults faults = world.faults();
    boolean slow = dice.in1000(faults.slow());
    if (slow) pause(TIMEOUT);
    if (slow || dice.in1000(faults.refused())) return unanswered(method, "not reached");
    if (world.now() > lagsUntil) {
      lag = dice.in1000(faults.lag()) ? dice.between(1, MOST_LAG) : 0;
      lagsUntil = lag == 0 ? lagsUntil : world.now() + dice.between(12_000, LONGEST_LAG);
    }
    Object answer;
    try {
      answer = sends ? send((byte[]) given[0]) : answer(method, given);
    } catch (InvocationTargetException e) {
      world.trace(name, method.getName(), given, e);
      throw e.getCause();
    }
    world.trace(name, method.getName(), given, answer);
    if (dice.in1000(faults.lostAnswer())) return unanswered(method, "answer lost");
    pause(dice.between(0, 20));
    return answer;
  }

  private void pause(long millis) {
    if (UnreliableDatabase.isInTransaction()) life.step();
    else life.sleep(millis);
  }

  private Object unanswered(Method method, String why) {
    world.trace(name, method.getName(), why);
    if (method.getName().equals("send")) return new SendOutcome.Unreachable("simulated: " + why);
    throw new NodeException("simulated: " + why);
  }

  private Object send(byte[] raw) {
    Faults faults = world.faults();
    SendOutcome outcome = chain.truth().send(raw);
    if (outcome instanceof SendOutcome.Accepted accepted) {
      if (dice.in1000(faults.lostSend())) {
        chain.drop(accepted.transaction());
        world.trace(name, "forgotten", accepted.transaction());
      } else {
        chain.sent(accepted.transaction(), raw);
        world.touch();
      }
      if (dice.in1000(faults.twice())) world.trace(name, "twice", chain.truth().send(raw));
    }
    return outcome;
  }

  private Object answer(Method method, Object[] given) throws InvocationTargetException {
    ChainClient truth = chain.truth();
    if (lag == 0) return real(method, given);
    long head = Math.max(0, truth.head().number() - lag);
    return switch (method.getName()) {
      case "head" -> truth.block(head).orElseThrow();
      case "finalized" -> truth.block(Math.max(0, truth.finalized().number() - lag)).orElseThrow();
      case "block" -> known((Optional<?>) real(method, given), head);
      case "blocks" -> {
        long from = (long) given[0];
        yield from > head ? List.of() : truth.blocks(from, Math.min((long) given[1], head));
      }
      case "nonce" ->
          given[1] == BlockTag.LATEST ? truth.nonce((Address) given[0], head) : real(method, given);
      case "receipt" ->
          mined(truth.receipts(List.of((Hash) given[0])), head).values().stream().findFirst();
      case "receipts" -> mined(receipts(truth, given[0]), head);
      case "logs" -> {
        if (given[0] instanceof Hash block
            && truth.block(block).filter(b -> b.number() > head).isPresent())
          throw new InvocationTargetException(new NodeException("simulated: unknown block"));
        yield real(method, given);
      }
      default -> real(method, given);
    };
  }

  @SuppressWarnings("unchecked")
  private static Map<Hash, Receipt> receipts(ChainClient truth, Object hashes) {
    return truth.receipts((Collection<Hash>) hashes);
  }

  private static Optional<?> known(Optional<?> block, long head) {
    return block.filter(b -> ((Block) b).number() <= head);
  }

  private static Map<Hash, Receipt> mined(Map<Hash, Receipt> receipts, long head) {
    Map<Hash, Receipt> known = new HashMap<>(receipts);
    known.values().removeIf(r -> r.blockNumber() > head);
    return known;
  }

  private Object real(Method method, Object[] given) throws InvocationTargetException {
    try {
      return method.invoke(chain.truth(), given);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
