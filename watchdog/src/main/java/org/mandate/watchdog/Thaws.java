package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Hash;

/** When governance last thawed each agent at home: what was found before that, it has judged. */
final class Thaws implements Examiner {
  private static final Hash THAWED = Hash.keccak("Thawed(uint256,address)");

  private final Map<BigInteger, Instant> last = new ConcurrentHashMap<>();

  Optional<Instant> last(BigInteger agentId) {
    return Optional.ofNullable(last.get(agentId));
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Policy(var log) && log.topics().getFirst().equals(THAWED)) {
        last.put(LogWords.of(log).topicNumber(1), page.block().timestamp());
      }
    }
  }

  @Override
  public void reset() {
    last.clear();
  }
}
