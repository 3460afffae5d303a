package org.mandate.relayer.work;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mandate.chain.BoundedBody;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.relayer.Hosts;
import org.mandate.relayer.Journal;
import org.mandate.signer.Signature;

/**
 * The other relayers' attestations, asked for over HTTP. While one is waited for, the others are
 * asked again: what they sign meanwhile waits for nobody. A peer may be slow, broken or hostile: it
 * gets two seconds, a fifth of one after it was silent, and sixteen kilobytes, of which at most
 * {@link Attestation#MOST_SIGNATURES} signatures are read, and what it says the caller checks
 * against the quorum. More than that is neither read from the connection nor kept.
 */
public final class Peers implements AttestationSource, AutoCloseable {
  private static final Journal LOG = Journal.of("peers");
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** After how long who answered is asked again while another one is waited for. */
  private static final Duration AGAIN = Duration.ofMillis(200);

  /** Who does not answer for so long holds up nobody for a while. */
  private static final Duration SILENT = Duration.ofSeconds(1);

  /** After how long who was silent is waited for as long as anybody: it may only be slow. */
  private static final Duration FORGOTTEN = Duration.ofSeconds(10);

  private static final int MAX_BYTES = 16 * 1024;
  private static final int MOST_WORDS = 200;

  /**
   * A relayer.
   *
   * @param api where its API is, without a slash at the end
   * @param shown as people see it: the address may hold credentials
   */
  private record Peer(String api, String shown) {}

  private record Reply(Peer peer, List<Attestation> attested) {}

  private final List<Peer> peers;
  private final Duration timeout;
  private final HttpClient http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<Peer, String> complaints = new ConcurrentHashMap<>();

  /** Those that did not answer, and until when that counts. */
  private final Map<Peer, Long> silent = new ConcurrentHashMap<>();

  /**
   * @throws IllegalArgumentException when one of them is not reached by http or https; names it by
   *     scheme, host and port
   */
  public Peers(List<URI> peers) {
    this(peers, TIMEOUT);
  }

  /**
   * @param timeout how long answers are waited for
   */
  Peers(List<URI> peers, Duration timeout) {
    this.timeout = timeout;
    this.peers = peers.stream().map(Peers::peer).toList();
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(timeout.multipliedBy(2)) // whoever waits for it ends it before
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  private static Peer peer(URI address) {
    String shown = Hosts.shown(address);
    boolean http = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
    if (!http
        || address.getHost() == null
        || address.getRawQuery() != null
        || address.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "peer "
              + shown
              + " is no http or https address without query and fragment: correct peers");
    }
    return new Peer(address.toString().replaceAll("/+$", ""), shown);
  }

  @Override
  public void attestations(Hash root, Consumer<Attestation> taker, Supplier<Instant> until)
      throws InterruptedException {
    CompletionService<Reply> answers = new ExecutorCompletionService<>(threads);
    List<Future<Reply>> questions = new ArrayList<>();
    Set<Peer> unheard = new HashSet<>(peers);
    long start = System.nanoTime();
    silent.values().removeIf(end -> end - start < 0);
    for (Peer peer : peers) questions.add(answers.submit(() -> new Reply(peer, ask(peer, root))));
    try {
      while (!unheard.isEmpty()) {
        Duration most = silent.keySet().containsAll(unheard) ? AGAIN : timeout;
        long left =
            Math.min(
                start + most.toNanos() - System.nanoTime(),
                Duration.between(Instant.now(), until.get()).toNanos());
        Future<Reply> answer = answers.poll(left, TimeUnit.NANOSECONDS);
        if (answer == null) break;
        Reply reply = answer.get();
        reply.attested().forEach(taker);
        unheard.remove(reply.peer());
        silent.remove(reply.peer());
        if (!unheard.isEmpty()) questions.add(answers.submit(() -> askAgain(reply.peer(), root)));
      }
      if (System.nanoTime() - start >= SILENT.toNanos()) unheard.forEach(this::noteSilence);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      questions.forEach(q -> q.cancel(true));
    }
  }

  /** It is asked as before, and for a while waited for no longer than those that do answer. */
  private void noteSilence(Peer peer) {
    silent.put(peer, System.nanoTime() + FORGOTTEN.toNanos());
    complain(peer, "no answer in time");
  }

  /** What the others sign meanwhile must not wait for one that is slow, or never answers. */
  private Reply askAgain(Peer peer, Hash root) {
    try {
      Thread.sleep(AGAIN);
      return new Reply(peer, ask(peer, root));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Reply(peer, List.of());
    }
  }

  private List<Attestation> ask(Peer peer, Hash root) {
    try {
      URI address = URI.create(peer.api() + "/v1/attestations/" + root);
      // Whoever stops waiting stops all of it: a stream that came at that moment would stay open.
      HttpResponse<byte[]> response =
          http.send(
              HttpRequest.newBuilder(address).timeout(timeout.multipliedBy(2)).GET().build(),
              info -> new BoundedBody(MAX_BYTES));
      if (response.statusCode() == 404) return List.of();
      if (response.statusCode() != 200) throw new IOException("status " + response.statusCode());
      List<Attestation> read =
          read(root, new JsonObject(new String(response.body(), StandardCharsets.UTF_8)));
      complaints.remove(peer);
      return read;
    } catch (IOException
        | IllegalArgumentException
        | DecodeException
        | ClassCastException
        | NullPointerException e) {
      // Whoever asked may have stopped waiting: that says nothing about the answer.
      if (!Thread.currentThread().isInterrupted())
        complain(peer, e.getClass().getSimpleName() + ": " + e.getMessage());
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private static List<Attestation> read(Hash root, JsonObject json) {
    if (!Hash.of(json.getString("root", "")).equals(root)) return List.of();
    JsonArray all = json.getJsonArray("attestations");
    List<Attestation> read = new ArrayList<>();
    for (int i = 0; i < Math.min(all.size(), Attestation.MOST_SIGNATURES); i++) {
      Bytes signature = Bytes.of(all.getJsonObject(i).getString("signature", ""));
      read.add(new Attestation(root, Signature.of(signature)));
    }
    return read;
  }

  /** What a peer sent may stand in the reason: a little of it is told, once. */
  private void complain(Peer peer, String reason) {
    String what = reason.replace(peer.api(), peer.shown());
    what = what.length() > MOST_WORDS ? what.substring(0, MOST_WORDS) + "…" : what;
    if (!what.equals(complaints.put(peer, what)))
      LOG.warn("peer gives no usable answer", "peer", peer.shown(), "reason", what);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    http.shutdownNow(); // close() would wait for what peers are about to say
  }
}
