package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.config.Config;
import org.mandate.config.ConfigException;
import org.mandate.testing.SampleKeys;

class WatchdogConfigTest {
  @TempDir Path directory;

  @Test
  void shouldReadTheSample() throws Exception {
    WatchdogConfig config = load(sample());
    assertEquals(
        List.of(31337L, 31338L),
        config.chains().stream().map(WatchdogConfig.ChainSettings::id).toList());
    assertEquals(Duration.ofMinutes(2), config.safetyMargin());
    assertEquals(WatchdogConfig.WhenHomeIsSilent.DISPUTE, config.whenHomeIsSilent());
    assertEquals(Optional.empty(), config.webhook());
  }

  @Test
  void shouldShowEveryKeyInTheSample() throws Exception {
    assertEquals(
        SampleKeys.read(WatchdogConfig.class), SampleKeys.shown(WatchdogConfig.class, sample()));
  }

  @Test
  void shouldReadWhatTheSampleLeavesOut() throws Exception {
    WatchdogConfig config =
        load(
            sample()
                + """
                webhook:
                  url: https://pager.example/mandate
                  secret-variable: PAGER_SECRET
                blob-gateway: http://127.0.0.1:8080
                """);
    assertEquals(Optional.of("PAGER_SECRET"), config.webhook().orElseThrow().secretVariable());
    assertEquals(Optional.of(URI.create("http://127.0.0.1:8080")), config.blobGateway());
  }

  @Test
  void shouldRefuseAnUnknownKeyAndNameTheNearest() throws Exception {
    String misspelt = sample().replace("safety-margin:", "safety-margn:");
    ConfigException refused = assertThrows(ConfigException.class, () -> load(misspelt));
    assertTrue(refused.getMessage().contains("safety-margin"), refused.getMessage());
  }

  @Test
  void shouldRefuseASingleChain() throws Exception {
    String text = sample();
    String alone =
        text.substring(0, text.indexOf("  # A chain that payments go to."))
            + text.substring(text.indexOf("# What it signs with"));
    assertTrue(
        assertThrows(ConfigException.class, () -> load(alone))
            .getMessage()
            .contains("at least one destination"));
  }

  private WatchdogConfig load(String text) throws Exception {
    Path file = Files.writeString(directory.resolve("watchdog.yaml"), text);
    return Config.load(WatchdogConfig.class, Optional.of(file), Map.of(), Map.of());
  }

  private static String sample() throws Exception {
    try (var in = WatchdogConfig.class.getResourceAsStream("/watchdog.sample.yaml")) {
      return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
  }
}
