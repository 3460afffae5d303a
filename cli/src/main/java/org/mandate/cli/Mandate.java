package org.mandate.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.NoSuchElementException;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.NodeException;
import org.mandate.cli.agent.AgentCommand;
import org.mandate.cli.audit.AuditCommand;
import org.mandate.cli.bench.BenchCommand;
import org.mandate.cli.bond.BondCommand;
import org.mandate.cli.breaker.BreakerCommand;
import org.mandate.cli.deploy.DeployCommand;
import org.mandate.cli.doctor.DoctorCommand;
import org.mandate.cli.intent.IntentCommand;
import org.mandate.cli.keys.KeysCommand;
import org.mandate.cli.lane.LaneCommand;
import org.mandate.cli.order.OrderCommand;
import org.mandate.cli.policy.PolicyCommand;
import org.mandate.cli.windows.WindowsCommand;
import org.mandate.config.ConfigException;
import org.mandate.deploy.DeploymentException;
import org.mandate.signer.KeyException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code mandate} command. */
@Command(
    name = "mandate",
    description = "Give an AI agent a budget, not your keys.",
    mixinStandardHelpOptions = true,
    version = "mandate 0.1.0",
    synopsisSubcommandLabel = "COMMAND")
public final class Mandate implements Runnable {
  private static final List<Class<?>> COMMANDS =
      List.of(
          DemoCommand.class,
          TestCommand.class,
          DeployCommand.class,
          AgentCommand.class,
          PolicyCommand.class,
          BreakerCommand.class,
          LaneCommand.class,
          OrderCommand.class,
          WindowsCommand.class,
          BondCommand.class,
          IntentCommand.class,
          AuditCommand.class,
          KeysCommand.class,
          RelayerCommand.class,
          WatchdogCommand.class,
          BenchCommand.class,
          DoctorCommand.class);

  @Spec private CommandSpec command;

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "say what to do: one of the commands below");
  }

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(commandLine(arguments).execute(arguments));
  }

  /** The command with all that it can do, ready to execute; tests give it their own writers. */
  static CommandLine commandLine() {
    return commandLine(COMMANDS);
  }

  /**
   * As far as these arguments need it: a tenth of a relayer's start was making commands that nobody
   * asked for.
   */
  private static CommandLine commandLine(String... arguments) {
    var asked = arguments.length == 0 ? "" : arguments[0];
    var one =
        COMMANDS.stream().filter(c -> c.getAnnotation(Command.class).name().equals(asked)).toList();
    return commandLine(one.isEmpty() ? COMMANDS : one);
  }

  private static CommandLine commandLine(List<Class<?>> commands) {
    var line = new CommandLine(new Mandate());
    commands.forEach(line::addSubcommand);
    configure(line);
    return line;
  }

  private static void configure(CommandLine line) {
    line.setExecutionStrategy(Mandate::execute);
    line.setExitCodeExceptionMapper(Mandate::exitCode);
    line.setExecutionExceptionHandler(
        (exception, at, parsed) -> {
          at.getErr().println("mandate: " + words(exception));
          at.getErr().flush();
          if (parsed.asCommandLineList().getLast().getParseResult().hasMatchedOption("--json")) {
            failed(at, exception, exitCode(exception));
          }
          return exitCode(exception);
        });
    line.setParameterExceptionHandler(
        (exception, arguments) -> {
          var at = exception.getCommandLine();
          at.getErr().println("mandate: " + exception.getMessage());
          at.usage(at.getErr());
          at.getErr().flush();
          if (Arrays.asList(arguments).contains("--json")) {
            failed(at, exception, ExitCode.USAGE.code());
          }
          return ExitCode.USAGE.code();
        });
    addHelp(line);
  }

  /**
   * Runs the last command on the line; what it returns is the exit code, which picocli knows of
   * integers only.
   */
  private static int execute(ParseResult parsed) {
    var code = new CommandLine.RunLast().execute(parsed);
    return parsed.asCommandLineList().getLast().getExecutionResult() instanceof ExitCode answer
        ? answer.code()
        : code;
  }

  /** Every command has help and lists the exit codes. */
  private static void addHelp(CommandLine line) {
    var codes = new LinkedHashMap<String, String>();
    Arrays.stream(ExitCode.values())
        .forEach(c -> codes.put(Integer.toString(c.code()), c.meaning()));
    var spec = line.getCommandSpec();
    spec.mixinStandardHelpOptions(true);
    spec.usageMessage().exitCodeListHeading("%nExit codes:%n").exitCodeList(codes).width(110);
    spec.exitCodeOnInvalidInput(ExitCode.USAGE.code());
    line.getSubcommands().values().forEach(Mandate::addHelp);
  }

  /** With {@code --json} a script finds an object on standard output whatever happened. */
  private static void failed(CommandLine at, Exception exception, int exitCode) {
    at.getOut()
        .println(
            Output.object()
                .put("ok", false)
                .put("error", words(exception))
                .put("exitCode", exitCode));
    at.getOut().flush();
  }

  /** In words; of what nobody foresaw also what it is and where, else nobody could report it. */
  static String words(Exception exception) {
    var isForeseen =
        exception.getMessage() != null
            && !(exception instanceof IndexOutOfBoundsException
                || exception instanceof NullPointerException
                || exception instanceof ClassCastException
                || exception instanceof NoSuchElementException);
    if (isForeseen) return exception.getMessage();
    var where =
        Arrays.stream(exception.getStackTrace())
            .filter(frame -> frame.getClassName().startsWith("org.mandate."))
            .findFirst()
            .map(frame -> " at " + frame)
            .orElse("");
    return "a fault of this program: " + exception + where;
  }

  /** What an exception means to a script. */
  static int exitCode(Throwable exception) {
    return switch (exception) {
      case Failure failure -> failure.exitCode().code();
      case ConfigException e -> ExitCode.CONFIGURATION.code();
      case KeyException e -> ExitCode.CONFIGURATION.code();
      case CallRevertedException e -> ExitCode.REFUSED.code();
      case NodeException e -> ExitCode.UNREACHABLE.code();
      // No cause: the node did answer, and said no for the contract.
      case DeploymentException e ->
          (e.getCause() == null ? ExitCode.REFUSED : ExitCode.UNREACHABLE).code();
      case IllegalArgumentException e -> ExitCode.CONFIGURATION.code();
      default -> ExitCode.UNREACHABLE.code();
    };
  }
}
