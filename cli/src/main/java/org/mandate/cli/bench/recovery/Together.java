package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The same with several, at the same time. */
final class Together {
  private Together() {}

  /** What is done with one. */
  interface Step<T> {
    void of(T each) throws Exception;
  }

  /**
   * Waits for all of them.
   *
   * @param what breaks off when a step fails, in words
   */
  static <T> void each(String what, List<T> all, Step<T> step) throws IOException {
    var steps = new ArrayList<CompletableFuture<Void>>();
    for (var each : all) {
      var done = new CompletableFuture<Void>();
      steps.add(done);
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  step.of(each);
                  done.complete(null);
                } catch (Throwable e) { // whoever joins must hear of an Error too
                  done.completeExceptionally(e);
                }
              });
    }
    try {
      steps.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      throw new IOException(what + " broke off: " + e.getCause(), e.getCause());
    }
  }
}
