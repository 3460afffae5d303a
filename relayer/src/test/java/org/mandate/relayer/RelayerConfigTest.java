package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mandate.config.Config;
import org.mandate.config.ConfigException;
import org.mandate.testing.SampleKeys;

class RelayerConfigTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void sample() throws Exception {
    file = folder.resolve("relayer.yaml");
    try (InputStream in = RelayerConfigTest.class.getResourceAsStream("/relayer.sample.yaml")) {
      Files.write(file, in.readAllBytes());
    }
  }

  private RelayerConfig load(Map<String, String> environment) {
    return Config.load(RelayerConfig.class, Optional.of(file), environment, Map.of());
  }

  @Test
  void shouldReadTheSample() {
    RelayerConfig config = load(Map.of());
    assertEquals(2, config.chains().size());
    assertEquals("finalized", config.chains().get(1).finality());
    assertEquals(folder.resolve("relayer-data").resolve("blobs"), config.blobs());
    assertEquals(8080, config.http().port());
    assertEquals(Duration.ofSeconds(5), config.stagger());
    assertEquals(2, config.peers().size());
  }

  /** Every key that is read stands in the sample, as it is or behind a {@code #}, and no other. */
  @Test
  void shouldShowEveryKeyInTheSample() throws Exception {
    assertEquals(
        SampleKeys.read(RelayerConfig.class),
        SampleKeys.shown(RelayerConfig.class, Files.readString(file)));
  }

  @Test
  void shouldLetTheEnvironmentOverrideTheFile() {
    RelayerConfig config =
        load(
            Map.of(
                "MANDATE_DATABASE_URL",
                "postgresql://me:secret@db.example:6543/relayer",
                "MANDATE_STAGGER",
                "9s"));
    assertEquals(Duration.ofSeconds(9), config.stagger());
    assertEquals(
        "jdbc:postgresql://db.example:6543/relayer?user=me&password=secret",
        Relayer.jdbc(config.databaseUrl().orElseThrow()));
  }

  @Test
  void shouldTakeADatabaseWithoutPassword() {
    assertEquals(
        "jdbc:postgresql://localhost/r?sslmode=require&user=me",
        Relayer.jdbc(URI.create("postgresql://me@localhost/r?sslmode=require")));
  }

  @ParameterizedTest
  @CsvSource({
    "stagger: 5s, staggger: 5s, stagger",
    "finality: finalized, finality: soon, finality",
    "poll-interval: 500ms, poll-interval: 1ms, poll-interval",
    "passphrase-file: keys/relayer.passphrase, passphrase: secret, passphrase",
    "id: 31338, id: 31337, twice"
  })
  void shouldRefuseInWordsWhenASettingIsWrong(String right, String wrong, String named)
      throws Exception {
    Files.writeString(file, Files.readString(file).replace(right, wrong));
    ConfigException refused = assertThrows(ConfigException.class, () -> load(Map.of()));
    assertTrue(refused.getMessage().contains(named), refused.getMessage());
  }
}
