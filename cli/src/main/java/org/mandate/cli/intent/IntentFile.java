package org.mandate.cli.intent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.mandate.chain.Bytes;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;
import org.mandate.intent.IntentJson;
import org.mandate.intent.SignedIntent;

/**
 * A signed intent in a file: {@code {"intent": {…}, "signature": "0x…"}}, as the relayer takes it.
 */
final class IntentFile {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MAX_BYTES = 1 << 20;

  private IntentFile() {}

  static ObjectNode json(SignedIntent signed) {
    var json = Output.object();
    json.set("intent", IntentJson.write(signed.intent()));
    return json.put("signature", signed.signature().hex());
  }

  static void write(Path file, SignedIntent signed) {
    try {
      Files.writeString(
          file,
          json(signed).toPrettyString() + "\n",
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw new Failure(ExitCode.CONFIGURATION, file + " exists already: choose another name");
    } catch (IOException e) {
      throw new Failure(ExitCode.UNREACHABLE, "%s cannot be written: %s".formatted(file, e));
    }
  }

  static SignedIntent read(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new Failure(ExitCode.CONFIGURATION, file + " is too large for an intent (1 MiB)");
      }
      JsonNode json = JSON.readTree(file.toFile());
      return new SignedIntent(
          IntentJson.read(json.path("intent")), Bytes.of(json.path("signature").asText()));
    } catch (IOException | IllegalArgumentException e) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "%s is not a signed intent: %s (mandate intent sign writes them)"
              .formatted(file, e.getMessage()));
    }
  }
}
