package org.mandate.relayer.lead;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.mandate.relayer.store.Lease;

/**
 * A line of work that one instance does at a time, such as sending what is stored for a chain: what
 * this instance knows of its lease. It may know too little, when it was paused; the database does
 * not.
 */
public final class Line {
  private final String name;
  private final AtomicLong refused = new AtomicLong();
  private volatile Optional<Lease> lease = Optional.empty();
  private volatile boolean resigning;
  private boolean isAlone;
  private volatile Runnable news = () -> {};
  private Optional<Lease> former = Optional.empty();

  Line(String name) {
    this.name = name;
  }

  /** A line of a process that shares its database with nobody: it leads without a lease. */
  static Line alone(String name) {
    Line line = new Line(name);
    line.isAlone = true;
    return line;
  }

  public String name() {
    return name;
  }

  /** The lease by which this instance leads; empty while it does not. */
  public Optional<Lease> lease() {
    return lease;
  }

  /** Whether nobody else can lead it. */
  boolean isAlone() {
    return isAlone;
  }

  /** How many writes and sends the database refused since another instance leads. */
  public long refused() {
    return refused.get();
  }

  /** Whether the lease is to be given back when a round is over. */
  boolean isResigning() {
    return resigning;
  }

  /**
   * @param news is run when the lease was taken or is to be given back
   */
  void onNews(Runnable news) {
    this.news = news;
  }

  /** The database said so; it may have been just before the lease was given back. */
  synchronized void leads(Lease taken) {
    Optional<Lease> told = Optional.of(taken);
    if (told.equals(lease) || told.equals(former)) return;
    resigning = false;
    lease = told;
    news.run();
  }

  synchronized void resign() {
    if (lease.isEmpty() || resigning) return;
    resigning = true;
    news.run();
  }

  synchronized void ended() {
    former = lease.isPresent() ? lease : former;
    lease = Optional.empty();
    resigning = false;
  }

  synchronized void refused(Lease stale) {
    refused.incrementAndGet();
    if (lease.equals(Optional.of(stale))) ended();
  }
}
