package org.mandate.cli.demo;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;

/** What remains running with {@code --keep}, and how to use it. */
final class KeptStage {
  private final Play play;
  private final PrintStream out;

  KeptStage(Play play, PrintStream out) {
    this.play = play;
    this.out = out;
  }

  /** Says what is there and waits until the process is ended. */
  void hold() {
    var stage = play.stage();
    var rpc = "--rpc %s --rpc %s".formatted(stage.home().url(), stage.remote().url());
    var home = "--rpc " + stage.home().url();
    var relayer = stage.relayers().getFirst().url();
    var deployments = "--deployments " + stage.deployments();
    out.printf("%nEverything keeps running until you press Ctrl-C.%n");
    out.printf("  home chain %d    %s%n", Stage.HOME, stage.home().url());
    out.printf("  remote chain %d  %s%n", Stage.REMOTE, stage.remote().url());
    for (var service : stage.relayers()) {
      out.printf("  %-18s %s   log %s%n", service.name(), service.url(), service.log());
    }
    for (var service : stage.watchdogs()) {
      out.printf("  %-18s %s   log %s%n", service.name(), service.url(), service.log());
    }
    // As written, from any folder.
    var mandate = "'" + stage.root().resolve("mandate").toString().replace("'", "'\\''") + "'";
    out.printf("%nTry:%n");
    out.printf("  curl -s %s/v1/intents%n", relayer);
    var watchdog = stage.watchdogs().getFirst().url();
    out.printf("  curl -s %s/v1/findings%n", watchdog);
    out.printf("  %s agent show --agent %d %s %s%n", mandate, play.agentId(), home, deployments);
    out.printf(
        "  %s policy headroom --agent %d %s %s%n", mandate, play.agentId(), home, deployments);
    out.printf("  %s intent list --relayer %s%n", mandate, relayer);
    out.printf(
        "  %s audit verify --agent %d %s %s --blobs %s%n",
        mandate, play.agentId(), rpc, deployments, relayer);
    out.printf(
        "  %s doctor %s %s --relayer %s --watchdog %s%n",
        mandate, rpc, deployments, relayer, watchdog);
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
