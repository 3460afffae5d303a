package org.mandate.audit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What stands in an address beside its host is often a key: no error shows it. */
class BlobAddressTest {
  private static final String SECRET = "a-key-that-nobody-may-see";

  @Test
  void shouldShowNoMoreThanHostAndPortWhenAStoreDoesNotAnswer() {
    URI address = URI.create("http://somebody:" + SECRET + "@127.0.0.1:1/" + SECRET);
    byte[] blob = "{}".getBytes(StandardCharsets.UTF_8);
    KuboBlobStore daemon = new KuboBlobStore(address, Duration.ofSeconds(5));
    GatewayBlobSource gateway = new GatewayBlobSource(address, Duration.ofSeconds(5));
    for (String told :
        List.of(
            assertThrows(BlobStoreUnavailableException.class, () -> daemon.put(blob)).getMessage(),
            assertThrows(BlobStoreUnavailableException.class, () -> gateway.get(Cid.of(blob)))
                .getMessage())) {
      assertTrue(told.contains("http://127.0.0.1:1 "), told);
      assertFalse(told.contains(SECRET) || told.contains("somebody"), told);
    }
  }

  @Test
  void shouldShowNoMoreThanHostAndPortWhenItRefusesAnAddress() {
    for (String wrong : List.of("ftp://somebody:%s@host/%s", "http://host/%s?key=%s")) {
      URI address = URI.create(wrong.formatted(SECRET, SECRET));
      String told =
          assertThrows(IllegalArgumentException.class, () -> HttpAddress.base(address))
              .getMessage();
      assertTrue(told.contains("://host"), told);
      assertFalse(told.contains(SECRET) || told.contains("somebody"), told);
    }
  }
}
