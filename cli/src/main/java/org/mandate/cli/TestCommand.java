package org.mandate.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

@Command(
    name = "test",
    description = {
      "Sets everything up and runs every test, Solidity and Java.",
      "The launcher does it: ./mandate test [MAVEN OPTIONS]"
    })
final class TestCommand implements Callable<ExitCode> {
  @Unmatched private String[] mavenOptions = new String[0];

  @Override
  public ExitCode call() {
    throw new Failure(ExitCode.USAGE, "the tests are run by the launcher: ./mandate test");
  }
}
