package org.mandate.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.mandate.cli.demo.Demo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = {
      "Plays the whole story on two local chains: a DAO puts an AI agent on a leash.",
      "Every outcome is read back from the chains and the stores. Nothing stays behind."
    })
final class DemoCommand implements Callable<ExitCode> {
  @Mixin private Output output;

  @Option(
      names = "--keep",
      description = "Leave everything running and say how to use it, until Ctrl-C.")
  private boolean keep;

  @Override
  public ExitCode call() throws IOException {
    return new Demo(Home.directory(), System.err, keep).run(output::json)
        ? ExitCode.OK
        : ExitCode.NO;
  }
}
