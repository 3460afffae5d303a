package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.NodeException;
import org.mandate.chain.SendOutcome;
import org.mandate.cli.local.Ledger;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.SigningPolicy;
import org.mandate.signer.Transactions;

/**
 * What one attacker does from outside, one thing at a time; what is done for a while is undone at
 * its end. Two attackers do nothing to the same thing at the same time.
 */
final class Attacks {
  private static final BigInteger ETHER = BigInteger.TEN.pow(18);
  private static final BigInteger RICH = ETHER.multiply(BigInteger.valueOf(10_000));
  private static final List<String> TABLES =
      List.of("task", "transaction", "intent", "event", "lease", "signer_nonce", "message");
  private static final String CUT =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
          + " AND pid <> pg_backend_pid()";
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int CONNECTIONS = 200;
  private static final int LONG_BODY = 8 << 20;

  private static final int LEAP_SECONDS = 30;

  /** All of one attacker's jumps together: what agents sign is good for two hours. */
  private static final int MOST_JUMPED_SECONDS = 1_200;

  /**
   * Blocks of a reorg. No block that is final goes: the finalized one is four behind the head. And
   * never more than ten: in an hour a chain gets 14,400 blocks, and with more than 3,000 Anvil
   * (1.7) forgets the whole state in a deeper one.
   */
  private static final int DEEPEST = 3;

  private static final Map<Object, ReentrantLock> TAKEN = new ConcurrentHashMap<>();

  private final Town town;
  private final List<Service> services;
  private final int relayers;
  private final Tally tally;
  private final Random random;
  private final List<Attack> attacks;
  private int jumped;

  /** Something to do, once; answers whether it was done. */
  private interface Act {
    boolean run() throws Exception;
  }

  private record Attack(String name, Act act) {}

  /**
   * @param services all processes, the relayers' first ones in front
   */
  Attacks(Ground ground, List<Service> services, Tally tally, Random random) {
    this.town = ground.town();
    this.services = List.copyOf(services);
    this.relayers = ground.relayers().size();
    this.tally = tally;
    this.random = random;
    this.attacks =
        List.of(
            new Attack("process killed", this::kill),
            new Attack("all processes killed", this::killAll),
            new Attack("process paused", this::pause),
            new Attack("PostgreSQL killed", this::killDatabase),
            new Attack("connections to PostgreSQL cut", this::cut),
            new Attack("table locked", this::lock),
            new Attack("node hangs", this::hang),
            new Attack("blocks all at once", this::hurry),
            new Attack("time leaps", this::leap),
            new Attack("node forgets what waits", this::forget),
            new Attack("reorg", this::reorganize),
            new Attack("dear blocks", this::dear),
            new Attack("coins gone", this::poor),
            new Attack("key used by somebody else", this::foreign),
            new Attack("garbage over HTTP", this::garbage),
            new Attack("connections that say nothing", this::silence),
            new Attack("flood of questions", this::flood));
  }

  /** All that there are. */
  List<String> names() {
    return attacks.stream().map(Attack::name).toList();
  }

  /** Does one thing; one that is not possible just now is none. */
  void one() throws InterruptedException {
    var attack = attacks.get(random.nextInt(attacks.size()));
    try {
      if (attack.act().run()) tally.trouble(attack.name());
      else tally.notDone(attack.name());
    } catch (IOException | SQLException | NodeException e) {
      tally.notDone(attack.name());
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      tally.fault("attack broke off: " + attack.name() + ": " + e);
    }
  }

  // ------------------------------------------------------------------ processes

  private Service service() {
    return services.get(random.nextInt(services.size()));
  }

  private boolean kill() throws Exception {
    var victim = service();
    return alone(victim, () -> kill(victim));
  }

  /** Not all, where one was dead already or another attacker is at it. */
  private boolean killAll() throws Exception {
    var isDone = true;
    for (var victim : services) isDone &= alone(victim, () -> kill(victim));
    return isDone;
  }

  private static boolean kill(Service victim) throws IOException, InterruptedException {
    if (!victim.isAlive()) return false;
    victim.kill();
    return true;
  }

  /** Mostly short, now and then longer than leases, claims and time-outs. */
  private boolean pause() throws Exception {
    var victim = service();
    return alone(
        victim,
        () -> {
          if (!victim.isAlive()) return false;
          victim.pause();
          try {
            Thread.sleep(random.nextInt(4) == 0 ? 40_000 : 500 + random.nextInt(8_000));
          } finally {
            victim.resume();
          }
          return true;
        });
  }

  // ------------------------------------------------------------------ database

  private boolean killDatabase() throws Exception {
    return alone(
        town.database(),
        () -> {
          town.database().kill();
          Thread.sleep(random.nextInt(6_000));
          town.database().restart();
          return true;
        });
  }

  private boolean cut() throws Exception {
    return alone(
        town.database(),
        () -> {
          try (var connection = town.database().connect(database());
              var statement = connection.createStatement();
              var cut = statement.executeQuery(CUT)) {
            return cut.next(); // a row for each
          }
        });
  }

  private boolean lock() throws Exception {
    var table = TABLES.get(random.nextInt(TABLES.size()));
    return alone(
        town.database(),
        () -> {
          try (var connection = town.database().connect(database())) {
            connection.setAutoCommit(false);
            try (var statement = connection.createStatement()) {
              statement.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
              Thread.sleep(1_000 + random.nextInt(10_000));
            } finally {
              connection.rollback();
            }
          }
          return true;
        });
  }

  private String database() {
    return "relayer_" + (1 + random.nextInt(relayers));
  }

  // ------------------------------------------------------------------ chains

  private Ledger ledger() {
    return random.nextBoolean() ? town.home() : town.remote();
  }

  private interface OnChain {
    void run(LocalChain chain) throws Exception;
  }

  private boolean on(OnChain act) throws Exception {
    var chain = ledger().chain();
    return alone(
        chain,
        () -> {
          act.run(chain);
          return true;
        });
  }

  private boolean hang() throws Exception {
    return on(
        chain -> {
          chain.pause();
          try {
            Thread.sleep(1_000 + random.nextInt(15_000));
          } finally {
            chain.resume();
          }
        });
  }

  private boolean hurry() throws Exception {
    return on(chain -> chain.ask("anvil_mine", "0x" + Integer.toHexString(1 + random.nextInt(30))));
  }

  private boolean leap() throws Exception {
    if (jumped >= MOST_JUMPED_SECONDS) return false;
    var isDone = on(chain -> chain.ask("evm_increaseTime", LEAP_SECONDS));
    if (isDone) jumped += LEAP_SECONDS;
    return isDone;
  }

  private boolean forget() throws Exception {
    return on(chain -> chain.ask("anvil_dropAllTransactions"));
  }

  private boolean reorganize() throws Exception {
    return on(chain -> chain.reorganize(1 + random.nextInt(DEEPEST)));
  }

  private boolean dear() throws Exception {
    return on(
        chain -> {
          var price = chain.baseFee().multiply(BigInteger.valueOf(2 + random.nextInt(50)));
          chain.ask("anvil_setNextBlockBaseFeePerGas", "0x" + price.toString(16));
        });
  }

  private boolean poor() throws Exception {
    var key = town.relayerKey(random.nextInt(relayers)).getAddress();
    return on(
        chain -> {
          chain.fund(key, BigInteger.ZERO);
          try {
            Thread.sleep(1_000 + random.nextInt(15_000));
          } finally {
            chain.fund(key, RICH);
          }
        });
  }

  /** At the next nonce, at one that is on its way, or ahead of both. */
  private boolean foreign() throws Exception {
    int relayer = random.nextInt(relayers);
    return on(
        chain -> {
          var key =
              new GuardedSigner(
                  new PrivateKey(town.relayerKey(relayer).getEcKeyPair().getPrivateKey()),
                  SigningPolicy.ofPerson());
          var node = new JsonRpcClient(URI.create(chain.url()), TIMEOUT);
          long nonce =
              random.nextBoolean()
                  ? node.nonce(key.address(), BlockTag.LATEST)
                  : node.nonce(key.address(), BlockTag.PENDING) + random.nextInt(2);
          var bid = chain.baseFee().max(BigInteger.ONE).multiply(BigInteger.valueOf(40));
          var signed =
              key.sign(
                  new Transactions.Request(
                      BigInteger.valueOf(chain.chainId()),
                      nonce,
                      new Fees(BigInteger.ZERO, bid, bid),
                      21_000,
                      key.address(),
                      BigInteger.ONE,
                      Bytes.EMPTY));
          // Before it is sent: a node may take it and not answer.
          tally.foreign(relayer, chain.chainId(), nonce, signed.hash());
          if (!(node.send(signed.raw().bytes()) instanceof SendOutcome.Accepted))
            throw new IOException("the node takes it not");
        });
  }

  // ------------------------------------------------------------------ HTTP

  private Socket connect() throws IOException {
    var url = services.get(random.nextInt(services.size())).url();
    var socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), 2_000);
      socket.setSoTimeout(2_000);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private boolean garbage() throws Exception {
    var isDone = false;
    for (int i = 0; i < 20; i++) {
      try (var socket = connect()) {
        isDone = true;
        var bytes =
            switch (random.nextInt(4)) {
              case 0 -> noise(1 + random.nextInt(4_000));
              case 1 -> post("[".repeat(100_000));
              case 2 -> post("{\"intent\":\"" + "9".repeat(LONG_BODY) + "\"}");
              default -> post("{\"agentId\":-1,\"amount\":\"1e999999999\"}");
            };
        socket.getOutputStream().write(bytes);
        socket.getInputStream().readNBytes(200);
      } catch (IOException e) {
        // Refused, and rightly: what it does to others is looked at in the end.
      }
    }
    return isDone;
  }

  private byte[] noise(int length) {
    var bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] post(String body) {
    return ("POST /v1/intents HTTP/1.1\r\nHost: relayer\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private boolean silence() throws Exception {
    var open = new ArrayList<Socket>();
    try {
      for (int i = 0; i < CONNECTIONS; i++) {
        var socket = connect();
        open.add(socket);
        socket
            .getOutputStream()
            .write("POST /v1/intents HTTP/1.1\r\nHost:".getBytes(StandardCharsets.US_ASCII));
      }
      Thread.sleep(5_000);
    } finally {
      for (var socket : open) socket.close();
    }
    return true;
  }

  private boolean flood() throws Exception {
    var target = service();
    var isDone = new AtomicBoolean();
    Together.each(
        "a flood",
        List.of(1, 2, 3, 4, 5, 6, 7, 8),
        i -> {
          for (int n = 0; n < 200; n++) {
            try {
              target.get(n % 2 == 0 ? "/v1/intents?limit=500" : "/metrics");
              isDone.set(true);
            } catch (IOException e) {
              Thread.sleep(20);
            }
          }
        });
    return isDone.get();
  }

  // ------------------------------------------------------------------ one at a time

  /** Nothing happens where somebody else is at it. */
  private static boolean alone(Object what, Act act) throws Exception {
    var lock = TAKEN.computeIfAbsent(what, w -> new ReentrantLock());
    if (!lock.tryLock()) return false;
    try {
      return act.run();
    } finally {
      lock.unlock();
    }
  }
}
