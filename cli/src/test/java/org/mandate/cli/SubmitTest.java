package org.mandate.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentJson;
import org.mandate.intent.SignedIntent;
import org.mandate.signer.PrivateKeySigner;

/** What the command believes of a relayer that answers early, late or falsely. */
class SubmitTest {
  private static final Address SOMEBODY = Address.of("0x" + "ab".repeat(20));
  private static final IntentDomain DOMAIN = new IntentDomain(BigInteger.ONE, SOMEBODY);

  @TempDir Path folder;
  private final Deque<ObjectNode> views = new ArrayDeque<>();
  private HttpServer relayer;
  private String accepted = "RECEIVED";

  @BeforeEach
  void start() throws IOException {
    relayer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    relayer.createContext("/v1/intents", this::answer);
    relayer.start();
    var signed = SignedIntent.sign(pay(5), DOMAIN, new PrivateKeySigner(BigInteger.TWO));
    var json = Output.object();
    json.set("intent", IntentJson.write(signed.intent()));
    Files.writeString(
        folder.resolve("intent.json"), json.put("signature", signed.signature().hex()).toString());
  }

  @AfterEach
  void stop() {
    relayer.stop(0);
  }

  @Test
  void shouldWaitUntilTheExecutionIsFinal() {
    views.add(view(pay(5), "RECEIVED", false));
    views.add(view(pay(5), "EXECUTED", false));
    views.add(view(pay(5), "EXECUTED", true));
    var run = submit("--wait", "20", "--json");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.json().path("final").asBoolean(), run.out());
  }

  @Test
  void shouldNotCallAnExecutionDoneThatAReorganisationMayUndo() {
    views.add(view(pay(5), "EXECUTED", false));
    var run = submit("--wait", "1");
    assertEquals(4, run.code(), run.out());
    assertTrue(run.err().contains("EXECUTED and not final"), run.err());
  }

  @Test
  void shouldNotCallADenialFinalBeforeItIs() {
    views.add(view(pay(5), "DENIED", false));
    views.add(view(pay(5), "EXECUTED", true));
    assertEquals(0, submit("--wait", "20").code());
  }

  @Test
  void shouldRefuseAnotherIntentsFate() {
    views.add(view(pay(6), "EXECUTED", true));
    for (var arguments : new String[][] {{"--wait", "5"}, {}}) {
      var run = submit(arguments);
      assertEquals(4, run.code(), run.out());
      assertTrue(run.err().contains("another intent"), run.err());
    }
  }

  @Test
  void shouldExitWithRefusedWhenTheAnswerIsADenial() {
    accepted = "DENIED";
    views.add(view(pay(5), "DENIED", true));
    assertEquals(5, submit().code());
    assertEquals(5, submit("--wait", "5").code());
  }

  @Test
  void L12_shouldSayWhyAnIntentIsParkedAndWhoMustAct() {
    var view = view(pay(5), "PARKED", false);
    view.putObject("parked")
        .put("rule", "RECORDS_UNPUBLISHED")
        .put("message", "50 audit records are unpublished")
        .put("next", "look at the relayers");
    views.add(view);
    var handed = submit();
    assertEquals(0, handed.code(), handed.err());
    var waited = submit("--wait", "1");
    assertEquals(6, waited.code(), waited.out());
    var got =
        Run.mandate(
            "intent",
            "get",
            pay(5).id(DOMAIN).hex(),
            "--relayer",
            "http://127.0.0.1:" + relayer.getAddress().getPort());
    for (var words : new String[] {handed.out(), waited.err(), got.out()}) {
      assertTrue(words.contains("PARKED"), words);
      assertTrue(words.contains("50 audit records are unpublished"), words);
      assertTrue(words.contains("look at the relayers"), words);
    }
    assertEquals(
        "RECORDS_UNPUBLISHED", submit("--json").json().path("parked").path("rule").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOTIFY | its owner is told",
        "DELAY | from 2027-01-15T08:00:00Z on, unless it is cancelled",
        "APPROVAL | from 2027-01-15T08:00:00Z on, with approvals",
        "INSTANT | ''",
      })
  void L12_shouldSayHowItProceeds(String tier, String words) {
    var view = view(pay(5), "ADMITTED", false);
    view.putObject("verdict").put("rule", "NONE").put("tier", tier).put("eta", "1800000000");
    views.add(view);
    var got =
        Run.mandate(
            "intent",
            "get",
            pay(5).id(DOMAIN).hex(),
            "--relayer",
            "http://127.0.0.1:" + relayer.getAddress().getPort());
    for (var run : new Run[] {submit(), got}) {
      assertEquals(0, run.code(), run.err());
      assertTrue(run.out().contains(words), run.out());
      assertEquals(!words.isEmpty(), run.out().contains("tier " + tier), run.out());
    }
  }

  @Test
  void shouldHandOverWithoutWaiting() {
    views.add(view(pay(5), "RECEIVED", false));
    var run = submit("--json");
    assertEquals(0, run.code(), run.err());
    assertEquals("RECEIVED", run.json().path("state").asText());
  }

  private Run submit(String... more) {
    var arguments = new String[5 + more.length];
    arguments[0] = "intent";
    arguments[1] = "submit";
    arguments[2] = folder.resolve("intent.json").toString();
    arguments[3] = "--relayer";
    arguments[4] = "http://127.0.0.1:" + relayer.getAddress().getPort();
    System.arraycopy(more, 0, arguments, 5, more.length);
    return Run.mandate(arguments);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      var json =
          exchange.getRequestMethod().equals("POST")
              ? Output.object().put("intentId", pay(5).id(DOMAIN).hex()).put("state", accepted)
              : views.size() > 1 ? views.remove() : views.element();
      var bytes = json.toString().getBytes(UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static ObjectNode view(Intent intent, String state, boolean isFinal) {
    var view =
        Output.object()
            .put("intentId", pay(5).id(DOMAIN).hex())
            .put("state", state)
            .put("final", isFinal);
    view.set("intent", IntentJson.write(intent));
    return view;
  }

  private static Intent pay(long amount) {
    return new Intent(
        BigInteger.ONE,
        SOMEBODY,
        BigInteger.ONE,
        Address.ZERO,
        SOMEBODY,
        BigInteger.valueOf(amount),
        Bytes.EMPTY,
        BigInteger.ONE,
        BigInteger.valueOf(4_000_000_000L));
  }
}
