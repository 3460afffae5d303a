package org.mandate.relayer.work;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.relayer.Journal;
import org.mandate.signer.Signature;

/**
 * The other relayers' attestations, asked for over HTTP. A peer may be slow, broken or hostile: it
 * gets two seconds and four kilobytes, and what it says is a signature that the caller checks
 * against the quorum.
 */
public final class Peers implements AutoCloseable {
  private static final Journal LOG = Journal.of("peers");
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int MAX_BYTES = 4096;

  private final List<URI> peers;
  private final HttpClient http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<URI, String> complaints = new ConcurrentHashMap<>();

  public Peers(List<URI> peers) {
    this.peers = List.copyOf(peers);
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  /**
   * Hands over what the peers attest under that message, unchecked but for its form, as it comes:
   * nobody waits for the slowest peer when the others suffice.
   *
   * @param taker answers whether it has enough
   */
  public void attestations(Hash messageId, Predicate<Attestation> taker)
      throws InterruptedException {
    CompletionService<Optional<Attestation>> answers = new ExecutorCompletionService<>(threads);
    List<Future<Optional<Attestation>>> questions = new ArrayList<>();
    for (URI peer : peers) questions.add(answers.submit(() -> ask(peer, messageId)));
    try {
      long end = System.nanoTime() + TIMEOUT.toNanos() * 2;
      for (int i = 0; i < questions.size(); i++) {
        Future<Optional<Attestation>> answer =
            answers.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (answer == null) return;
        Optional<Attestation> attestation = answer.get();
        if (attestation.isPresent() && taker.test(attestation.get())) return;
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      questions.forEach(q -> q.cancel(true));
    }
  }

  private Optional<Attestation> ask(URI peer, Hash messageId) {
    try {
      URI address =
          URI.create(peer.toString().replaceAll("/+$", "") + "/v1/attestations/" + messageId);
      HttpResponse<InputStream> response =
          http.send(
              HttpRequest.newBuilder(address).timeout(TIMEOUT).GET().build(),
              HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() == 404) return Optional.empty();
        byte[] bytes = body.readNBytes(MAX_BYTES + 1);
        if (response.statusCode() != 200 || bytes.length > MAX_BYTES) {
          throw new IOException("status " + response.statusCode() + ", " + bytes.length + " bytes");
        }
        JsonObject json = new JsonObject(new String(bytes, StandardCharsets.UTF_8));
        Attestation attestation =
            new Attestation(
                Hash.of(json.getString("messageId", "")),
                Signature.of(Bytes.of(json.getString("signature", ""))));
        complaints.remove(peer);
        return Optional.of(attestation).filter(a -> a.messageId().equals(messageId));
      }
    } catch (IOException
        | IllegalArgumentException
        | DecodeException
        | ClassCastException
        | NullPointerException e) {
      complain(peer, e.getClass().getSimpleName() + ": " + e.getMessage());
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private void complain(URI peer, String what) {
    if (!what.equals(complaints.put(peer, what)))
      LOG.warn("peer gives no usable answer", "peer", peer, "reason", what);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    http.close();
  }
}
