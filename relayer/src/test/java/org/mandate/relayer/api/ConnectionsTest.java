package org.mandate.relayer.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nobody keeps others out by connecting, by silence or by asking slowly. */
class ConnectionsTest {
  private static final int MOST = 12;
  private static final int PER_CLIENT = 5;
  private static final String ASK = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final String ASK_LONG =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";

  private final Vertx vertx = Vertx.vertx();
  private final List<Socket> sockets = new ArrayList<>();
  private Connections connections;
  private HttpServer server;

  @BeforeEach
  void start() {
    connections =
        new Connections(
            vertx,
            MOST,
            PER_CLIENT,
            new Connections.Patience(
                Duration.ofSeconds(2),
                Duration.ofSeconds(2),
                Duration.ofSeconds(4),
                Duration.ofMillis(100)));
    connections.watch();
    server =
        vertx
            .createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
            .connectionHandler(connections::connected)
            .requestHandler(
                request -> {
                  connections.asked(request);
                  request.body().onSuccess(body -> request.response().end("well"));
                })
            .listen(0, "127.0.0.1")
            .await();
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket socket : sockets) socket.close();
    server.close().await();
    vertx.close().await();
  }

  @Test
  void L9_oneClientLeavesRoomForOthers() throws Exception {
    List<Socket> silent = new ArrayList<>();
    for (int i = 0; i < 50; i++) silent.add(connect("127.0.0.1"));
    Socket other = connect("127.0.0.2");
    assertTrue(isAnswered(other));
    assertEquals(PER_CLIENT, left(silent.subList(0, PER_CLIENT)));
    assertEquals(-1, silent.getLast().getInputStream().read(), "what is too many is closed");
    assertTrue(isAnswered(other), "and keeps its connection");
    // Who lets go of one may have another one.
    silent.forEach(ConnectionsTest::close);
    awaitTrue(() -> isAnswered(connect("127.0.0.1")));
  }

  @Test
  void L9_allTogetherAreBounded() throws Exception {
    List<Socket> silent = new ArrayList<>();
    for (int client = 1; client <= 10; client++)
      for (int i = 0; i < 4; i++) silent.add(connect("127.0.0." + client));
    assertEquals(MOST, left(silent.subList(0, MOST)));
    assertEquals(-1, silent.getLast().getInputStream().read(), "what is too many is closed");
    awaitTrue(() -> isAnswered(connect("127.0.0.20"))); // once the silent ones are let go of
  }

  @Test
  void L9_whoSaysNothingIsLetGo() throws Exception {
    assertClosedWithin(connect("127.0.0.1"), 2, 4);
  }

  @Test
  void L9_headersThatTrickleInAreNotAwaited() throws Exception {
    Socket first = connect("127.0.0.1");
    first.getOutputStream().write("GET / HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
    assertClosedWhileItTrickles(first, 2, 4);
    Socket second = connect("127.0.0.1");
    assertTrue(isAnswered(second));
    second.getOutputStream().write("GET / HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
    assertClosedWhileItTrickles(second, 4, 6);
  }

  @Test
  void L9_aBodyThatTricklesInIsNotAwaited() throws Exception {
    Socket first = connect("127.0.0.1");
    first.getOutputStream().write(ASK_LONG.getBytes(StandardCharsets.US_ASCII));
    assertClosedWhileItTrickles(first, 2, 4);
    Socket second = connect("127.0.0.1");
    assertTrue(isAnswered(second));
    second.getOutputStream().write(ASK_LONG.getBytes(StandardCharsets.US_ASCII));
    assertClosedWhileItTrickles(second, 2, 4);
  }

  @Test
  void L9_whoAsksNowAndThenKeepsItsConnection() throws Exception {
    Socket socket = connect("127.0.0.1");
    for (int i = 0; i < 3; i++) {
      assertTrue(isAnswered(socket));
      Thread.sleep(2_500);
    }
    assertTrue(isAnswered(socket));
    assertFalse(connections.isEmpty());
    socket.close();
    awaitTrue(connections::isEmpty);
  }

  /** One customer has all addresses of such a network. */
  @Test
  void L9_aNetworkOfIpv6IsOneClient() {
    assertEquals(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assertFalse(client("2001:db8:1:2::1").equals(client("2001:db8:1:3::1")));
    assertEquals(client("203.0.113.7"), client("::ffff:203.0.113.7"));
    assertFalse(client("203.0.113.7").equals(client("203.0.113.8")));
    assertEquals("unknown", ClientAddress.of(null));
  }

  // ------------------------------------------------------------------ steps

  private static String client(String address) {
    return ClientAddress.of(SocketAddress.inetSocketAddress(1234, address));
  }

  /** From that address of this machine. */
  private Socket connect(String from) throws IOException {
    Socket socket =
        new Socket(
            InetAddress.getLoopbackAddress(), server.actualPort(), InetAddress.getByName(from), 0);
    socket.setSoTimeout(1_000);
    sockets.add(socket);
    return socket;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static boolean isAnswered(Socket socket) throws IOException {
    try {
      socket.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = new byte[4096];
      int length = socket.getInputStream().read(answer);
      return new String(answer, 0, Math.max(0, length), StandardCharsets.US_ASCII)
          .startsWith("HTTP/1.1 200");
    } catch (SocketException | SocketTimeoutException e) {
      return false; // turned away while it asked
    }
  }

  /** How many of these nobody closed. */
  private static int left(List<Socket> sockets) throws IOException {
    int left = 0;
    for (Socket socket : sockets) {
      socket.setSoTimeout(50);
      try {
        if (socket.getInputStream().read() >= 0) throw new AssertionError("nobody was asked");
      } catch (SocketTimeoutException e) {
        left++;
      } catch (SocketException e) {
        // closed
      }
    }
    return left;
  }

  private static void assertClosedWhileItTrickles(Socket socket, int least, int most)
      throws Exception {
    Instant begin = Instant.now();
    socket.setSoTimeout(200);
    while (true) {
      try {
        socket.getOutputStream().write('x');
        if (socket.getInputStream().read() == -1) break;
      } catch (SocketTimeoutException e) {
        assertTrue(seconds(begin) < most, "open after " + seconds(begin) + " s");
      } catch (SocketException e) {
        break;
      }
    }
    assertTrue(seconds(begin) > least - 0.5, "closed after " + seconds(begin) + " s");
    assertTrue(seconds(begin) < most, "closed after " + seconds(begin) + " s");
  }

  private static void assertClosedWithin(Socket socket, int least, int most) throws Exception {
    Instant begin = Instant.now();
    socket.setSoTimeout(most * 1_000);
    assertEquals(-1, socket.getInputStream().read());
    assertTrue(seconds(begin) > least - 0.5, "closed after " + seconds(begin) + " s");
  }

  private static double seconds(Instant since) {
    return Duration.between(since, Instant.now()).toMillis() / 1000.0;
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void awaitTrue(Condition condition) throws Exception {
    Instant end = Instant.now().plusSeconds(20);
    while (!condition.holds()) {
      assertTrue(Instant.now().isBefore(end));
      Thread.sleep(100);
    }
  }
}
