package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.chain.Wei;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * A chain that takes a fee for data. Its oracle is a stand-in of the same ABI at the same address:
 * so much per byte of the question (its storage's slot 0), and so much per unit of gas (slot 1).
 */
class DataFeeTest {
  private static final BigInteger HUGE = BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE);
  private static final Hash PAYMENT = Hash.keccak("payment");
  private static final String GET_L1_FEE = Hash.keccak("getL1Fee(bytes)").hex().substring(2, 10);
  private static final String GET_OPERATOR_FEE =
      Hash.keccak("getOperatorFee(uint256)").hex().substring(2, 10);

  private static final String ORACLE =
      "0x60003560e01c"
          + "8063"
          + GET_L1_FEE
          + "14601e57"
          + "8063"
          + GET_OPERATOR_FEE
          + "14602c57"
          + "600080fd"
          + "5b600054360260005260206000f3"
          + "5b600154600435026000526020"
          + "6000f3";

  @TempDir static Path directory;
  private static EmbeddedServer server;
  private static Database database;
  private Counter counter;

  @BeforeAll
  static void startDatabase() {
    server = Counter.server(directory);
    database = Counter.database(server);
  }

  @AfterAll
  static void stopDatabase() {
    database.close();
    server.close();
  }

  @BeforeEach
  void start() {
    counter = new Counter(database);
  }

  @AfterEach
  void stop() {
    counter.close();
  }

  @Test
  void shouldFindTheOracleThatStandsThere() {
    for (Address oracle : List.of(OracleDataFee.OP_STACK, OracleDataFee.SCROLL)) {
      assertEquals(BigInteger.ZERO, detected().most(Bytes.EMPTY, 21_000), "none yet");
      oracle(oracle, 1_000, 0);
      BigInteger empty = detected().most(Bytes.EMPTY, 21_000);
      BigInteger more = detected().most(new Bytes("0x" + "ab".repeat(320)), 21_000);
      assertTrue(empty.compareTo(BigInteger.valueOf(1_000L * 160)) > 0, "the envelope: " + empty);
      assertEquals(BigInteger.valueOf(1_500L * 320), more.subtract(empty), "half more for later");
      counter.anvil.rpc("anvil_setCode", oracle.hex(), "0x");
    }
  }

  @Test
  void shouldTakeAnotherContractThereForNoOracle() {
    counter.anvil.rpc("anvil_setCode", OracleDataFee.OP_STACK.hex(), "0x00");
    assertEquals(BigInteger.ZERO, detected().most(Bytes.EMPTY, 21_000));
    counter.anvil.rpc("anvil_setCode", OracleDataFee.OP_STACK.hex(), "0x600080fd");
    assertEquals(BigInteger.ZERO, detected().most(Bytes.EMPTY, 21_000));
  }

  @Test
  void shouldCountTheOperatorsFee() {
    oracle(OracleDataFee.OP_STACK, 0, 7);
    assertEquals(BigInteger.valueOf(7 * 21_000), detected().most(Bytes.EMPTY, 21_000));
  }

  /** Else a node that is down for a moment would make a dear chain look cheap for ever. */
  @Test
  void shouldKnowNothingWhileNoNodeAnswers() {
    oracle(OracleDataFee.OP_STACK, 1_000, 0);
    AtomicBoolean down = new AtomicBoolean(true);
    DataFee fee =
        DataFee.of(
            DataFee.Kind.AUTO, new SeveralNodes(List.of(failing(counter.anvil.client(), down))));
    assertThrows(NodeException.class, () -> fee.most(Bytes.EMPTY, 21_000));
    down.set(false);
    assertTrue(fee.most(Bytes.EMPTY, 21_000).signum() > 0);
  }

  @Test
  void L2_shouldCountTheDataFeeIntoTheBudgetBeforeSigning() {
    oracle(OracleDataFee.OP_STACK, 1_000_000_000_000L, 0);
    BigInteger gas = counter.desk.bid().max().multiply(BigInteger.valueOf(26_250));
    BigInteger data = detected().most(Bytes.EMPTY, 26_250);
    pays(new Wei(gas.add(data).subtract(BigInteger.ONE)));
    assertThrows(BudgetException.class, () -> counter.write(Purpose.SUBMIT, PAYMENT));
    pays(new Wei(gas.add(data)));
    assertTrue(counter.write(Purpose.SUBMIT, PAYMENT));
    assertEquals(gas.add(data), counter.spent(PAYMENT));
  }

  @Test
  void L2_shouldCountWhatTheReceiptSaysThatDataCost() {
    oracle(OracleDataFee.OP_STACK, 1_000_000, 0);
    counter.behind(List.of(telling(counter.anvil.client(), BigInteger.valueOf(123_456_789))));
    pays(Wei.of("1 ether"));
    counter.write(Purpose.SUBMIT, PAYMENT);
    counter.look();
    counter.mine(5);
    assertEquals("SUCCEEDED", counter.state(0));
    BigInteger gas =
        new BigInteger(counter.one("gas_price", 0).orElseThrow())
            .multiply(BigInteger.valueOf(21_000));
    assertEquals(gas.add(BigInteger.valueOf(123_456_789)), counter.spent(PAYMENT));
  }

  @Test
  void L10_shouldTakeNoOneNodesWordForWhatDataCost() {
    oracle(OracleDataFee.OP_STACK, 1_000_000, 0);
    BigInteger truth = BigInteger.valueOf(123_456_789);
    ChainClient honest = telling(counter.anvil.client(), truth);
    counter.behind(List.of(telling(counter.anvil.client(), HUGE), honest, honest));
    pays(Wei.of("1 ether"));
    counter.write(Purpose.SUBMIT, PAYMENT);
    counter.look();
    counter.mine(5);
    assertEquals("SUCCEEDED", counter.state(0));
    assertEquals(Optional.of(truth.toString()), counter.one("data_fee", 0));
  }

  /** Too little, and budgets bear what they must not; too much, and they bear nothing. */
  @Test
  void L2_shouldTakeNoOneNodesWordForWhatDataWillCost() {
    oracle(OracleDataFee.OP_STACK, 1_000, 0);
    BigInteger truth = detected().most(Bytes.EMPTY, 21_000);
    ChainClient honest = counter.anvil.client();
    for (byte[] lie : List.of(new byte[32], Abi.encode(new Uint256(HUGE)), new byte[0])) {
      ChainClient liar =
          proxy(
              honest,
              answer ->
                  switch (answer) {
                    case byte[] called -> lie;
                    case Bytes code -> Bytes.EMPTY;
                    default -> answer;
                  });
      DataFee fee = DataFee.of(DataFee.Kind.AUTO, new SeveralNodes(List.of(liar, honest, honest)));
      assertEquals(truth, fee.most(Bytes.EMPTY, 21_000));
    }
  }

  /** Also where there is but one node, or most of them lie. */
  @Test
  void L10_shouldCountNoMoreThanWhatWasReserved() {
    counter.behind(List.of(telling(counter.anvil.client(), HUGE)));
    for (long perByte : List.of(0L, 1_000_000L)) {
      if (perByte > 0) oracle(OracleDataFee.OP_STACK, perByte, 0);
      pays(Wei.of("1 ether"));
      long nonce = perByte > 0 ? 1 : 0;
      counter.write(Purpose.SUBMIT, Hash.keccak("payment " + nonce));
      BigInteger reserved = detected().most(Bytes.EMPTY, 26_250);
      counter.look();
      counter.mine(5);
      assertEquals("SUCCEEDED", counter.state(nonce));
      assertEquals(Optional.of(reserved.toString()), counter.one("data_fee", nonce));
    }
  }

  /** One node leaves it out, one makes it up; or there are but two, which do not tell the same. */
  @Test
  void L9_shouldNotWaitForReceiptsThatDifferInWhatDataCost() {
    oracle(OracleDataFee.OP_STACK, 1_000_000, 0);
    BigInteger truth = BigInteger.valueOf(123_456_789);
    ChainClient silent = counter.anvil.client();
    ChainClient honest = telling(counter.anvil.client(), truth);
    ChainClient liar = telling(counter.anvil.client(), HUGE);
    BigInteger reserved = detected().most(Bytes.EMPTY, 26_250);
    Map<List<ChainClient>, BigInteger> counted = new LinkedHashMap<>();
    counted.put(List.of(silent, liar, honest), reserved);
    counted.put(List.of(silent, honest), truth);
    counted.put(List.of(silent, silent, liar), BigInteger.ZERO);
    long nonce = 0;
    for (var nodes : counted.keySet()) {
      counter.behind(nodes);
      pays(Wei.of("1 ether"));
      counter.write(Purpose.SUBMIT, Hash.keccak("payment " + nonce));
      counter.look();
      counter.mine(5);
      assertEquals("SUCCEEDED", counter.state(nonce));
      assertEquals(Optional.of(counted.get(nodes).toString()), counter.one("data_fee", nonce));
      nonce++;
    }
  }

  /** Whether the chain takes one beside what the receipt says: of two nodes one says so. */
  @Test
  void L9_shouldNotWaitForNodesThatDoNotAgreeWhatDataCost() {
    oracle(OracleDataFee.OP_STACK, 1_000_000, 0);
    AtomicBoolean silent = new AtomicBoolean();
    ChainClient honest = counter.anvil.client();
    ChainClient other =
        proxy(honest, answer -> answer instanceof byte[] && silent.get() ? new byte[0] : answer);
    counter.behind(List.of(honest, other));
    pays(Wei.of("1 ether"));
    counter.write(Purpose.SUBMIT, PAYMENT);
    BigInteger reserved = detected().most(Bytes.EMPTY, 26_250);
    silent.set(true);
    counter.look();
    counter.mine(5);
    assertEquals("SUCCEEDED", counter.state(0));
    assertEquals(Optional.of(reserved.toString()), counter.one("data_fee", 0));
  }

  @Test
  void L10_shouldCountNoDataFeeWhereThereIsNone() {
    counter.write(Purpose.SUBMIT, PAYMENT);
    Hash hash = counter.attempts(0).getFirst().hash();
    counter.look();
    counter.mine(1);
    Receipt receipt = with(counter.anvil.client().receipt(hash).orElseThrow(), HUGE);
    Map<Hash, BigInteger> nothing = Map.of(hash, BigInteger.ZERO);
    assertEquals(nothing, DataFee.NONE.paid(List.of(receipt)));
    assertEquals(nothing, detected().paid(List.of(receipt)));
  }

  /** Hundreds may be mined at once, and nothing is sent while nodes are asked. */
  @Test
  void L9_shouldAskOnceWhatAllOfThemPaid() {
    oracle(OracleDataFee.OP_STACK, 0, 7);
    AtomicInteger asked = new AtomicInteger();
    ChainClient node =
        proxy(
            counter.anvil.client(),
            answer -> {
              if (answer instanceof byte[]) asked.incrementAndGet();
              return answer;
            });
    counter.behind(List.of(node));
    pays(Wei.of("1 ether"));
    for (int i = 0; i < 5; i++) counter.write(Purpose.SUBMIT, Hash.keccak("payment " + i));
    counter.sender.round();
    counter.follow(1);
    int before = asked.get();
    counter.sender.round();
    assertEquals(before + 1, asked.get());
    for (int i = 0; i < 5; i++)
      assertEquals(Optional.of(Integer.toString(7 * 21_000)), counter.one("data_fee", i));
  }

  private void pays(Wei budget) {
    counter.pays(
        new FeePolicy(
            FeeLimit.ofGwei(500, 50),
            budget,
            DataFee.of(DataFee.Kind.AUTO, counter.chain.client()),
            Optional.empty()));
  }

  private DataFee detected() {
    return DataFee.of(DataFee.Kind.AUTO, new SeveralNodes(List.of(counter.anvil.client())));
  }

  private void oracle(Address at, long perByte, long perGas) {
    counter.anvil.rpc("anvil_setCode", at.hex(), ORACLE);
    counter.anvil.rpc("anvil_setStorageAt", at.hex(), "0x0", word(perByte));
    counter.anvil.rpc("anvil_setStorageAt", at.hex(), "0x1", word(perGas));
  }

  private static String word(long value) {
    return "0x%064x".formatted(value);
  }

  private static ChainClient failing(ChainClient real, AtomicBoolean down) {
    return proxy(
        real,
        answer -> {
          if (down.get()) throw new NodeException("down");
          return answer;
        });
  }

  /** As a layer 2's node does. */
  private static ChainClient telling(ChainClient real, BigInteger dataFee) {
    return proxy(
        real,
        answer -> {
          if (!(answer instanceof Map<?, ?> map)) return answer;
          Map<Object, Object> told = new LinkedHashMap<>();
          map.forEach((hash, receipt) -> told.put(hash, with((Receipt) receipt, dataFee)));
          return told;
        });
  }

  private static Receipt with(Receipt r, BigInteger dataFee) {
    return new Receipt(
        r.transaction(),
        r.succeeded(),
        r.blockHash(),
        r.blockNumber(),
        r.gasUsed(),
        r.effectiveGasPrice(),
        Optional.of(dataFee),
        r.from(),
        r.to(),
        r.created(),
        new ArrayList<>(r.logs()));
  }

  private static ChainClient proxy(
      ChainClient real, java.util.function.UnaryOperator<Object> change) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              try {
                return change.apply(method.invoke(real, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
