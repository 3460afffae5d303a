package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.Output;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.signer.Signer;

/** One of the quorum's relayers, as others see it who ask for what it signed. */
final class BadPeer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MEGABYTES = 64;
  private static final int SIGNATURES = 64;

  /** What it does with whoever asks. */
  enum Manner {
    /** Signs what it is asked for: as it should be. */
    HONEST,
    /** Takes the connection, and never answers. */
    SILENT,
    /** Answers a byte a second. */
    SLOW,
    /** Signs other contents than what it is asked for. */
    EQUIVOCATING,
    /** Answers megabytes. */
    FLOODING,
    /** Answers as many signatures as are read, none of them anybody's. */
    INVENTING;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicLong asked = new AtomicLong();
  private final Signer key;
  private final AttestationDomain domain;
  private volatile Manner manner = Manner.HONEST;

  BadPeer(Signer key, AttestationDomain domain) throws IOException {
    this.key = key;
    this.domain = domain;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v1/attestations/", this::answer);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** How often it was asked. */
  long asked() {
    return asked.get();
  }

  void behave(Manner next) {
    manner = next;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      asked.incrementAndGet();
      var root = Hash.of(exchange.getRequestURI().getPath().replaceAll(".*/", ""));
      var now = manner;
      if (now == Manner.SILENT) over.await();
      exchange.sendResponseHeaders(200, 0);
      write(exchange.getResponseBody(), root, now);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(OutputStream out, Hash root, Manner now)
      throws IOException, InterruptedException {
    switch (now) {
      case HONEST -> out.write(signatures(root, List.of(signed(root))));
      case SILENT -> {}
      case SLOW -> {
        for (var one : signatures(root, List.of(signed(root)))) {
          out.write(one);
          out.flush();
          if (over.await(1, TimeUnit.SECONDS)) return;
        }
      }
      case EQUIVOCATING -> out.write(signatures(root, others(root, 2)));
      case FLOODING -> {
        var megabyte = "x".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < MEGABYTES; i++) out.write(megabyte);
      }
      case INVENTING -> out.write(signatures(root, others(root, SIGNATURES)));
    }
  }

  private Attestation signed(Hash root) {
    return Attestation.sign(domain, root, key);
  }

  private List<Attestation> others(Hash root, int many) {
    return IntStream.range(0, many)
        .mapToObj(i -> signed(Hash.keccak("not " + root + " but " + i)))
        .toList();
  }

  private static byte[] signatures(Hash root, List<Attestation> all) throws IOException {
    var answer = Output.object().put("root", root.hex());
    var signatures = answer.putArray("attestations");
    for (var one : all)
      signatures.addObject().put("signature", Bytes.of(one.signature().bytes()).hex());
    return JSON.writeValueAsBytes(answer);
  }

  @Override
  public void close() {
    over.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
