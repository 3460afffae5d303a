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

/** Whether a relayer or a watchdog lives and does its work, by its own account. */
final class Service {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int MAX_BYTES = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Service() {}

  /**
   * @param kind relayer or watchdog
   */
  static List<Check> examine(String kind, URI url) {
    var about = kind + " " + url.getHost() + ":" + url.getPort();
    try (var http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      var text = url.toString();
      var base = URI.create(text.endsWith("/") ? text : text + "/");
      var answer =
          http.send(
              HttpRequest.newBuilder(base.resolve("health/ready")).timeout(TIMEOUT).GET().build(),
              HttpResponse.BodyHandlers.ofInputStream());
      try (var in = answer.body()) {
        return List.of(
            readiness(about, answer.statusCode(), JSON.readTree(in.readNBytes(MAX_BYTES))));
      }
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

  private static Check readiness(String about, int status, JsonNode report) {
    if (status == 200) {
      return Check.ok(about, "health", "ready");
    }
    var problems = report.path("problems");
    var found = problems.isEmpty() ? "HTTP " + status : "not ready: " + words(problems);
    return Check.fail(
        about, "health", found, "its log says more; what it waits for may pass by itself");
  }

  private static String words(JsonNode problems) {
    var words = new ArrayList<String>();
    problems.forEach(problem -> words.add(problem.asText()));
    return String.join("; ", words);
  }
}
