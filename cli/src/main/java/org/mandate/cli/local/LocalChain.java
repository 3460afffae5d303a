package org.mandate.cli.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.deploy.Sender;
import org.mandate.deploy.StateOverrideCall;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.core.methods.response.VoidResponse;
import org.web3j.protocol.http.HttpService;
import org.web3j.utils.Numeric;

/** A real chain on this machine: Anvil, on a free port, a process that outlives nobody. */
public final class LocalChain {
  private static final int MOST_MENDED = 5;
  private static final int HOLE_SEARCH = 8;
  private static final Duration HOLE_SHOWS = Duration.ofMillis(50);

  private static final Duration MOST = Duration.ofMinutes(2);

  private final String name;
  private final long chainId;
  private final String url;
  private final Process process;
  private final HttpService service;
  private final Web3j web3j;

  private LocalChain(String name, long chainId, String url, Process process) {
    this.name = name;
    this.chainId = chainId;
    this.url = url;
    this.process = process;
    // A chain of thousands of blocks, or a busy machine, may take longer than is usual.
    this.service =
        new HttpService(
            url, HttpService.getOkHttpClientBuilder().callTimeout(MOST).readTimeout(MOST).build());
    this.web3j = Web3j.build(service);
  }

  /**
   * How the chain makes its blocks.
   *
   * @param blockTime one block each
   * @param gasLimit of a block; absent: Anvil's own, 30 million
   * @param slotsInEpoch how far the finalized block is behind the head: twice as many blocks
   * @param more arguments for Anvil, as they are
   */
  public record Settings(
      Duration blockTime, OptionalLong gasLimit, int slotsInEpoch, List<String> more) {
    /** Two blocks per second; the finalized block follows the head by two blocks instead of 64. */
    public static final Settings DEFAULT =
        new Settings(Duration.ofMillis(500), OptionalLong.empty(), 1, List.of());

    public Settings {
      more = List.copyOf(more);
      if (blockTime.toMillis() < 1 || slotsInEpoch < 1) {
        throw new IllegalArgumentException("block time and slots must be above 0");
      }
    }

    public Settings withBlockTime(Duration each) {
      return new Settings(each, gasLimit, slotsInEpoch, more);
    }

    public Settings withGasLimit(long limit) {
      return new Settings(blockTime, OptionalLong.of(limit), slotsInEpoch, more);
    }

    public Settings withSlotsInEpoch(int slots) {
      return new Settings(blockTime, gasLimit, slots, more);
    }

    public Settings with(String... arguments) {
      return new Settings(
          blockTime,
          gasLimit,
          slotsInEpoch,
          Stream.concat(more.stream(), Stream.of(arguments)).toList());
    }

    private List<String> arguments() {
      var arguments = new ArrayList<String>();
      arguments.addAll(
          List.of("--block-time", BigDecimal.valueOf(blockTime.toMillis(), 3).toPlainString()));
      arguments.addAll(List.of("--slots-in-an-epoch", Integer.toString(slotsInEpoch)));
      gasLimit.ifPresent(limit -> arguments.addAll(List.of("--gas-limit", Long.toString(limit))));
      arguments.addAll(more);
      return arguments;
    }
  }

  /** As {@link #start(Path, Reaper, String, long, Settings)}, with two blocks per second. */
  public static LocalChain start(Path root, Reaper reaper, String name, long chainId)
      throws IOException {
    return start(root, reaper, name, chainId, Settings.DEFAULT);
  }

  /**
   * @param root directory with {@code node_modules}
   * @throws IOException when Anvil is not installed or does not start
   */
  public static LocalChain start(
      Path root, Reaper reaper, String name, long chainId, Settings settings) throws IOException {
    var anvil = root.resolve("node_modules/.bin/anvil");
    if (!Files.isExecutable(anvil)) {
      throw new IOException(anvil + " is missing: run this with ./mandate, which installs it");
    }
    var command = new ArrayList<String>();
    command.add(anvil.toString());
    command.addAll(List.of("--port", "0", "--chain-id", Long.toString(chainId)));
    command.addAll(settings.arguments());
    command.add("--config-out");
    command.add(reaper.directory().resolve("chain-%d.json".formatted(chainId)).toString());
    var process = reaper.start(new ProcessBuilder(command).redirectErrorStream(true));
    process.getOutputStream().close();
    var output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (var line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("Listening on ")) {
        Thread.ofVirtual().start(() -> drain(output));
        return new LocalChain(
            name, chainId, "http://" + line.substring("Listening on ".length()).trim(), process);
      }
    }
    throw new IOException("anvil for chain " + chainId + " ended before it listened");
  }

  // A full pipe would stop the chain.
  private static void drain(BufferedReader output) {
    try (output) {
      output.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // The chain ended.
    }
  }

  public String name() {
    return name;
  }

  public long chainId() {
    return chainId;
  }

  public String url() {
    return url;
  }

  public long pid() {
    return process.pid();
  }

  /** SIGSTOP: it answers nobody and makes no block until {@link #resume}. */
  public void pause() throws IOException, InterruptedException {
    Signal.STOP.send(process.pid());
  }

  /** SIGCONT. */
  public void resume() throws IOException, InterruptedException {
    Signal.CONT.send(process.pid());
  }

  /**
   * Asks the node, also what only a development chain answers ({@code anvil_reorg} and the like).
   *
   * @throws IOException when it does not answer or answers with an error
   */
  public Object ask(String method, Object... parameters) throws IOException {
    var answer = new Request<>(method, List.of(parameters), service, Answer.class).send();
    if (answer.hasError()) {
      throw new IOException(method + ": " + answer.getError().getMessage());
    }
    return answer.getResult();
  }

  /**
   * Replaces the newest blocks by empty ones. A block that Anvil (1.7) makes at that very moment it
   * may lose, and has a chain with a hole from there on: what is above it is replaced as well.
   *
   * @param depth how many blocks
   * @throws IOException when it does not answer, or the hole stays
   */
  public void reorganize(int depth) throws IOException, InterruptedException {
    ask("anvil_reorg", depth, List.of());
    for (int i = 0; i < MOST_MENDED; i++) {
      Thread.sleep(HOLE_SHOWS);
      var hole = hole(depth);
      if (hole.isEmpty()) return;
      ask("anvil_reorg", head() - hole.getAsLong() + 1, List.of());
    }
    throw new IOException("chain %d has lost a block in a reorg".formatted(chainId));
  }

  /** The lowest of the newest blocks that is not there. */
  private OptionalLong hole(int depth) throws IOException {
    var head = head();
    for (long number = Math.max(0, head - depth - HOLE_SEARCH); number < head; number++) {
      if (ask("eth_getBlockByNumber", Numeric.encodeQuantity(BigInteger.valueOf(number)), false)
          == null) return OptionalLong.of(number);
    }
    return OptionalLong.empty();
  }

  /** Any answer. */
  static final class Answer extends Response<Object> {}

  /** How many transactions the account has sent that are mined. */
  public long count(Address account) throws IOException {
    return web3j
        .ethGetTransactionCount(account.hex(), DefaultBlockParameterName.LATEST)
        .send()
        .getTransactionCount()
        .longValueExact();
  }

  /** Of the newest block, wei per gas. */
  public BigInteger baseFee() throws IOException {
    return web3j
        .ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false)
        .send()
        .getBlock()
        .getBaseFeePerGas();
  }

  public Web3j web3j() {
    return web3j;
  }

  public Sender sender(Credentials key) {
    return new Sender(web3j, key);
  }

  public StateOverrideCall overrides() {
    return new StateOverrideCall(service);
  }

  /** Gives an account native coin, as only a development chain can. */
  public void fund(String account, BigInteger wei) throws IOException {
    new Request<>(
            "anvil_setBalance",
            List.of(account, Numeric.encodeQuantity(wei)),
            service,
            VoidResponse.class)
        .send();
  }

  public BigInteger balance(String account) throws IOException {
    return web3j.ethGetBalance(account, DefaultBlockParameterName.LATEST).send().getBalance();
  }

  /** Number of the newest block. */
  public long head() throws IOException {
    return web3j.ethBlockNumber().send().getBlockNumber().longValueExact();
  }

  /** Number of the newest final block. */
  public long finalized() throws IOException {
    return web3j
        .ethGetBlockByNumber(DefaultBlockParameterName.FINALIZED, false)
        .send()
        .getBlock()
        .getNumber()
        .longValueExact();
  }

  /** Unix seconds of the newest block: the chain's clock. */
  public long now() throws IOException {
    return web3j
        .ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false)
        .send()
        .getBlock()
        .getTimestamp()
        .longValueExact();
  }

  public void close() {
    web3j.shutdown();
  }
}
