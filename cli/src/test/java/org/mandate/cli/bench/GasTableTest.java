package org.mandate.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.cli.Failure;

class GasTableTest {
  @TempDir private Path folder;

  private void write(String group, String json) throws IOException {
    Files.writeString(folder.resolve(group + ".json"), json);
  }

  @Test
  void shouldPutOursFirstAndTheCheapFirst() throws Exception {
    write("ours", "{\"b\": \"50\", \"a\": \"60\"}");
    write("bounds", "{\"a\": \"60\"}");
    write("peers", "{\"d\": \"9\", \"c\": \"1000\"}");
    var table = GasTable.read(folder);
    assertEquals(
        List.of("b", "a", "d", "c"), table.rows().stream().map(GasTable.Row::path).toList());
    assertTrue(table.ok());
    assertEquals(
        "{\"ok\":true,\"rows\":["
            + "{\"path\":\"b\",\"gas\":50,\"bound\":null,\"ok\":true},"
            + "{\"path\":\"a\",\"gas\":60,\"bound\":60,\"ok\":true},"
            + "{\"path\":\"d\",\"gas\":9,\"bound\":null,\"ok\":true},"
            + "{\"path\":\"c\",\"gas\":1000,\"bound\":null,\"ok\":true}]}",
        table.toJson().toString());
    assertTrue(table.toLines().get(2).matches("a +60 +60  ok, 0 left"), table.toLines().toString());
  }

  @Test
  void shouldSayNoWhenABoundIsExceeded() throws Exception {
    write("ours", "{\"a\": \"62001\"}");
    write("bounds", "{\"a\": \"62000\"}");
    write("peers", "{\"c\": \"100\"}");
    var table = GasTable.read(folder);
    assertFalse(table.ok());
    assertFalse(table.toJson().path("ok").asBoolean());
    assertFalse(table.toJson().path("rows").path(0).path("ok").asBoolean());
    assertTrue(table.toLines().get(1).endsWith("OVER by 1"), table.toLines().toString());
  }

  @Test
  void shouldNeedNoBounds() throws Exception {
    write("ours", "{\"a\": \"1\"}");
    write("peers", "{\"c\": \"100\"}");
    assertTrue(GasTable.read(folder).ok());
  }

  @Test
  void shouldRefuseWhatIsNotWhole() throws Exception {
    refused("ours.json can't be read");
    write("ours", "{\"a\": \"1\"}");
    refused("peers.json can't be read");
    write("peers", "{}");
    refused("peers.json is empty");
    write("peers", "{\"c\": \"many\"}");
    refused("peers.json can't be read");
    write("peers", "{\"c\": \"0\"}");
    refused("says 0 gas for «c»");
    write("peers", "{\"c\": \"1\"}");
    write("bounds", "{\"b\": \"1\"}");
    refused("bounds «b», which was not measured");
  }

  private void refused(String why) {
    var failure = assertThrows(Failure.class, () -> GasTable.read(folder));
    assertTrue(failure.getMessage().contains(why), failure.getMessage());
  }
}
