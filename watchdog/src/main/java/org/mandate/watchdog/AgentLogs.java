package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What home's account, registry and rules say of the agents that governance admitted.
 *
 * <p>Anybody registers an agent and changes its key, and may make more of these events than a node
 * hands out or than memory holds. Of an agent that was never admitted only the numbers of the
 * blocks that have its events are kept: until it is admitted, nothing is decided about it. When it
 * is, those blocks are read again for it alone, and what they have comes before everything else in
 * the block that admits it. A block of which a node does not hand out everybody's events is read
 * for the admitted agents only.
 */
final class AgentLogs {
  private static final Logger LOG = LoggerFactory.getLogger(AgentLogs.class);

  /** How often a node that answers otherwise is asked for one agent's events in one block. */
  private static final int TRIES = 10;

  /** Nodes take so many alternatives per topic, and more. */
  private static final int AGENTS_AT_ONCE = 256;

  /** Blocks that are read one by one; more are read as a range. */
  private static final int FEW_BLOCKS = 64;

  private final ChainClient chain;
  private final Address registry;
  private final List<Address> sources;
  private final Consumer<String> unread;
  private final Duration pause;
  private final Map<BigInteger, Long> admitted = new HashMap<>();
  private final Map<BigInteger, Blocks> seen = new HashMap<>();
  private final NavigableSet<Long> notOfEverybody = new TreeSet<>();
  private final Set<BigInteger> unreadable = new HashSet<>();
  private long newest = -1;

  /**
   * A log, and where it is judged.
   *
   * @param block its own, or the one that admits its agent
   */
  record Placed(long block, Log log) {}

  /**
   * @param hash of a single block that may still be reorganised
   */
  private record Span(long from, long to, Optional<Hash> hash) {}

  /** Blocks, each once, in ascending order: eight bytes each, for strangers pay for them. */
  private static final class Blocks {
    private long[] numbers = new long[2];
    private int size;

    private void add(long number) {
      if (size > 0 && numbers[size - 1] >= number) {
        return;
      }
      if (size == numbers.length) {
        numbers = Arrays.copyOf(numbers, size * 2);
      }
      numbers[size++] = number;
    }

    private boolean dropAbove(long keep) {
      while (size > 0 && numbers[size - 1] > keep) {
        size--;
      }
      return size == 0;
    }

    private List<Long> below(long end) {
      return Arrays.stream(numbers, 0, size).filter(number -> number < end).boxed().toList();
    }
  }

  /**
   * @param sources whose events are read; the registry among them
   * @param unread is told, in words, which admitted agent's events could not be read
   * @param pause between two tries
   */
  AgentLogs(
      ChainClient chain,
      Address registry,
      List<Address> sources,
      Consumer<String> unread,
      Duration pause) {
    this.chain = chain;
    this.registry = registry;
    this.sources = List.copyOf(sources);
    this.unread = unread;
    this.pause = pause;
  }

  /**
   * Those that are judged in the blocks {@code from} to {@code to}. Blocks are asked for in
   * ascending order; asking for older ones forgets what was read from there on.
   *
   * @param governed the {@link Topics#GOVERNED} logs of these blocks
   */
  List<Placed> of(long from, long to, List<Log> governed) {
    return of(new Span(from, to, Optional.empty()), governed);
  }

  /** As {@link #of(long, long, List)}, of one block that may still be reorganised. */
  List<Placed> of(Block block, List<Log> governed) {
    return of(new Span(block.number(), block.number(), Optional.of(block.hash())), governed);
  }

  private List<Placed> of(Span span, List<Log> governed) {
    forget(span.from() - 1);
    newest = span.to();
    Map<BigInteger, Long> fresh = admissions(governed);
    Set<BigInteger> wanted = new HashSet<>(admitted.keySet());
    wanted.addAll(fresh.keySet());
    List<Placed> own = new ArrayList<>();
    for (Log log : ask(span, List.of(), wanted)) {
      BigInteger agentId = LogWords.of(log).topicNumber(1);
      if (admitted.containsKey(agentId)
          || fresh.getOrDefault(agentId, Long.MAX_VALUE) <= log.blockNumber()) {
        own.add(new Placed(log.blockNumber(), log));
      } else {
        seen.computeIfAbsent(agentId, id -> new Blocks()).add(log.blockNumber());
      }
    }
    List<Placed> all = new ArrayList<>();
    fresh.forEach(
        (agentId, block) ->
            history(agentId, block).forEach(log -> all.add(new Placed(block, log))));
    all.addAll(own);
    admitted.putAll(fresh);
    return all;
  }

  private void forget(long keep) {
    if (newest <= keep) {
      return;
    }
    admitted.values().removeIf(block -> block > keep);
    seen.values().removeIf(blocks -> blocks.dropAbove(keep));
    notOfEverybody.tailSet(keep, false).clear();
  }

  private Map<BigInteger, Long> admissions(List<Log> governed) {
    Map<BigInteger, Long> fresh = new HashMap<>();
    for (Log log : governed) {
      if (log.address().equals(registry) && log.topics().getFirst().equals(Topics.STATUS_SET)) {
        BigInteger agentId = LogWords.of(log).topicNumber(1);
        if (!admitted.containsKey(agentId)) {
          fresh.merge(agentId, log.blockNumber(), Math::min);
        }
      }
    }
    return fresh;
  }

  private List<Log> history(BigInteger agentId, long admission) {
    NavigableSet<Long> blocks = new TreeSet<>(notOfEverybody.headSet(admission));
    if (seen.containsKey(agentId)) {
      blocks.addAll(seen.get(agentId).below(admission));
    }
    List<BigInteger> alone = List.of(agentId);
    if (blocks.size() > FEW_BLOCKS) {
      return ask(new Span(blocks.first(), blocks.last(), Optional.empty()), alone, Set.of());
    }
    List<Log> logs = new ArrayList<>();
    blocks.forEach(
        number -> logs.addAll(ask(new Span(number, number, Optional.empty()), alone, Set.of())));
    return logs;
  }

  /**
   * @param agents whose; empty: everybody's, or of the {@code wanted} ones only in a block where
   *     the node does not hand out all
   */
  private List<Log> ask(Span span, List<BigInteger> agents, Collection<BigInteger> wanted) {
    List<Set<Hash>> topics =
        List.of(Topics.OF_AGENTS, Set.copyOf(agents.stream().map(AgentLogs::topic).toList()));
    try {
      return logs(span, topics);
    } catch (NodeException e) {
      mustBeWell(span);
      List<Log> logs = new ArrayList<>();
      if (span.from() < span.to()) {
        long middle = span.from() + (span.to() - span.from()) / 2;
        logs.addAll(ask(new Span(span.from(), middle, Optional.empty()), agents, wanted));
        logs.addAll(ask(new Span(middle + 1, span.to(), Optional.empty()), agents, wanted));
      } else if (agents.isEmpty()) {
        LOG.atWarn()
            .addKeyValue("block", span.from())
            .addKeyValue("reason", e.getMessage())
            .log("account and registry are read for the admitted agents only");
        notOfEverybody.add(span.from());
        List<BigInteger> all = List.copyOf(wanted);
        for (int i = 0; i < all.size(); i += AGENTS_AT_ONCE) {
          logs.addAll(
              ask(span, all.subList(i, Math.min(all.size(), i + AGENTS_AT_ONCE)), Set.of()));
        }
      } else if (agents.size() > 1) {
        int half = agents.size() / 2;
        logs.addAll(ask(span, agents.subList(0, half), Set.of()));
        logs.addAll(ask(span, agents.subList(half, agents.size()), Set.of()));
      } else {
        logs.addAll(again(span, agents.getFirst(), topics, e));
      }
      return logs;
    }
  }

  // Whoever fills a block with events of their own agent blinds the watchdog for that one only, and
  // makes it wait only once.
  private List<Log> again(
      Span span, BigInteger agentId, List<Set<Hash>> topics, NodeException reason) {
    int tries = unreadable.contains(agentId) ? 1 : TRIES;
    NodeException last = reason;
    for (int i = 1; i < tries; i++) {
      if (!Pause.of(pause)) {
        throw last; // the watchdog closes
      }
      try {
        return logs(span, topics);
      } catch (NodeException e) {
        mustBeWell(span);
        last = e;
      }
    }
    unreadable.add(agentId);
    unread.accept(
        "the mandate events of agent %s in block %d: %s"
            .formatted(agentId, span.from(), last.getMessage()));
    return List.of();
  }

  private List<Log> logs(Span span, List<Set<Hash>> topics) {
    return span.hash().isPresent()
        ? chain.logs(span.hash().get(), sources, topics)
        : chain.logs(span.from(), span.to(), sources, topics);
  }

  // A node that is down, or does not have the block, refuses nothing: this throws. What is asked
  // for
  // is little, whatever strangers do.
  private void mustBeWell(Span span) {
    if (span.from() < span.to()) {
      chain.head();
    } else {
      logs(span, List.of(Set.of(Topics.STATUS_SET)));
    }
  }

  private static Hash topic(BigInteger agentId) {
    return Hash.of("0x%064x".formatted(agentId));
  }
}
