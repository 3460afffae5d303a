package org.mandate.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether a relayer or a watchdog lives and does its work, by its own account. */
final class Service {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int MAX_BYTES = 16 << 20; // a list of many findings
  private static final ObjectMapper JSON = new ObjectMapper();

  private Service() {}

  /**
   * @param kind relayer or watchdog
   */
  static List<Check> examine(String kind, URI url) {
    var about = kind + " " + url.getHost() + ":" + url.getPort();
    try (var http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      var base = base(url);
      var checks = new ArrayList<Check>();
      var ready = get(http, base.resolve("health/ready"));
      checks.add(readiness(about, ready));
      ready
          .body()
          .path("warnings")
          .forEach(
              warning ->
                  checks.add(
                      Check.warn(
                          about,
                          "warning",
                          warning.asText(),
                          "it works all the same now; see to it before it does not")));
      if (kind.equals("watchdog")) {
        checks.add(findings(about, get(http, base.resolve("v1/findings"))));
      }
      return checks;
    } catch (IOException | IllegalArgumentException e) {
      return List.of(
          Check.fail(
              about,
              "health",
              "does not answer (%s)".formatted(e.getClass().getSimpleName()),
              "start it: mandate %s run --config FILE".formatted(kind)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of(Check.fail(about, "health", "was not waited for", "ask again"));
    }
  }

  /** What it says of itself; empty when it does not answer, which {@link #examine} tells. */
  static Optional<JsonNode> health(URI url) {
    try (var http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      return Optional.of(get(http, base(url).resolve("health/ready")).body());
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static URI base(URI url) {
    var text = url.toString();
    return URI.create(text.endsWith("/") ? text : text + "/");
  }

  private record Answer(int status, JsonNode body) {}

  private static Answer get(HttpClient http, URI url) throws IOException, InterruptedException {
    var answer =
        http.send(
            HttpRequest.newBuilder(url).timeout(TIMEOUT).GET().build(),
            HttpResponse.BodyHandlers.ofInputStream());
    try (var in = answer.body()) {
      return new Answer(answer.statusCode(), JSON.readTree(in.readNBytes(MAX_BYTES)));
    }
  }

  private static Check readiness(String about, Answer answer) {
    if (answer.status() == 200) {
      return Check.ok(about, "health", "ready");
    }
    // A relayer's problems, what a watchdog is lacking: each names its remedy where there is one.
    var reasons = new ArrayList<String>();
    answer.body().path("problems").forEach(reason -> reasons.add(reason.asText()));
    answer.body().path("lacking").forEach(reason -> reasons.add(reason.asText()));
    return reasons.isEmpty()
        ? Check.fail(
            about,
            "health",
            "HTTP " + answer.status() + ", without a reason",
            "see its log, and that the address is its own")
        : Check.fail(
            about,
            "health",
            "not ready: " + String.join("; ", reasons),
            "mend what it names (role, coins, nodes); history that is still being read passes by"
                + " itself");
  }

  private static Check findings(String about, Answer answer) {
    var open = new ArrayList<JsonNode>();
    answer
        .body()
        .path("findings")
        .forEach(
            finding -> {
              if (finding.path("status").asText().equals("OPEN")
                  && finding.path("severity").asText().equals("CRITICAL")) {
                open.add(finding);
              }
            });
    if (answer.status() != 200 || !answer.body().path("findings").isArray()) {
      return Check.fail(
          about,
          "findings",
          "HTTP " + answer.status() + ", no list",
          "is it a watchdog's address?");
    }
    if (open.isEmpty()) {
      return Check.ok(about, "findings", "none is critical and open");
    }
    var last = open.getLast();
    return Check.warn(
        about,
        "findings",
        "%d critical and open, the last one %s on chain %s: %s"
            .formatted(
                open.size(),
                last.path("rule").asText(),
                last.path("chainId").asText(),
                last.path("seen").asText()),
        last.path("next").asText("look at its /v1/findings"));
  }
}
