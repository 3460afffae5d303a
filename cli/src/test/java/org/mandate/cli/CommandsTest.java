package org.mandate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.cli.deploy.DeployFile;
import org.mandate.config.Config;
import org.mandate.config.ConfigException;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.relayer.RelayerConfig;
import org.mandate.watchdog.WatchdogConfig;
import picocli.CommandLine;

/** What every command owes its user, and the commands that need no chain. */
class CommandsTest {
  @TempDir private Path folder;

  @Test
  void shouldHaveHelpWithExitCodesForEveryCommand() {
    var commands = new ArrayList<List<String>>();
    collect(Mandate.commandLine(), List.of(), commands);
    assertTrue(commands.size() > 30, "only " + commands);
    for (var command : commands) {
      var asked = new ArrayList<>(command);
      asked.add("--help");
      var run = Run.mandate(asked.toArray(String[]::new));
      assertEquals(0, run.code(), command.toString());
      assertTrue(run.out().contains("Usage: mandate"), command + ": " + run.out());
      assertTrue(run.out().contains("Exit codes:"), command.toString());
    }
  }

  @Test
  void shouldOfferJsonOnEveryCommandThatAnswers() {
    var commands = new ArrayList<CommandLine>();
    leaves(Mandate.commandLine(), commands);
    for (var command : commands) {
      var name = command.getCommandSpec().qualifiedName();
      // These two do not answer and end: one runs until it is stopped, the other is the launcher's.
      if (!name.endsWith(" run") && !name.equals("mandate test")) {
        assertTrue(command.getCommandSpec().optionsMap().containsKey("--json"), name);
      }
    }
  }

  /** A group's help lists each command by the first of its lines. */
  @Test
  void shouldSumUpEveryCommandInOneSentence() {
    var commands = new ArrayList<CommandLine>();
    leaves(Mandate.commandLine(), commands);
    for (var command : commands) {
      var usage = command.getCommandSpec().usageMessage();
      var summary = usage.header().length > 0 ? usage.header()[0] : usage.description()[0];
      assertTrue(summary.endsWith("."), command.getCommandSpec().qualifiedName() + ": " + summary);
    }
  }

  @Test
  void shouldSayUsageWhenTheCommandLineIsWrong() {
    assertEquals(2, Run.mandate("policy").code());
    assertEquals(2, Run.mandate("policy", "shwo").code());
    assertEquals(2, Run.mandate("policy", "show").code());
    var group = Run.mandate("keys");
    assertTrue(group.err().contains("new") && group.err().contains("import"), group.err());
  }

  @Test
  void shouldSayUnreachableWhenNoNodeAnswers() {
    var run = Run.mandate("policy", "show", "--agent", "1", "--rpc", "http://127.0.0.1:1");
    assertEquals(4, run.code(), run.err());
    assertEquals("", run.out());
  }

  @Test
  void shouldSayConfigurationWhenAFileIsWrong() throws Exception {
    var file = Files.writeString(folder.resolve("deploy.yaml"), "chanis: []\n");
    var key = key("deployer");
    var run =
        Run.mandate(
            "deploy", "--config", file.toString(), "--key", key, "--passphrase-file", passphrase());
    assertEquals(3, run.code());
    assertTrue(run.err().contains("did you mean chains?"), run.err());
  }

  @Test
  void shouldRefuseASettingOnTheCommandLineThatDoesNotExistOrHoldsASecret() throws Exception {
    for (var process : List.of("relayer", "watchdog")) {
      var file =
          Files.writeString(
              folder.resolve(process + ".yaml"), Run.mandate(process, "sample-config").out());
      var run = List.of(process, "run", "--config", file.toString());
      var unknown = with(run, "--set", "http.prot=0");
      assertEquals(3, unknown.code(), unknown.err());
      assertTrue(unknown.err().contains("did you mean http.port?"), unknown.err());
      var secret = with(run, "--set", "key.passphrase=hush");
      assertEquals(3, secret.code(), secret.err());
      assertFalse(secret.err().contains("hush"), secret.err());
      var wrong = with(run, "--http-port", "70000");
      assertEquals(3, wrong.code(), wrong.err());
      assertTrue(wrong.err().contains("70000"), wrong.err());
      var twice = with(run, "--http-port", "1", "--set", "http.port=2");
      assertEquals(2, twice.code(), twice.err());
    }
    var url = "postgresql://me:hush@127.0.0.1:1/relayer";
    var database =
        with(
            List.of("relayer", "run", "--config", folder.resolve("relayer.yaml").toString()),
            "--database-url",
            url);
    assertEquals(3, database.code(), database.err());
    assertTrue(database.err().contains("MANDATE_DATABASE_URL"), database.err());
    assertFalse(database.err().contains("hush"), database.err());
  }

  private static Run with(List<String> command, String... more) {
    var all = new ArrayList<>(command);
    all.addAll(List.of(more));
    return Run.mandate(all.toArray(String[]::new));
  }

  @Test
  void shouldMakeAKeyFileForItsOwnerOnlyAndNeverOverwriteIt() throws Exception {
    var file = folder.resolve("keys/agent.json");
    var made =
        Run.mandate(
            "keys", "new", file.toString(), "--light", "--passphrase-file", passphrase(), "--json");
    assertEquals(0, made.code(), made.err());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    var address = made.json().path("address").asText();

    var shown =
        Run.mandate(
            "keys",
            "address",
            file.toString(),
            "--prove",
            "--passphrase-file",
            passphrase(),
            "--json");
    assertEquals(0, shown.code(), shown.err());
    assertEquals(address, shown.json().path("address").asText());

    var before = Files.readString(file);
    var again =
        Run.mandate("keys", "new", file.toString(), "--light", "--passphrase-file", passphrase());
    assertEquals(3, again.code());
    assertTrue(again.err().contains("never overwritten"), again.err());
    assertEquals(before, Files.readString(file));
  }

  @Test
  void shouldImportAKeyFromStandardInputWithoutShowingIt() throws Exception {
    var hex = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    var file = folder.resolve("imported.json");
    var run = imported(file, "0x" + hex + "\n");
    assertEquals(0, run.code(), run.err());
    assertEquals("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", run.json().path("address").asText());
    assertFalse((run.out() + run.err() + Files.readString(file)).contains(hex));

    var wrong = imported(folder.resolve("wrong.json"), "0x" + hex.substring(1) + "\n");
    assertEquals(3, wrong.code());
    assertFalse(wrong.err().contains(hex.substring(1, 20)), wrong.err());
    assertFalse(Files.exists(folder.resolve("wrong.json")));
  }

  @Test
  void shouldRefuseAWrongPassphrase() throws Exception {
    var key = key("some");
    var other = Files.writeString(folder.resolve("other"), "not that one\n").toString();
    var run = Run.mandate("keys", "address", key, "--prove", "--passphrase-file", other);
    assertEquals(3, run.code());
    assertTrue(run.err().contains("does not open with this passphrase"), run.err());
  }

  @Test
  void shouldPrintSamplesThatItsOwnReadersTake() throws Exception {
    for (var sample :
        List.of(List.of("relayer", "sample-config"), List.of("watchdog", "sample-config"))) {
      var run = Run.mandate(sample.toArray(String[]::new));
      assertEquals(0, run.code(), run.err());
      assertTrue(run.out().contains("chains:"), run.out());
    }
    assertTrue(
        Run.mandate("relayer", "sample-config", "--json")
            .json()
            .path("document")
            .asText()
            .contains("chains:"));
    var mandate = Run.mandate("policy", "sample-file");
    assertTrue(mandate.out().contains("max-audit-lag"), mandate.out());
    var deploy =
        Files.writeString(
            folder.resolve("deploy.yaml"), Run.mandate("deploy", "sample-config").out());
    var parameters = DeployFile.read(deploy).parameters();
    assertEquals(31337, parameters.homeChainId());
    assertEquals(2, parameters.threshold());
  }

  @Test
  void shouldPrintSamplesThatAgreeWithEachOther() throws Exception {
    var deploy = DeployFile.read(sample("deploy", "sample-config"));
    var relayer =
        Config.load(
            RelayerConfig.class,
            Optional.of(sample("relayer", "sample-config")),
            Map.of(),
            Map.of());
    var watchdog =
        Config.load(
            WatchdogConfig.class,
            Optional.of(sample("watchdog", "sample-config")),
            Map.of(),
            Map.of());
    sample("policy", "sample-file");
    assertTrue(deploy.relayers().contains(relayer.key().address()), "the relayer attests");
    assertTrue(deploy.guardians().contains(watchdog.key().address()), "the watchdog disputes");
    var ids = deploy.chains().stream().map(DeployFile.ChainPart::id).toList();
    assertEquals(ids, relayer.chains().stream().map(RelayerConfig.ChainSettings::id).toList());
    assertEquals(ids, watchdog.chains().stream().map(WatchdogConfig.ChainSettings::id).toList());
  }

  private Path sample(String... command) throws Exception {
    var text = Run.mandate(command).out();
    assertTrue(text.contains("development key"), text);
    return Files.writeString(folder.resolve(command[0] + ".sample.yaml"), text);
  }

  @Test
  void L5_shouldDelayAnExistingAuthorityUnlessItDelaysItself() throws Exception {
    assertEquals(Duration.ofDays(1), authorityDelay("").orElseThrow());
    assertEquals(Duration.ofHours(6), authorityDelay("  execution-delay: 6h\n").orElseThrow());
    assertTrue(authorityDelay("  delays-itself: true\n").isEmpty());
    var none =
        assertThrows(
            IllegalArgumentException.class, () -> authorityDelay("  execution-delay: 0s\n"));
    assertTrue(none.getMessage().contains("what loosens must wait"), none.getMessage());
    var both =
        assertThrows(
            ConfigException.class,
            () -> authorityDelay("  execution-delay: 6h\n  delays-itself: true\n"));
    assertTrue(both.getMessage().contains("not both"), both.getMessage());
  }

  private Optional<Duration> authorityDelay(String lines) throws Exception {
    var sample = Run.mandate("deploy", "sample-config").out();
    var start = sample.indexOf("governance:\n");
    var authority = "authority:\n  address: \"" + "0x" + "a1".repeat(20) + "\"\n" + lines;
    var file =
        Files.writeString(
            folder.resolve("authority.yaml"),
            sample.substring(0, start)
                + authority
                + sample.substring(sample.indexOf("# A worthless")));
    return ((ExistingAuthority) DeployFile.read(file).parameters().governance()).executionDelay();
  }

  @Test
  void shouldSayThatARelayerDoesNotAnswer() {
    var run = Run.mandate("intent", "list", "--relayer", "http://127.0.0.1:1", "--json");
    assertEquals(4, run.code());
    assertTrue(run.err().contains("is it running?"), run.err());
  }

  @Test
  void shouldAnswerAFailureWithOneJsonObjectWhenJsonIsWanted() {
    var failed = Run.mandate("intent", "list", "--relayer", "http://127.0.0.1:1", "--json");
    assertFalse(failed.json().path("ok").asBoolean(true));
    assertEquals(4, failed.json().path("exitCode").asInt());
    assertTrue(failed.json().path("error").asText().contains("is it running?"), failed.out());
    var usage = Run.mandate("policy", "show", "--agnet", "1", "--json");
    assertEquals(2, usage.code());
    assertEquals(2, usage.json().path("exitCode").asInt());
    assertEquals("", Run.mandate("policy", "show", "--agnet", "1").out());
  }

  @Test
  void shouldWarnOfAPassphraseThatOthersReadOrThatIsShortAndRefuseAnEmptyOne() throws Exception {
    var file = Files.writeString(folder.resolve("open"), "short\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    var warned = newKey("warned", file);
    assertEquals(0, warned.code(), warned.err());
    assertTrue(warned.err().contains("others can read the passphrase file"), warned.err());
    assertTrue(warned.err().contains("shorter than 8 characters"), warned.err());

    Files.writeString(file, "long enough\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    var well = newKey("well", file);
    assertEquals(0, well.code(), well.err());
    assertFalse(well.err().contains("warning"), well.err());

    Files.writeString(file, "\n");
    var empty = newKey("empty", file);
    assertEquals(3, empty.code(), empty.err());
    assertFalse(Files.exists(folder.resolve("empty")));
  }

  private Run newKey(String name, Path passphrase) {
    return Run.mandate(
        "keys",
        "new",
        folder.resolve(name).toString(),
        "--light",
        "--passphrase-file",
        passphrase.toString());
  }

  @Test
  void shouldSayWhatAWatchdogLacksAndWhatItFound() throws Exception {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    answer(server, "/health/ready", 503, "{\"ready\":false,\"lacking\":[\"chain 1: fund it\"]}");
    answer(
        server,
        "/v1/findings",
        200,
        """
        {"findings":[{"status":"OPEN","severity":"CRITICAL","rule":"SELF","chainId":"1","seen":"no coins","next":"send some"},
                     {"status":"STOPPED","severity":"CRITICAL","rule":"FORGERY","chainId":"1","seen":"x","next":"y"}]}
        """);
    server.start();
    try {
      var url = "http://127.0.0.1:" + server.getAddress().getPort();
      var run = Run.mandate("doctor", "--watchdog", url);
      assertEquals(1, run.code(), run.out());
      assertTrue(run.out().contains("not ready: chain 1: fund it"), run.out());
      assertTrue(run.out().contains("1 critical and open, the last one SELF"), run.out());
      assertTrue(run.out().contains("send some"), run.out());
    } finally {
      server.stop(0);
    }
  }

  private static void answer(HttpServer server, String path, int status, String body) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            var bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
  }

  // ------------------------------------------------------------------ parts

  private Run imported(Path file, String input) throws Exception {
    var before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.US_ASCII)));
    try {
      return Run.mandate(
          "keys",
          "import",
          file.toString(),
          "--stdin",
          "--light",
          "--passphrase-file",
          passphrase(),
          "--json");
    } finally {
      System.setIn(before);
    }
  }

  private String key(String name) throws Exception {
    var file = folder.resolve(name + ".json");
    assertEquals(
        0,
        Run.mandate("keys", "new", file.toString(), "--light", "--passphrase-file", passphrase())
            .code());
    return file.toString();
  }

  private String passphrase() throws Exception {
    return Files.writeString(folder.resolve("passphrase"), "correct horse\n").toString();
  }

  private static void collect(CommandLine line, List<String> path, List<List<String>> all) {
    all.add(path);
    line.getSubcommands()
        .forEach(
            (name, sub) -> {
              var below = new ArrayList<>(path);
              below.add(name);
              collect(sub, List.copyOf(below), all);
            });
  }

  private static void leaves(CommandLine line, List<CommandLine> all) {
    if (line.getSubcommands().isEmpty()) {
      all.add(line);
    }
    line.getSubcommands().values().forEach(sub -> leaves(sub, all));
  }
}
