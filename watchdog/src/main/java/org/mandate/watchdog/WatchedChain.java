package org.mandate.watchdog;

/** Everything that runs for one chain. */
record WatchedChain(
    Link link,
    Chronicle chronicle,
    Follower follower,
    Scout scout,
    Enforcer enforcer,
    ForgeryExaminer forgery)
    implements AutoCloseable {
  long id() {
    return link.id();
  }

  void start() {
    enforcer.start();
    scout.start();
    follower.start();
  }

  /** Looks again at what is queued. */
  void reopen() {
    forgery.reopen();
  }

  @Override
  public void close() {
    follower.close();
    scout.close();
    forgery.close();
    enforcer.close();
  }
}
