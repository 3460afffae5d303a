package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.Transaction;
import org.mandate.contracts.QuorumGateway;
import org.mandate.deploy.Sender;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredEvidence;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;

/** Deliveries of several chains, one of which does not answer, as its liars may well arrange. */
class EvidenceRoundTest {
  private static final long HOME = 1;
  private static final long HERE = 2;
  private static final long DEAD = 3;
  private static final Address ANY = new Address("0x" + "0a".repeat(20));
  private static final PrivateKeySigner LIAR = new PrivateKeySigner(BigInteger.TWO);
  private static final PrivateKeySigner STRANGER = new PrivateKeySigner(BigInteger.TEN);

  @TempDir Path directory;
  private EmbeddedServer server;
  private Database database;
  private final Map<Hash, Transaction> transactions = new HashMap<>();
  private int logs;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(
        tx -> {
          for (long chain : List.of(HOME, HERE, DEAD)) {
            ChainRow.register(tx, chain, ANY, ANY);
            // Final beyond whatever is delivered: what it sent would be asked now.
            Block block = block(chain == HERE ? 1 : 2);
            Blocks.append(tx, chain, block);
            ChainRow.finalize(tx, chain, block.number(), block.hash());
          }
        });
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  @Test
  void L7_liesAboutOneChainAreFoundWhileAnotherDoesNotAnswer() throws Exception {
    for (int i = 0; i < 60; i++) deliver(DEAD, i, LIAR);
    Hash lie = deliver(HOME, 7, LIAR);
    Evidence evidence = evidence();
    for (int i = 0; i < 4; i++) evidence.round();
    assertEquals(Set.of(lie), found());
  }

  @Test
  void L7_whoWasNeverARelayerSharesOneTurn() throws Exception {
    deliver(HOME, 5, STRANGER);
    Hash lie = deliver(HOME, 6, LIAR);
    for (int i = 10; i < 20; i++) deliver(HOME, i, STRANGER);
    evidence().round();
    assertEquals(12, found().size());
    assertEquals(
        Optional.of(lie),
        database.inTransaction(
            tx ->
                StoredEvidence.inTurns(tx, HOME, 0, 1).stream()
                    .flatMap(n -> StoredEvidence.numbered(tx, n).stream())
                    .map(StoredEvidence::messageId)
                    .findFirst()));
  }

  /** A peer that knows everybody's other word, also of whom nobody ever named a relayer. */
  @Test
  void L7_aStrangersSignatureFromAPeerMakesItNoRelayer() throws Exception {
    Hash strangers = deliver(HOME, 5, STRANGER);
    Hash lie = deliver(HOME, 6, LIAR);
    Hash strangersOther = sent(HOME, 5);
    Hash other = sent(HOME, 6);
    Set<String> asked = ConcurrentHashMap.newKeySet();
    HttpServer peer = peer(asked);
    try (Peers peers =
        new Peers(List.of(URI.create("http://127.0.0.1:" + peer.getAddress().getPort())))) {
      AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
      InstantSource source = now::get;
      Evidence evidence = evidence(peers, source.withZone(ZoneOffset.UTC));
      for (int i = 0; i < 4; i++) {
        evidence.round();
        now.set(now.get().plus(Duration.ofMinutes(1)));
      }
      assertEquals(Set.of(lie, strangers), found());
      assertEquals(Optional.of(other), contradiction(lie));
      assertEquals(Optional.empty(), contradiction(strangers));
      assertEquals(
          Set.of(other.hex()), asked, "nobody is asked about a stranger: " + strangersOther);
      assertTrue(isKnown(LIAR));
      assertFalse(isKnown(STRANGER));
    } finally {
      peer.stop(0);
    }
  }

  /** The node that is asked first does not show it, or another one under its name. */
  @Test
  void L7_aNodeThatShowsAnotherTransactionHidesNoLie() throws Exception {
    Hash lie = deliver(HOME, 7, LIAR);
    ChainClient lagging = showing(Optional.empty());
    ChainClient liar =
        showing(Optional.of(new Transaction(lie, ANY, Optional.of(ANY), Bytes.EMPTY)));
    ChainClient honest = answering();
    Evidence alone = evidence(place(HERE, liar, lagging), place(HOME, honest));
    for (int i = 0; i < 3; i++) alone.round();
    assertEquals(Set.of(), found());
    Evidence evidence = evidence(place(HERE, lagging, liar, honest), place(HOME, honest));
    for (int i = 0; i < 3; i++) evidence.round();
    assertEquals(Set.of(lie), found());
  }

  @Test
  void L7_oneNodesWordThatItWasSentHidesNoLie() throws Exception {
    Hash lie = deliver(HOME, 7, LIAR);
    ChainClient liar = answering("call", () -> lie.bytes());
    ChainClient honest = answering();
    Evidence evidence = evidence(place(HERE, honest), place(HOME, liar, honest, honest));
    for (int i = 0; i < 3; i++) evidence.round();
    assertEquals(Set.of(lie), found());
  }

  private ChainClient showing(Optional<Transaction> transaction) {
    return answering("transaction", () -> transaction);
  }

  /** One that answers so to that, and to everything else as the others. */
  private ChainClient answering(String asked, Supplier<Object> answer) {
    ChainClient others = answering();
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                method.getName().equals(asked) ? answer.get() : method.invoke(others, arguments));
  }

  private Evidence evidence(Workplace here, Workplace home) {
    return new Evidence(
        here, Map.of(HERE, here, HOME, home), database, new Peers(List.of()), Clock.systemUTC());
  }

  private boolean isKnown(PrivateKeySigner key) {
    return database.inTransaction(tx -> StoredMessage.isKnown(tx, key.address()));
  }

  /** Another content of that number, which the chain did send. */
  private Hash sent(long source, long nonce) {
    Message message =
        new Message(
            BigInteger.valueOf(source),
            BigInteger.valueOf(nonce),
            new InteroperableAddress(BigInteger.valueOf(source), ANY).encode(),
            new InteroperableAddress(BigInteger.valueOf(HERE), ANY).encode(),
            Bytes.of(new byte[] {1}));
    Hash id = message.id(ANY);
    database.run(tx -> new StoredMessage(id, message, id, 0, Instant.now()).save(tx, List.of()));
    return id;
  }

  private HttpServer peer(Set<String> asked) throws IOException {
    HttpServer peer =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    peer.createContext(
        "/v1/attestations/",
        exchange -> {
          String root = exchange.getRequestURI().getPath().replaceAll(".*/", "");
          asked.add(root);
          JsonArray signatures = new JsonArray();
          for (PrivateKeySigner key : List.of(STRANGER, LIAR)) {
            Attestation signed =
                Attestation.sign(
                    place(HERE, answering()).chain().attestations(), Hash.of(root), key);
            signatures.add(
                new JsonObject().put("signature", Bytes.of(signed.signature().bytes()).hex()));
          }
          byte[] body =
              new JsonObject()
                  .put("root", root)
                  .put("attestations", signatures)
                  .encode()
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    peer.start();
    return peer;
  }

  /** What else its signer signed under the number of a lie. */
  private Optional<Hash> contradiction(Hash lie) {
    return database.inTransaction(
        tx ->
            StoredEvidence.inTurns(tx, HOME, 0, 1000).stream()
                .flatMap(n -> StoredEvidence.numbered(tx, n).stream())
                .filter(one -> one.messageId().equals(lie))
                .flatMap(one -> one.other().stream())
                .map(StoredEvidence.Other::messageId)
                .findFirst());
  }

  private Set<Hash> found() {
    return database.inTransaction(
        tx ->
            StoredEvidence.inTurns(tx, HOME, 0, 1000).stream()
                .map(n -> StoredEvidence.numbered(tx, n).orElseThrow().messageId())
                .collect(Collectors.toSet()));
  }

  private Evidence evidence() {
    return evidence(new Peers(List.of()), Clock.systemUTC());
  }

  private Evidence evidence(Peers peers, Clock clock) {
    ChainClient silent = new JsonRpcClient(URI.create("http://127.0.0.1:1"), Duration.ofSeconds(1));
    Map<Long, Workplace> places =
        Map.of(
            HOME,
            place(HOME, answering()),
            HERE,
            place(HERE, answering()),
            DEAD,
            place(DEAD, silent));
    return new Evidence(places.get(HERE), places, database, peers, clock);
  }

  private Workplace place(long id, ChainClient... nodes) {
    FollowedChain chain =
        new FollowedChain(
            id,
            new SeveralNodes(List.of(nodes)),
            Finality.of("finalized"),
            0,
            HOME,
            ANY,
            ANY,
            ANY,
            ANY,
            ANY);
    Desk desk =
        new Desk(
            chain,
            database,
            FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
            LIAR,
            new SigningGate(),
            new Bell(),
            Clock.systemUTC());
    return new Workplace(chain, desk, database, Duration.ofSeconds(1), Clock.systemUTC());
  }

  /** A node that knows the deliveries, a quorum of one liar, and that nothing was ever sent. */
  private ChainClient answering() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "transaction" -> Optional.ofNullable(transactions.get((Hash) arguments[0]));
                  case "call" -> called(arguments);
                  default -> throw new NodeException("not asked here: " + method.getName());
                });
  }

  private static byte[] called(Object[] arguments) {
    for (Object argument : arguments) {
      if (argument instanceof byte[] data && data.length == 4) {
        return Abi.encode(
            new DynamicArray<>(
                org.web3j.abi.datatypes.Address.class,
                List.of(new org.web3j.abi.datatypes.Address(LIAR.address().hex()))),
            new Uint256(1),
            new Uint256(0));
      }
    }
    return Abi.encode(new Bytes32(new byte[32])); // nothing was sent under that number
  }

  /** A final delivery here of what that chain never sent. */
  private Hash deliver(long source, long nonce, PrivateKeySigner signer) {
    Message message =
        new Message(
            BigInteger.valueOf(source),
            BigInteger.valueOf(nonce),
            new InteroperableAddress(BigInteger.valueOf(source), ANY).encode(),
            new InteroperableAddress(BigInteger.valueOf(HERE), ANY).encode(),
            Bytes.EMPTY);
    Hash id = message.id(ANY);
    FollowedChain here = place(HERE, answering()).chain();
    Attestation lie = Attestation.sign(here.attestations(), id, signer);
    Web3j nowhere = Web3j.build(new HttpService("http://127.0.0.1:1"));
    QuorumGateway gateway =
        QuorumGateway.load(
            ANY.hex(),
            nowhere,
            new org.web3j.tx.ReadonlyTransactionManager(nowhere, ANY.hex()),
            Sender.NO_GAS);
    String input =
        gateway
            .deliver(
                MessageAbi.toGateway(message),
                List.of(),
                Attestation.forDelivery(here.attestations(), List.of(lie)).bytes())
            .encodeFunctionCall();
    Hash hash = Hash.keccak("delivers " + id);
    transactions.put(hash, new Transaction(hash, ANY, Optional.of(ANY), new Bytes(input)));
    Log log =
        new Log(
            block(1).hash(),
            1,
            hash,
            logs++,
            ANY,
            List.of(Hash.of(EventEncoder.encode(QuorumGateway.MESSAGEDELIVERED_EVENT)), id),
            "0x");
    database.run(
        tx ->
            StoredEvent.insert(
                tx,
                HERE,
                EventKind.DELIVERED,
                log,
                new IntentDomain(BigInteger.valueOf(HOME), ANY)));
    return id;
  }

  private static Block block(long number) {
    return new Block(
        number,
        Hash.keccak("block " + number),
        Hash.keccak("block " + (number - 1)),
        Instant.ofEpochSecond(1_800_000_000 + number));
  }
}
