package org.mandate.relayer.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.flywaydb.core.Flyway;

/**
 * The tables, as the migrations of this program make them. Flyway migrates, and judges what is not
 * as it should be; it is left alone when its own records say that exactly these migrations were
 * made and nothing else, since loading it takes longer than most of a start.
 */
final class Schema {
  private static final String FOLDER = "db/migration";
  private static final String UNDEFINED_TABLE = "42P01";

  private Schema() {}

  /**
   * Makes what is missing.
   *
   * @throws org.flywaydb.core.api.FlywayException when the schema is newer than this program or was
   *     altered
   */
  static void migrate(String jdbcUrl) {
    Flyway.configure()
        .dataSource(jdbcUrl, null, null)
        .locations("classpath:" + FOLDER)
        .load()
        .migrate();
  }

  /** Whether there is nothing to migrate, and nothing to object to. */
  static boolean isCurrent(Connection connection) throws SQLException {
    try {
      return made(connection).equals(ofThisProgram());
    } catch (SQLException e) {
      if (UNDEFINED_TABLE.equals(e.getSQLState())) return false;
      throw e;
    }
  }

  /** Checksums by script, as recorded; none when one failed, was made twice, or is no script. */
  private static Map<String, Integer> made(Connection connection) throws SQLException {
    Map<String, Integer> made = new TreeMap<>();
    String sql = "SELECT script, checksum, success AND type = 'SQL' FROM flyway_schema_history";
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        boolean isScript = rows.getBoolean(3);
        if (!isScript || made.put(rows.getString(1), rows.getInt(2)) != null) return Map.of();
      }
    }
    return made;
  }

  private static Map<String, Integer> ofThisProgram() {
    return scripts().stream().collect(Collectors.toMap(s -> s, Schema::checksum));
  }

  private static List<String> scripts() {
    URL folder = Schema.class.getClassLoader().getResource(FOLDER);
    if (folder == null) throw new IllegalStateException(FOLDER + " is not on the class path");
    try {
      return folder.openConnection() instanceof JarURLConnection jar
          ? inJar(jar.getJarFile())
          : inDirectory(Path.of(folder.toURI()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  // The class path's own: not ours to close.
  private static List<String> inJar(JarFile jar) {
    return jar.stream()
        .map(entry -> entry.getName())
        .filter(name -> name.startsWith(FOLDER + "/") && name.endsWith(".sql"))
        .map(name -> name.substring(FOLDER.length() + 1))
        .toList();
  }

  private static List<String> inDirectory(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".sql"))
          .toList();
    }
  }

  /** As Flyway reckons it: CRC-32 of the lines, without their ends. */
  private static int checksum(String script) {
    CRC32 crc = new CRC32();
    String resource = FOLDER + "/" + script;
    try (InputStream in = Schema.class.getClassLoader().getResourceAsStream(resource);
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      reader.lines().forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return (int) crc.getValue();
  }
}
