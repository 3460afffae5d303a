package org.mandate.cli.doctor;

import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.chain.NodeException;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Home;
import org.mandate.cli.Output;
import org.mandate.config.Config;
import org.mandate.relayer.RelayerConfig;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeySettings;
import org.mandate.signer.Passphrase;
import org.mandate.watchdog.WatchdogConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks at everything that it is shown, and goes on after the first thing that is wrong. */
@Command(
    name = "doctor",
    description = {
      "Looks at this machine and at a running system, and says what to fix.",
      "Of the system it looks at what it is given: nodes, deployment files, settings, addresses.",
      "Exit code 0: nothing fails (there may be warnings); 1: something does."
    })
public final class DoctorCommand implements Callable<ExitCode> {
  @Mixin private Output output;
  @Mixin private ChainOptions chains;

  @Option(
      names = "--relayer",
      paramLabel = "URL",
      description = "A relayer's API; as often as there are relayers.")
  private List<URI> relayers = List.of();

  @Option(
      names = "--watchdog",
      paramLabel = "URL",
      description = "A watchdog's address; as often as there are watchdogs.")
  private List<URI> watchdogs = List.of();

  @Option(
      names = "--relayer-config",
      paramLabel = "FILE",
      description = "A relayer's settings: its chains and itself are looked at.")
  private Optional<Path> relayerConfig = Optional.empty();

  @Option(
      names = "--watchdog-config",
      paramLabel = "FILE",
      description = "A watchdog's settings, likewise.")
  private Optional<Path> watchdogConfig = Optional.empty();

  /** A node and the chain that it must serve. */
  private record Node(
      URI rpc, Optional<Path> deployment, Optional<Long> chainId, Optional<Address> guardian) {}

  @Override
  public ExitCode call() {
    var nodes = new ArrayList<Node>();
    var keys = new LinkedHashMap<String, KeySettings>();
    var relayerUrls = new ArrayList<>(relayers);
    var watchdogUrls = new ArrayList<>(watchdogs);
    var enough = new Enough();
    chains
        .nodes()
        .forEach(
            url -> nodes.add(new Node(url, Optional.empty(), Optional.empty(), Optional.empty())));
    relayerConfig
        .map(file -> Config.load(RelayerConfig.class, Optional.of(file), System.getenv(), Map.of()))
        .ifPresent(
            config -> {
              config
                  .chains()
                  .forEach(
                      c ->
                          c.rpcUrls()
                              .forEach(
                                  u ->
                                      nodes.add(
                                          new Node(
                                              u,
                                              Optional.of(c.deployment()),
                                              Optional.of(c.id()),
                                              Optional.empty()))));
              enough.add(config);
              keys.put("relayer", config.key());
              config.treasury().ifPresent(key -> keys.put("treasury", key));
              address(config.http().host(), config.http().port()).ifPresent(relayerUrls::add);
            });
    watchdogConfig
        .map(
            file -> Config.load(WatchdogConfig.class, Optional.of(file), System.getenv(), Map.of()))
        .ifPresent(
            config -> {
              config
                  .chains()
                  .forEach(
                      c ->
                          c.rpcUrls()
                              .forEach(
                                  u ->
                                      nodes.add(
                                          new Node(
                                              u,
                                              Optional.of(c.deployment()),
                                              Optional.of(c.id()),
                                              Optional.of(config.key().address())))));
              keys.put("watchdog", config.key());
              address(config.http().host(), config.http().port()).ifPresent(watchdogUrls::add);
            });

    relayerUrls.forEach(url -> Service.health(url).ifPresent(enough::add));
    var checks = new ArrayList<>(Machine.examine(home()));
    var guardians = new HashMap<BigInteger, Set<String>>();
    for (var node : nodes) {
      checks.addAll(
          new Running(Clock.systemUTC(), guardians, enough)
              .examine(
                  node.rpc(), deployment(node), chains.folder(), node.chainId(), node.guardian()));
    }
    checks.addAll(across(nodes, guardians));
    keys.values().forEach(key -> key.secretFiles().forEach(file -> checks.add(passphrase(file))));
    keys.forEach((who, key) -> checks.add(signs(who, key)));
    relayerUrls.forEach(url -> checks.addAll(Service.examine("relayer", url)));
    watchdogUrls.forEach(url -> checks.addAll(Service.examine("watchdog", url)));
    return report(checks);
  }

  /** Opens the key as the process would, and has it sign words that mean nothing. */
  private static Check signs(String who, KeySettings settings) {
    try (var key = settings.open(System.getenv(), Clock.systemUTC())) {
      key.sign("mandate doctor".getBytes(StandardCharsets.UTF_8));
      return Check.ok(who, "key", key.address().checksummed() + " signs");
    } catch (KeyException | IllegalArgumentException e) {
      return Check.fail(
          who, "key", e.getMessage(), "the key section of its settings says where the key is");
    }
  }

  private Optional<Path> deployment(Node node) {
    return node.deployment().or(() -> chains.deploymentOf(node.rpc()));
  }

  /** Of each chain by the first node that serves it; what cannot be opened was told before. */
  private List<Check> across(List<Node> nodes, Map<BigInteger, Set<String>> guardians) {
    var opened = new LinkedHashMap<BigInteger, Chain>();
    try {
      for (var node : nodes) {
        try {
          var chain = Chain.open(node.rpc(), deployment(node), chains.folder());
          if (opened.putIfAbsent(chain.deployment().chainId(), chain) != null) {
            chain.close();
          }
        } catch (NodeException | Failure | IllegalArgumentException e) {
          continue;
        }
      }
      return Across.examine(List.copyOf(opened.values()), guardians);
    } finally {
      opened.values().forEach(Chain::close);
    }
  }

  private ExitCode report(List<Check> checks) {
    var json = Output.object();
    var failed = checks.stream().filter(c -> c.level() == Check.Level.FAIL).count();
    var warned = checks.stream().filter(c -> c.level() == Check.Level.WARN).count();
    json.put("ok", failed == 0).put("failed", failed).put("warned", warned);
    var list = json.putArray("checks");
    for (var check : checks) {
      output.line("%-4s  %s: %s: %s", check.level(), check.about(), check.name(), check.found());
      if (!check.next().isEmpty()) {
        output.line("      -> %s", check.next());
      }
      list.addObject()
          .put("about", check.about())
          .put("name", check.name())
          .put("level", check.level().name())
          .put("found", check.found())
          .put("next", check.next());
    }
    output.line("%d checks, %d failed, %d warnings", checks.size(), failed, warned);
    output.json(json);
    return failed == 0 ? ExitCode.OK : ExitCode.NO;
  }

  private static Check passphrase(Path file) {
    var name = "passphrase file " + file;
    if (!Files.isReadable(file)) {
      return Check.warn(
          "keys", name, "cannot be read from here", "is it the file of the machine that runs it?");
    }
    return Passphrase.othersMayRead(file)
        ? Check.warn("keys", name, "others can read it", "chmod 600 " + file)
        : Check.ok("keys", name, "only its owner reads it");
  }

  private static Optional<URI> address(String host, int port) {
    return port == 0 ? Optional.empty() : Optional.of(URI.create("http://" + host + ":" + port));
  }

  private static Optional<Path> home() {
    try {
      return Optional.of(Home.directory());
    } catch (Failure e) {
      return Optional.empty();
    }
  }
}
