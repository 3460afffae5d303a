package org.mandate.chain;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.mandate.chain.NodeException.Fault;

/** JSON-RPC 2.0 over HTTP, bounded in time and size. */
final class JsonRpcTransport {
  /** Bytes of one answer; a block full of logs stays below it. */
  static final int ANSWER_LIMIT = 32 << 20;

  /** Of an answer that tells of one thing: a header, a number, what one call returns. */
  private static final int SMALL_ANSWER_LIMIT = 4 << 20;

  /** Asked alone, these may be answered with as many logs as fit into a block. */
  private static final Set<String> LARGE = Set.of("eth_getLogs", "eth_getTransactionReceipt");

  /**
   * JSON tokens of one answer: a tree of many small values takes tens of times the memory of its
   * text. A block full of logs, or hundreds of headers in a batch, have a fifth of it.
   */
  private static final long MOST_TOKENS = 1_000_000;

  /**
   * Characters of one value: while it is read it takes several times as much memory. No
   * transaction's call data has so many: 2^24 gas (EIP-7825) at 10 gas a byte of zero (EIP-7623).
   */
  private static final int MOST_CHARACTERS = 4 << 20;

  /** Too Many Requests, Service Unavailable. */
  private static final Set<Integer> BUSY = Set.of(429, 503);

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxStringLength(MOST_CHARACTERS)
                          .maxNumberLength(100)
                          .maxTokenCount(MOST_TOKENS)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** One for all nodes of the process: it holds the connections, and its threads are virtual. */
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  private final URI node;
  private final Duration timeout;
  private final RpcSteps steps;
  private final AtomicLong ids = new AtomicLong();

  JsonRpcTransport(URI node, Duration timeout) {
    this(node, timeout, RpcSteps.NONE);
  }

  private JsonRpcTransport(URI node, Duration timeout, RpcSteps steps) {
    this.node = node;
    this.timeout = timeout;
    this.steps = steps;
  }

  /** The same node, and somebody who is told of each step. */
  JsonRpcTransport toldTo(RpcSteps listener) {
    return new JsonRpcTransport(node, timeout, listener);
  }

  /** A method and its parameters. */
  record Request(String method, Object... parameters) {}

  /** A result (perhaps JSON null), or a well-formed error. */
  sealed interface Answer {
    record Result(JsonNode value) implements Answer {}

    record Failed(RpcError error) implements Answer {}
  }

  Answer ask(Request request) {
    ObjectNode envelope = envelope(request, ids.getAndIncrement());
    steps.before(request.method());
    int limit = LARGE.contains(request.method()) ? ANSWER_LIMIT : SMALL_ANSWER_LIMIT;
    JsonNode answer = post(envelope, request.method(), limit);
    steps.after(request.method());
    return answer(answer, envelope.get("id").longValue(), request.method());
  }

  /** One answer per request, in their order. */
  List<Answer> askAll(List<Request> requests) {
    return askAll(requests, ANSWER_LIMIT);
  }

  /**
   * As {@link #askAll(List)}.
   *
   * @param limit bytes of all answers together
   */
  List<Answer> askAll(List<Request> requests, int limit) {
    if (requests.isEmpty()) {
      return List.of();
    }
    ArrayNode batch = JSON.createArrayNode();
    // The whole range at once: other threads ask too, and an answer is found by its id's distance.
    long first = ids.getAndAdd(requests.size());
    for (int i = 0; i < requests.size(); i++) {
      batch.add(envelope(requests.get(i), first + i));
    }
    String what = requests.getFirst().method() + " and " + (requests.size() - 1) + " more";
    List<String> methods = requests.stream().map(Request::method).distinct().toList();
    methods.forEach(steps::before);
    JsonNode answers = post(batch, what, limit);
    methods.forEach(steps::after);
    if (!answers.isArray() || answers.size() != requests.size()) {
      // A node that refuses a whole batch answers one error.
      if (answers.path("error").isObject()) throw refusal(what, RpcError.of(answers.get("error")));
      throw failure(what, "a batch of " + requests.size() + " was not answered by as many");
    }
    List<Answer> ordered = new ArrayList<>(java.util.Collections.nCopies(requests.size(), null));
    for (JsonNode answer : answers) {
      long at = answer.path("id").asLong(-1) - first;
      if (at < 0 || at >= ordered.size() || ordered.get((int) at) != null) {
        throw failure(what, "an answer's id is not of a request, or stands twice");
      }
      ordered.set((int) at, answer(answer, first + at, requests.get((int) at).method()));
    }
    return List.copyOf(ordered);
  }

  /**
   * The answer makes no sense. Names the node by scheme, host and port only: the rest of its URL
   * may hold an access key.
   */
  NodeException failure(String method, String problem) {
    return failure(Fault.NONSENSE, method, problem, null);
  }

  /** The node does not have what the question is about, or not yet. */
  NodeException lacking(String method, String problem) {
    return failure(Fault.NONE, method, problem, null);
  }

  /** The node's well-formed "no". */
  NodeException refusal(String method, RpcError error) {
    return new NodeException(
        error.fault(), problem(method, error.toString()), null, Optional.empty());
  }

  private NodeException failure(Fault fault, String method, String problem, Throwable cause) {
    return new NodeException(fault, problem(method, problem), cause);
  }

  private String problem(String method, String problem) {
    String port = node.getPort() < 0 ? "" : ":" + node.getPort();
    return "node "
        + node.getScheme()
        + "://"
        + node.getHost()
        + port
        + ": "
        + method
        + ": "
        + problem;
  }

  private ObjectNode envelope(Request request, long id) {
    ObjectNode envelope = JSON.createObjectNode();
    envelope.put("jsonrpc", "2.0");
    envelope.put("id", id);
    envelope.put("method", request.method());
    envelope.set("params", JSON.valueToTree(request.parameters()));
    return envelope;
  }

  private Answer answer(JsonNode answer, long id, String method) {
    if (!answer.isObject()
        || !answer.path("id").isIntegralNumber()
        || answer.get("id").longValue() != id) {
      JsonNode error =
          answer.path("error"); // a request that the node could not read is answered without an id
      if (error.isObject()) throw refusal(method, RpcError.of(error));
      throw failure(method, "the answer is not to this request");
    }
    if (answer.hasNonNull("error")) {
      return new Answer.Failed(RpcError.of(answer.get("error")));
    }
    if (!answer.has("result")) {
      throw failure(method, "the answer has neither result nor error");
    }
    return new Answer.Result(answer.get("result"));
  }

  private JsonNode post(JsonNode body, String method, int limit) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(node)
              .header("content-type", "application/json")
              .timeout(timeout)
              .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
              .build();
      CompletableFuture<HttpResponse<byte[]>> exchange =
          HTTP.sendAsync(request, info -> new BoundedBody(limit));
      HttpResponse<byte[]> response;
      try {
        // HttpRequest's own time limit ends with the headers; this one covers the body too
        response = exchange.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      } finally {
        exchange.cancel(true);
      }
      if (BUSY.contains(response.statusCode())) throw busy(response, method);
      JsonNode answer = parse(response, method);
      if (response.statusCode() != 200 && !answer.path("error").isObject()) {
        throw failure(Fault.BROKEN, method, "HTTP status " + response.statusCode(), null);
      }
      return answer;
    } catch (TimeoutException e) {
      throw failure(Fault.SILENT, method, "no answer within " + timeout.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw failure(
          Fault.SILENT,
          method,
          cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage(),
          cause);
    } catch (IOException e) {
      throw failure(Fault.NONE, method, "cannot write the request", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(Fault.NONE, method, "interrupted", e);
    }
  }

  private JsonNode parse(HttpResponse<byte[]> response, String method) {
    try {
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw failure(
          response.statusCode() == 200 ? Fault.NONSENSE : Fault.BROKEN,
          method,
          "HTTP status " + response.statusCode() + ", and the answer is not JSON",
          e);
    }
  }

  /** Whatever stands in the body: a limit of questions is no answer to one. */
  private NodeException busy(HttpResponse<byte[]> response, String method) {
    return new NodeException(
        Fault.BUSY,
        problem(method, "HTTP status " + response.statusCode()),
        null,
        response.headers().firstValue("retry-after").flatMap(RetryAfter::parse));
  }
}
