package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeploymentTest {
  private static final Deployment DEPLOYMENT =
      new Deployment(
          BigInteger.valueOf(31338),
          BigInteger.valueOf(31337),
          12,
          Map.of(
              "DestinationExecutor",
              new Deployment.Contract(
                  Address.of("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
                  Hash.keccak("code"),
                  Bytes.of("0x0102"))));

  @TempDir Path folder;

  @Test
  void shouldComeBackWhenWritten() {
    Path file = folder.resolve("deployments/31338.json");
    DEPLOYMENT.write(file);
    DEPLOYMENT.write(file); // again, over itself
    assertEquals(DEPLOYMENT, Deployment.read(file));
    assertEquals(
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", Deployment.read(file).executor().hex());
  }

  @Test
  void shouldSayWhatIsThereWhenAContractIsNot() {
    var refused = assertThrows(IllegalArgumentException.class, DEPLOYMENT::gateway);
    assertTrue(
        refused.getMessage().contains("QuorumGateway")
            && refused.getMessage().contains("DestinationExecutor"));
  }

  @Test
  void shouldNameFileAndFieldWhenItIsWrong() throws IOException {
    Path file = folder.resolve("31338.json");
    DEPLOYMENT.write(file);
    String good = Files.readString(file);
    refuses(file, good.replace("0x5aAeb", "0x5aaeb"), "checksum");
    refuses(file, good.replace("\"block\"", "\"blok\""), "blok");
    refuses(file, good.replace("\"31338\"", "31338"), "chainId");
    refuses(file, good.replace("12", "-1"), "negative");
    refuses(file, good + "{}", "JSON");
    refuses(file, "", "");
    var missing =
        assertThrows(
            IllegalArgumentException.class, () -> Deployment.read(folder.resolve("none.json")));
    assertTrue(missing.getMessage().contains("none.json"));
  }

  private static void refuses(Path file, String content, String word) throws IOException {
    Files.writeString(file, content);
    var refused = assertThrows(IllegalArgumentException.class, () -> Deployment.read(file));
    assertTrue(
        refused.getMessage().contains(word) && refused.getMessage().contains("31338.json"),
        refused.getMessage());
  }
}
