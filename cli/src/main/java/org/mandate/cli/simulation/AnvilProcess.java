package org.mandate.cli.simulation;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.mandate.cli.local.Reaper;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.http.HttpService;

/**
 * An Anvil that makes no block unless told to. Two of them that are told the same make the same
 * blocks, to the last bit, as long as each was started anew.
 */
final class AnvilProcess implements AutoCloseable {
  /** Unix seconds of the first block. */
  static final long GENESIS = 1_900_000_000L;

  private final Process process;
  private final String url;
  private final HttpService service;

  private AnvilProcess(Process process, String url) {
    this.process = process;
    this.url = url;
    this.service = new HttpService(url);
  }

  /** Any answer. */
  static final class Answer extends Response<Object> {}

  /**
   * @param root directory with {@code node_modules}
   */
  static AnvilProcess start(Path root, Reaper reaper, long chainId) throws IOException {
    Process process =
        reaper.start(
            new ProcessBuilder(
                    root.resolve("node_modules/.bin/anvil").toString(),
                    "--port",
                    "0",
                    "--chain-id",
                    Long.toString(chainId),
                    "--timestamp",
                    Long.toString(GENESIS),
                    "--no-mining",
                    "--auto-impersonate",
                    "--order",
                    "fees")
                .redirectErrorStream(true));
    process.getOutputStream().close();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("Listening on ")) {
        Thread.ofVirtual().start(() -> drain(output));
        return new AnvilProcess(
            process, "http://" + line.substring("Listening on ".length()).trim());
      }
    }
    throw new IOException("anvil for chain " + chainId + " ended before it listened");
  }

  private static void drain(BufferedReader output) {
    try (output) {
      output.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // It ended.
    }
  }

  URI url() {
    return URI.create(url);
  }

  HttpService service() {
    return service;
  }

  /** Asks it, also what only a development chain answers. */
  Object ask(String method, Object... parameters) {
    try {
      Answer answer = new Request<>(method, List.of(parameters), service, Answer.class).send();
      if (answer.hasError()) {
        throw new IllegalStateException(method + ": " + answer.getError().getMessage());
      }
      return answer.getResult();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      service.close();
    } catch (IOException e) {
      // It held connections to what is gone.
    }
  }
}
