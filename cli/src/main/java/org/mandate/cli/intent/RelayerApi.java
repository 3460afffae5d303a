package org.mandate.cli.intent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;

/** A relayer's REST API. Its refusals keep their rule, limit and next step. */
final class RelayerApi {
  private static final Duration TIMEOUT = Duration.ofSeconds(15);
  private static final int MAX_BYTES = 8 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI base;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  RelayerApi(URI base) {
    if (!"http".equals(base.getScheme()) && !"https".equals(base.getScheme())) {
      throw new Failure(ExitCode.USAGE, "a relayer's address is http://host:port or https://host");
    }
    var text = base.toString();
    this.base = URI.create(text.endsWith("/") ? text : text + "/");
  }

  JsonNode get(String path) {
    return ask(HttpRequest.newBuilder(base.resolve(path)).GET());
  }

  JsonNode post(String path, JsonNode body) {
    return ask(
        HttpRequest.newBuilder(base.resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
  }

  private JsonNode ask(HttpRequest.Builder request) {
    var host = base.getHost() + ":" + base.getPort();
    try {
      var answer =
          http.send(request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofInputStream());
      byte[] bytes;
      try (var in = answer.body()) {
        bytes = in.readNBytes(MAX_BYTES);
      }
      var json = JSON.readTree(bytes);
      if (answer.statusCode() / 100 == 2) {
        return json;
      }
      if (answer.statusCode() >= 500 || !json.path("error").isObject()) {
        throw new Failure(
            ExitCode.UNREACHABLE,
            "the relayer %s answers HTTP %d: %s"
                .formatted(
                    host,
                    answer.statusCode(),
                    json.path("error").path("message").asText("no reason")));
      }
      throw new Failure(ExitCode.REFUSED, refusal(json.get("error")));
    } catch (JsonProcessingException e) {
      throw new Failure(
          ExitCode.UNREACHABLE, "%s does not answer like a relayer (no JSON)".formatted(host));
    } catch (IOException e) {
      throw new Failure(
          ExitCode.UNREACHABLE,
          "the relayer %s does not answer (%s): is it running? mandate doctor --relayer URL looks"
              .formatted(host, e.getClass().getSimpleName()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException("interrupted", e));
    }
  }

  private static String refusal(JsonNode error) {
    var words =
        new StringBuilder(
            "refused by " + error.path("rule").asText("?") + ": " + error.path("message").asText());
    if (error.has("limit")) {
      words.append("; limit ").append(error.get("limit").asText());
    }
    if (error.has("left")) {
      words.append("; left ").append(error.get("left").asText());
    }
    if (error.has("availableAt")) {
      words.append("; available at unix ").append(error.get("availableAt").asText());
    }
    return words
        .append("; next: ")
        .append(error.path("next").asText("ask the relayer's operator"))
        .toString();
  }
}
