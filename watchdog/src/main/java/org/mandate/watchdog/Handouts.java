package org.mandate.watchdog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.mandate.chain.BoundedBody;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Message;
import org.mandate.signer.Signature;
import org.mandate.watchdog.Attested.Signed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What relayers hand out of each other's signatures. A relayer may be slow, broken or hostile: it
 * gets a few seconds and a few megabytes, and what it says proves itself or counts for nothing.
 */
final class Handouts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Handouts.class);
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  /** A relayer ends a page when it has 4 MB. */
  private static final int MOST_BYTES = 8 << 20;

  /** Of all pages of a relayer, at one look. */
  private static final int MOST_BYTES_IN_ALL = 32 << 20;

  /** Of one part of a message: gateways take no longer ones in a transaction. */
  private static final int MOST_PART = 128 << 10;

  private static final int MOST_PAGES = 16;
  private static final int MOST_PIECES = 1_000;
  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,17}");
  private static final int MOST_STEPS = 64;
  private static final int MOST_DIGITS = 78;
  private static final int MOST_DEPTH = 16;
  private static final long MOST_TOKENS = 400_000;

  /** A hostile one's answer must not take more than it has bytes: many small values do. */
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(MOST_DEPTH)
                      .maxStringLength(2 * MOST_PART + 2)
                      .maxTokenCount(MOST_TOKENS)
                      .maxDocumentLength(MOST_BYTES)
                      .build())
              .build());

  private final List<URI> relayers;
  private final HttpClient http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Complaints<URI> complaints = new Complaints<>();

  /**
   * @param relayers where their APIs are
   */
  Handouts(List<URI> relayers) {
    this.relayers = List.copyOf(relayers);
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(TIME_LIMIT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  boolean isEmpty() {
    return relayers.isEmpty();
  }

  /** Asks each of them for what it holds against others. */
  void evidence(Consumer<Signed> taker) throws InterruptedException {
    for (URI relayer : relayers) {
      int count = 0;
      String cursor = "";
      int bytes = 0;
      for (int i = 0; i < MOST_PAGES && count < MOST_PIECES && bytes < MOST_BYTES_IN_ALL; i++) {
        Answer answer = ask(relayer, "/v1/evidence" + cursor);
        JsonNode page = answer.json();
        bytes += answer.bytes();
        for (JsonNode piece : page.path("evidence")) {
          if (++count > MOST_PIECES) {
            break;
          }
          take(relayer, piece, taker);
          if (piece.path("other").isObject()) {
            take(relayer, piece.path("other"), taker);
          }
        }
        String next = page.path("next").asText();
        if (!NUMBER.matcher(next).matches()) {
          break;
        }
        cursor = "?cursor=" + next;
      }
    }
  }

  /** Asks each of them who signed a message alone. */
  void attestations(Message message, Hash id, Consumer<Signed> taker) throws InterruptedException {
    for (URI relayer : relayers) {
      int count = 0;
      for (JsonNode one : ask(relayer, "/v1/attestations/" + id).json().path("attestations")) {
        if (++count > Attestation.MOST_SIGNATURES) {
          break;
        }
        try {
          Signature signature = Signature.of(Bytes.of(one.path("signature").asText()));
          taker.accept(new Signed(message, List.of(), new Attestation(id, signature)));
        } catch (IllegalArgumentException e) {
          complain(relayer, e.getMessage());
        }
      }
    }
  }

  private void take(URI relayer, JsonNode piece, Consumer<Signed> taker) {
    try {
      taker.accept(read(piece));
    } catch (IllegalArgumentException e) {
      complain(relayer, e.getMessage());
    }
  }

  private static Signed read(JsonNode piece) {
    JsonNode message = piece.path("message");
    List<Hash> proof = new ArrayList<>();
    for (JsonNode hash : piece.path("proof")) {
      if (proof.size() == MOST_STEPS) {
        throw new IllegalArgumentException("a proof of more than " + MOST_STEPS + " steps");
      }
      proof.add(Hash.of(hash.asText()));
    }
    return new Signed(
        new Message(
            number(message.path("sourceChainId")),
            number(message.path("nonce")),
            Bytes.of(message.path("sender").asText()),
            Bytes.of(message.path("recipient").asText()),
            Bytes.of(message.path("payload").asText())),
        proof,
        new Attestation(
            Hash.of(piece.path("root").asText()),
            Signature.ofCompact(Bytes.of(piece.path("signature").asText()).bytes())));
  }

  private static BigInteger number(JsonNode text) {
    if (text.asText().length() > MOST_DIGITS) {
      throw new IllegalArgumentException("a number of more than " + MOST_DIGITS + " digits");
    }
    return new BigInteger(text.asText());
  }

  /** What a relayer said. */
  private record Answer(JsonNode json, int bytes) {
    private static final Answer NOTHING = new Answer(MissingNode.getInstance(), 0);
  }

  /** Nothing when it does not answer as it should, or dawdles. */
  private Answer ask(URI relayer, String path) throws InterruptedException {
    Future<Answer> answer = threads.submit(() -> fetch(relayer, path));
    try {
      return answer.get(TIME_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      complain(relayer, String.valueOf(e.getCause()));
    } catch (TimeoutException e) {
      complain(relayer, "no answer within " + TIME_LIMIT);
    } finally {
      answer.cancel(true);
    }
    return Answer.NOTHING;
  }

  private Answer fetch(URI relayer, String path) throws IOException, InterruptedException {
    URI address = URI.create(relayer.toString().replaceAll("/+$", "") + path);
    // Whoever stops waiting stops all of it: a stream that came at that moment would stay open.
    HttpResponse<byte[]> response =
        http.send(
            HttpRequest.newBuilder(address).timeout(TIME_LIMIT).GET().build(),
            info -> new BoundedBody(MOST_BYTES));
    if (response.statusCode() == 404) {
      return Answer.NOTHING;
    }
    if (response.statusCode() != 200) {
      throw new IOException("status " + response.statusCode());
    }
    return new Answer(JSON.readTree(response.body()), response.body().length);
  }

  private void complain(URI relayer, String what) {
    complaints
        .add(relayer, what)
        .ifPresent(
            reason ->
                LOG.atWarn()
                    .addKeyValue("relayer", relayer.getHost() + ":" + relayer.getPort())
                    .addKeyValue("reason", reason)
                    .log("a relayer gives no usable answer"));
  }

  boolean isClosed() {
    return threads.isShutdown();
  }

  @Override
  public void close() {
    threads.shutdownNow();
    http.shutdownNow();
  }
}
