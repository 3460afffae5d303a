package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mandate.contracts.TestToken;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.signer.Transactions;
import org.mandate.testing.Anvil;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.generated.Uint256;

class JsonRpcClientTest {
  private static final Address PAYEE = Address.of("0x" + "ab".repeat(20));
  private static final BigInteger CHAIN = BigInteger.valueOf(31337);

  private Anvil anvil;
  private ChainClient chain;

  @BeforeEach
  void start() {
    anvil = Anvil.start(31337);
    chain = anvil.client();
  }

  @AfterEach
  void stop() {
    anvil.close();
  }

  @Test
  void shouldFollowBlocksByHashWhenTheyAreMined() {
    anvil.mine(120);
    assertEquals(CHAIN, chain.chainId());
    Block head = chain.head();
    assertEquals(120, head.number());
    assertEquals(Optional.of(head), chain.block(head.hash()));
    assertEquals(head.parent(), chain.block(119).orElseThrow().hash());
    assertEquals(Optional.empty(), chain.block(121));
    assertEquals(Optional.empty(), chain.block(Hash.keccak("no such block")));

    List<Block> blocks = chain.blocks(1, 130); // several batches, ends where the chain ends
    assertEquals(120, blocks.size());
    for (int i = 1; i < blocks.size(); i++) {
      assertEquals(blocks.get(i - 1).hash(), blocks.get(i).parent());
    }
    assertTrue(chain.finalized().number() <= head.number());
    assertEquals(110, new Finality.Confirmations(10).highest(chain).orElseThrow().number());
    assertEquals(Optional.of(chain.finalized()), Finality.of("finalized").highest(chain));
    assertEquals(Optional.empty(), Finality.of("121").highest(chain));
    assertEquals(Optional.of(head), Finality.of("0").highest(chain));
  }

  /** Asks while a batch is being written. */
  private record Interruption(JsonRpcTransport transport) {
    @JsonValue
    String write() throws InterruptedException {
      Thread other = Thread.ofVirtual().start(() -> transport.ask(CHAIN_ID));
      other.join();
      return "latest";
    }
  }

  private static final JsonRpcTransport.Request CHAIN_ID =
      new JsonRpcTransport.Request("eth_chainId");

  @Test
  void shouldUnderstandABatchWhenAnotherThreadAsksMeanwhile() {
    var transport = new JsonRpcTransport(anvil.url(), Duration.ofSeconds(5));
    var balance =
        new JsonRpcTransport.Request("eth_getBalance", PAYEE.hex(), new Interruption(transport));
    List<JsonRpcTransport.Answer> answers = transport.askAll(List.of(CHAIN_ID, balance, CHAIN_ID));
    assertEquals(
        List.of("0x7a69", "0x0", "0x7a69"),
        answers.stream()
            .map(a -> assertInstanceOf(JsonRpcTransport.Answer.Result.class, a).value().asText())
            .toList());
  }

  @Test
  void shouldTellTheBlockThatAReorgRemoved() {
    anvil.mine(5);
    Block before = chain.head();
    anvil.reorg(3);
    Block after = chain.block(before.number()).orElseThrow();
    assertNotEquals(before.hash(), after.hash());
    assertEquals(chain.block(2).orElseThrow().hash(), chain.block(3).orElseThrow().parent());
  }

  @Test
  void shouldNotSayNoLogsWhenAReorgRemovedTheBlock() {
    Address token = token();
    Receipt payment = anvil.send(token, payment());
    assertEquals(1, chain.logs(payment.blockHash(), Set.of(token)).size());
    anvil.reorg(1);
    if (chain
        .block(payment.blockHash())
        .isEmpty()) { // a node may keep what it removed; then it may tell its logs
      assertThrows(NodeException.class, () -> chain.logs(payment.blockHash(), Set.of(token)));
    }
    assertThrows(
        NodeException.class, () -> chain.logs(Hash.keccak("no such block"), Set.of(token)));
    assertEquals(Optional.empty(), chain.receipt(payment.transaction()));
  }

  @Test
  void shouldReadLogsReceiptsAndCallsWhenContractsAreThere() {
    Address token = token();
    assertFalse(chain.code(token).isEmpty());
    assertTrue(chain.code(PAYEE).isEmpty());
    Block before = chain.head();
    Receipt payment = anvil.send(token, payment());
    assertTrue(payment.succeeded());

    Log log = chain.logs(payment.blockHash(), Set.of(token)).getFirst();
    assertEquals(Hash.keccak("Transfer(address,address,uint256)"), log.topics().getFirst());
    assertEquals(payment.transaction(), log.transaction());
    assertEquals(List.of(log), payment.logs());
    assertEquals(List.of(), chain.logs(payment.blockHash(), Set.of(PAYEE)));
    assertEquals(List.of(log), chain.logs(payment.blockHash(), Set.of()));

    byte[] balanceOf =
        Abi.call(TestToken.FUNC_BALANCEOF, new org.web3j.abi.datatypes.Address(PAYEE.hex()));
    assertEquals(BigInteger.valueOf(7), uint(chain.call(token, balanceOf)));
    assertEquals(BigInteger.ZERO, uint(chain.call(token, balanceOf, before.hash())));

    assertEquals(payment, chain.receipt(payment.transaction()).orElseThrow());
    assertEquals(
        Set.of(payment.transaction()),
        chain.receipts(List.of(Hash.keccak("none"), payment.transaction())).keySet());
    assertTrue(chain.transactionKnown(payment.transaction()));
    assertFalse(chain.transactionKnown(Hash.keccak("none")));
  }

  @Test
  void L12_shouldSayTheRevertInWordsWhenACallIsRefused() {
    Address token = token();
    byte[] transfer =
        Abi.call(
            TestToken.FUNC_TRANSFER,
            new org.web3j.abi.datatypes.Address(PAYEE.hex()),
            new Uint256(5));
    var refused = assertThrows(CallRevertedException.class, () -> chain.call(token, transfer));
    assertEquals(
        "ERC20InvalidSender(sender 0x0000000000000000000000000000000000000000)", refused.reason());

    Address poor = new PrivateKeySigner(BigInteger.TWO).address();
    var estimate =
        assertInstanceOf(
            GasEstimate.Reverted.class, chain.estimateGas(poor, token, BigInteger.ZERO, transfer));
    assertTrue(
        estimate.reason().startsWith("ERC20InsufficientBalance(sender " + poor), estimate.reason());
    var possible = chain.estimateGas(Anvil.RICH.address(), PAYEE, BigInteger.ONE, new byte[0]);
    assertEquals(new GasEstimate.Estimated(21_000), possible);
  }

  @Test
  void L1_shouldTellAContractsFailureFromTheNodes() {
    // A jump to nowhere; an invalid opcode; none at all; too little on the stack; too much; data
    // that is not there; endless.
    for (String code :
        new String[] {"5f56", "fe", "0c", "50", "5b5f5f56", "60015f5f3e", "5b5f5f505f56"}) {
      anvil.rpc("anvil_setCode", PAYEE.hex(), "0x" + code);
      assertThrows(CallRevertedException.class, () -> chain.call(PAYEE, new byte[0]), code);
    }
  }

  @Test
  void shouldNameTheFaultOfATransactionWhenItIsNotTheNodes() {
    anvil.rpc("evm_setAutomine", false);
    Fees fees = chain.fees();
    var first = signed(0, fees, BigInteger.ONE);
    assertEquals(new SendOutcome.Accepted(first.hash()), chain.send(first.raw().bytes()));
    assertEquals(new SendOutcome.AlreadyKnown(first.hash()), chain.send(first.raw().bytes()));
    assertTrue(chain.transactionKnown(first.hash()));
    assertEquals(Optional.empty(), chain.receipt(first.hash()));
    assertEquals(1, chain.nonce(Anvil.RICH.address(), BlockTag.PENDING));
    assertEquals(0, chain.nonce(Anvil.RICH.address(), BlockTag.LATEST));

    var sameBid = signed(0, fees, BigInteger.TWO);
    assertInstanceOf(SendOutcome.Underpriced.class, chain.send(sameBid.raw().bytes()));

    anvil.mine(1);
    assertEquals(1, chain.nonce(Anvil.RICH.address(), BlockTag.LATEST));
    assertEquals(0, chain.nonce(Anvil.RICH.address(), BlockTag.FINALIZED));
    assertEquals(new SendOutcome.NonceTooLow(), chain.send(sameBid.raw().bytes()));

    var rich = signed(1, fees, BigInteger.TEN.pow(30));
    assertInstanceOf(SendOutcome.InsufficientFunds.class, chain.send(rich.raw().bytes()));
    var elsewhere =
        Anvil.RICH.sign(
            new Transactions.Request(
                BigInteger.TWO, 1, fees, 21_000, PAYEE, BigInteger.ONE, Bytes.EMPTY));
    assertInstanceOf(SendOutcome.Refused.class, chain.send(elsewhere.raw().bytes()));
    assertInstanceOf(SendOutcome.Refused.class, chain.send(new byte[] {2, 1, 1}));
  }

  @Test
  void shouldBidTipBelowMaximumWhenAskedForFees() {
    anvil.send(PAYEE, Bytes.EMPTY);
    Fees fees = chain.fees();
    assertTrue(fees.maxPriorityFee().signum() > 0);
    assertTrue(fees.maxPriorityFee().compareTo(fees.maxFee()) <= 0);
    assertTrue(fees.maxFee().compareTo(fees.baseFee().shiftLeft(1)) >= 0);
  }

  @Test
  void shouldSayUnreachableWhenTheNodeIsGone() {
    anvil.close();
    var raw = Bytes.of("0x02").bytes();
    assertInstanceOf(SendOutcome.Unreachable.class, chain.send(raw));
    assertThrows(NodeException.class, chain::head);
  }

  private static Transactions.Signed signed(long nonce, Fees fees, BigInteger value) {
    return Anvil.RICH.sign(
        new Transactions.Request(CHAIN, nonce, fees, 21_000, PAYEE, value, Bytes.EMPTY));
  }

  private Address token() {
    return anvil.create(
        TestToken.BINARY,
        Abi.encode(
            new org.web3j.abi.datatypes.Address(Anvil.RICH.address().hex()), new Uint256(1000)));
  }

  private static Bytes payment() {
    return Bytes.of(
        Abi.call(
            TestToken.FUNC_TRANSFER,
            new org.web3j.abi.datatypes.Address(PAYEE.hex()),
            new Uint256(7)));
  }

  private static BigInteger uint(byte[] answer) {
    return (BigInteger) Abi.decode(answer, new TypeReference<Uint256>() {}).getFirst();
  }
}
