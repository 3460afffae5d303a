package org.mandate.watchdog;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** All findings since the start, each once. Whoever changes one causes an alert. */
final class Findings {
  /** The oldest closed ones are dropped beyond this. */
  static final int MOST = 10_000;

  private final Map<String, Finding> findings = new LinkedHashMap<>();
  private final Consumer<Finding> alerts;

  Findings(Consumer<Finding> alerts) {
    this.alerts = alerts;
  }

  /** Adds a finding unless it is known; a withdrawn one that is seen again is open again. */
  boolean report(Finding finding) {
    synchronized (findings) {
      Finding known = findings.get(finding.id());
      if (known != null && known.status() != Finding.Status.WITHDRAWN) {
        return false;
      }
      findings.put(finding.id(), finding);
      makeRoom();
    }
    alerts.accept(finding);
    return true;
  }

  /** Changes a finding; does nothing when it is unknown or stays the same. */
  void update(String id, UnaryOperator<Finding> change) {
    Finding changed;
    synchronized (findings) {
      Finding known = findings.get(id);
      if (known == null) {
        return;
      }
      changed = change.apply(known);
      if (changed.equals(known)) {
        return;
      }
      findings.put(id, changed);
    }
    alerts.accept(changed);
  }

  /**
   * A reorg removed the blocks of a chain above {@code keep}: what was found in them and is still
   * open is withdrawn.
   */
  void withdraw(long chainId, long keep) {
    withdrawIf(found -> found.chainId() == chainId && found.block() > keep);
  }

  /** Of those that are open. One that is reported again is open again. */
  void withdrawIf(Predicate<Finding> gone) {
    for (Finding finding : all()) {
      if (gone.test(finding)) {
        update(
            finding.id(),
            found ->
                found.status() == Finding.Status.OPEN
                    ? found.with(Finding.Status.WITHDRAWN)
                    : found);
      }
    }
  }

  Optional<Finding> find(String id) {
    synchronized (findings) {
      return Optional.ofNullable(findings.get(id));
    }
  }

  /** Oldest first. */
  List<Finding> all() {
    synchronized (findings) {
      return new ArrayList<>(findings.values());
    }
  }

  private void makeRoom() {
    Iterator<Finding> oldest = findings.values().iterator();
    while (findings.size() > MOST && oldest.hasNext()) {
      if (oldest.next().status() != Finding.Status.OPEN) {
        oldest.remove();
      }
    }
  }
}
