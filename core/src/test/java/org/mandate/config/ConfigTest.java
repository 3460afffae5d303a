package org.mandate.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Finality;

class ConfigTest {
  enum Mode {
    DRY_RUN,
    LIVE
  }

  record ChainSettings(BigInteger id, List<URI> rpcUrls, @Default("finalized") Finality finality) {
    ChainSettings {
      if (id.signum() <= 0) {
        throw new IllegalArgumentException("chain id " + id + " is not above 0");
      }
    }
  }

  record Api(@Default("127.0.0.1") String host, @Default("0") int port) {}

  record Settings(
      List<ChainSettings> chains,
      Path key,
      Address address,
      Api api,
      Optional<Api> metrics,
      @Default("500ms") Duration pollInterval,
      @Default("dry-run") Mode mode,
      Optional<Boolean> loud,
      List<URI> peers,
      Map<String, Integer> weights) {}

  private static final String WHOLE =
      """
      # a comment
      chains:
        - id: 31337
          rpc-urls: [http://127.0.0.1:8545, "http://127.0.0.1:8546"]
        - id: 31338
          rpc-urls:
            - http://127.0.0.1:9545
          finality: 12
      key: keys/relayer.json
      address: 0x00aeb6053f3e94c9b9a09f33669435e7ef1beaed
      api:
        port: 8080
      poll-interval: 2s
      mode: live
      loud:
      weights: {one: 1, two: 2}
      """;

  @TempDir Path folder;

  @Test
  void shouldBindAFile() throws IOException {
    Settings settings = load(WHOLE, Map.of(), Map.of());
    assertEquals(2, settings.chains().size());
    assertEquals(
        List.of(URI.create("http://127.0.0.1:8545"), URI.create("http://127.0.0.1:8546")),
        settings.chains().get(0).rpcUrls());
    assertEquals(new Finality.FinalizedTag(), settings.chains().get(0).finality());
    assertEquals(new Finality.Confirmations(12), settings.chains().get(1).finality());
    assertEquals(folder.resolve("keys/relayer.json"), settings.key());
    assertEquals(
        "0x00aeb6053f3e94c9b9a09f33669435e7ef1beaed", settings.address().hex()); // not a number
    assertEquals(new Api("127.0.0.1", 8080), settings.api());
    assertEquals(Optional.empty(), settings.metrics());
    assertEquals(Duration.ofSeconds(2), settings.pollInterval());
    assertEquals(Mode.LIVE, settings.mode());
    assertEquals(Optional.empty(), settings.loud());
    assertEquals(List.of(), settings.peers());
    assertEquals(Map.of("one", 1, "two", 2), settings.weights());
  }

  @Test
  void shouldPreferFlagsToEnvironmentToFile() throws IOException {
    Settings settings =
        load(
            WHOLE,
            Map.of(
                "MANDATE_API_PORT", "1",
                "MANDATE_API_HOST", "::1",
                "MANDATE_METRICS_PORT", "3",
                "MANDATE_CHAINS_0_RPC_URLS", "http://10.0.0.1:1,http://10.0.0.2:2",
                "MANDATE_PEERS", "http://127.0.0.1:1",
                "MANDATE_KEY", "here.json",
                "MANDATE_UNRELATED", "left alone",
                "PATH", "/bin"),
            Map.of("api.port", "2", "loud", "true"));
    assertEquals(new Api("::1", 2), settings.api());
    assertEquals(Optional.of(new Api("127.0.0.1", 3)), settings.metrics());
    assertEquals(2, settings.chains().get(0).rpcUrls().size());
    assertEquals(List.of(URI.create("http://127.0.0.1:1")), settings.peers());
    assertEquals(Path.of("here.json").toAbsolutePath(), settings.key()); // as the shell means it
    assertEquals(Optional.of(true), settings.loud());
  }

  @Test
  void shouldDoWithoutAFileWhenTheRestIsEnough() {
    var api = Config.load(Api.class, Optional.empty(), Map.of("MANDATE_PORT", "5"), Map.of());
    assertEquals(new Api("127.0.0.1", 5), api);
  }

  @Test
  void L12_shouldSayEverythingThatIsWrongAtOnce() throws IOException {
    var refused =
        refuses(
            """
            chains:
              - id: 0
                rpc-urls: [nonsense]
              - id: -1
                rpc-url: http://127.0.0.1
            adress: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"
            address: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"
            pollInterval: 2s
            poll-interval: 2
            mode: alive
            loud: yes
            api: 8080
            weights: [1]
            """,
            Map.of(),
            Map.of());
    for (String problem :
        List.of(
            "relayer.yaml:3: chains.0.rpc-urls.0: is not a URL",
            "relayer.yaml:5: chains.1.rpc-url: no such setting; did you mean rpc-urls?",
            "relayer.yaml:6: adress: no such setting; did you mean address?",
            "relayer.yaml:7: address: address 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed has a wrong checksum",
            "relayer.yaml:8: pollInterval: no such setting; did you mean poll-interval?",
            "relayer.yaml:9: poll-interval: \"2\" is not a duration",
            "relayer.yaml:10: mode: \"alive\" is none of dry-run, live",
            "relayer.yaml:11: loud: \"yes\" is neither true nor false",
            "relayer.yaml:12: api: must hold settings of its own",
            "relayer.yaml:13: weights: must hold",
            "key is missing: set it in the file, by the variable MANDATE_KEY or by the flag --set key=VALUE")) {
      assertTrue(
          refused.problems().stream().anyMatch(p -> p.startsWith(problem)),
          problem + " in\n" + refused.getMessage());
    }
  }

  @Test
  void shouldReportTheRecordsOwnChecks() throws IOException {
    var refused = refuses(WHOLE.replace("id: 31338", "id: -1"), Map.of(), Map.of("api.prot", "1"));
    assertEquals(
        List.of(
            "relayer.yaml:5: chains.1: chain id -1 is not above 0",
            "flag api.prot: no such setting; did you mean api.port?"),
        refused.problems());
  }

  @Test
  void shouldRefuseAVariableThatIsNearlyASetting() throws IOException {
    assertEquals(
        List.of(
            "variable MANDATE_POLL_INTREVAL: no such setting; did you mean MANDATE_POLL_INTERVAL?"),
        refuses(WHOLE, Map.of("MANDATE_POLL_INTREVAL", "1s"), Map.of()).problems());
    assertEquals(
        List.of("variable MANDATE_CHAINS_2_ID: no such setting; did you mean MANDATE_CHAINS_0_ID?"),
        refuses(WHOLE, Map.of("MANDATE_CHAINS_2_ID", "7"), Map.of()).problems());
    load(WHOLE, Map.of("MANDATE_HOME", "x", "MANDATE_RPC", "x", "MANDATES_KEY", "x"), Map.of());
  }

  @Test
  void shouldRefuseAPasswordAmongTheFlagsWithoutShowingIt() throws IOException {
    for (String url :
        List.of(
            "postgresql://me:hush@db/relayer",
            "postgresql://db/relayer?password=hush",
            "http://x/,http://:hush@y/")) {
      var refused = refuses(WHOLE, Map.of(), Map.of("peers", url));
      assertTrue(refused.getMessage().contains("MANDATE_PEERS"), refused.getMessage());
      assertFalse(refused.getMessage().contains("hush"), refused.getMessage());
    }
    var unknown = refuses(WHOLE, Map.of(), Map.of("key.passphrase", "hush"));
    assertTrue(unknown.getMessage().contains("no such setting"), unknown.getMessage());
    assertFalse(unknown.getMessage().contains("hush"), unknown.getMessage());
  }

  @Test
  void shouldNotShowASecretWhenAUrlOrALineIsWrong() throws IOException {
    var url =
        refuses(
            WHOLE.replace("http://127.0.0.1:9545", "postgresql:user:hush@nowhere"),
            Map.of(),
            Map.of());
    assertFalse(url.getMessage().contains("hush"), url.getMessage());
    var yaml = refuses("key: hush: hush\n", Map.of(), Map.of());
    assertFalse(yaml.getMessage().contains("hush"), yaml.getMessage());
  }

  @Test
  void shouldRefuseWhenAKeyStandsTwiceOrTheFileIsNoSettings() throws IOException {
    assertTrue(
        refuses(WHOLE + "mode: live\n", Map.of(), Map.of())
            .getMessage()
            .contains("mode stands twice"));
    assertTrue(refuses("- a\n", Map.of(), Map.of()).getMessage().contains("key: value"));
    assertTrue(refuses("a: &x [*x]", Map.of(), Map.of()).getMessage().contains("YAML"));
    assertTrue(
        refuses(WHOLE.replace("2s", "''"), Map.of(), Map.of())
            .getMessage()
            .contains("poll-interval: is empty"));
    var missing =
        assertThrows(
            ConfigException.class,
            () ->
                Config.load(
                    Settings.class, Optional.of(folder.resolve("none.yaml")), Map.of(), Map.of()));
    assertTrue(missing.getMessage().contains("none.yaml"));
  }

  @Property
  void shouldBeAMetricWhenWordsAreCompared(@ForAll String a, @ForAll String b) {
    assertEquals(0, Nearest.distance(a, a));
    assertEquals(Nearest.distance(a, b), Nearest.distance(b, a));
    assertTrue(Nearest.distance(a, b) <= Math.max(a.length(), b.length()));
    assertEquals(a.equals(b), Nearest.distance(a, b) == 0);
  }

  private Settings load(String yaml, Map<String, String> environment, Map<String, String> flags)
      throws IOException {
    Path file = Files.writeString(folder.resolve("relayer.yaml"), yaml);
    return Config.load(Settings.class, Optional.of(file), environment, flags);
  }

  private ConfigException refuses(
      String yaml, Map<String, String> environment, Map<String, String> flags) throws IOException {
    Path file = Files.writeString(folder.resolve("relayer.yaml"), yaml);
    return assertThrows(
        ConfigException.class,
        () -> Config.load(Settings.class, Optional.of(file), environment, flags));
  }
}
