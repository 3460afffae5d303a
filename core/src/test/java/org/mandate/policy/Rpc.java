package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;

/** JSON-RPC in batches. */
final class Rpc {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI url;

  Rpc(URI url) {
    this.url = url;
  }

  /**
   * What a call gave.
   *
   * @param data what it returned, or what it reverted with
   */
  record Called(boolean reverted, String data) {
    /** Word {@code index} behind the first {@code skipped} bytes. */
    String word(int skipped, int index) {
      int start = 2 + 2 * skipped + 64 * index;
      return data.substring(start, start + 64);
    }
  }

  JsonNode ask(String method, Object... parameters) {
    return askAll(List.<Object[]>of(request(method, parameters))).getFirst();
  }

  static Object[] request(String method, Object... parameters) {
    Object[] call = new Object[parameters.length + 1];
    call[0] = method;
    System.arraycopy(parameters, 0, call, 1, parameters.length);
    return call;
  }

  List<JsonNode> askAll(List<Object[]> calls) {
    return answers(calls).stream()
        .map(
            answer -> {
              assertTrue(answer.has("result"), answer::toString);
              return answer.path("result");
            })
        .toList();
  }

  /** Each an {@code eth_call}. */
  List<Called> callAll(List<Object[]> calls) {
    return answers(calls).stream().map(Rpc::called).toList();
  }

  private static Called called(JsonNode answer) {
    if (answer.has("result")) {
      return new Called(false, answer.path("result").asText());
    }
    JsonNode data = answer.path("error").path("data");
    assertTrue(data.isTextual(), answer::toString);
    return new Called(true, data.asText());
  }

  private List<JsonNode> answers(List<Object[]> calls) {
    try {
      ArrayNode batch = MAPPER.createArrayNode();
      for (int i = 0; i < calls.size(); i++) {
        Object[] call = calls.get(i);
        batch
            .addObject()
            .put("jsonrpc", "2.0")
            .put("id", i)
            .put("method", (String) call[0])
            .set("params", MAPPER.valueToTree(Arrays.copyOfRange(call, 1, call.length)));
      }
      HttpRequest request =
          HttpRequest.newBuilder(url)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(batch)))
              .build();
      JsonNode[] answers = new JsonNode[calls.size()];
      for (JsonNode answer :
          MAPPER.readTree(http.send(request, HttpResponse.BodyHandlers.ofByteArray()).body())) {
        answers[answer.path("id").asInt()] = answer;
      }
      return List.of(answers);
    } catch (java.io.IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
