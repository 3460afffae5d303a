package org.mandate.deploy;

import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.RevertReason;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import org.mandate.signer.Transactions;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.core.methods.request.Transaction;
import org.web3j.protocol.core.methods.response.TransactionReceipt;
import org.web3j.tx.ReadonlyTransactionManager;
import org.web3j.tx.gas.ContractGasProvider;
import org.web3j.tx.gas.DefaultGasProvider;
import org.web3j.utils.Numeric;

/**
 * One key on one chain, for a person's or a script's transactions: estimates, signs (EIP-1559),
 * sends, waits for the receipt and refuses a failed one. Not for services, which keep what they
 * sign in a database first.
 */
public final class Sender {
  /** Gas provider for wrappers that are only read through, or only encode. */
  public static final ContractGasProvider NO_GAS = new DefaultGasProvider();

  private static final Duration RECEIPT_TIMEOUT = Duration.ofMinutes(3);
  private static final Duration SEND_AGAIN = Duration.ofSeconds(4);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final BigInteger TIP = BigInteger.valueOf(1_000_000_000L);
  private static final Pattern POOR =
      Pattern.compile("insufficient funds|out ?of ?funds?", Pattern.CASE_INSENSITIVE);
  // What is said to be needed where even the estimate fails for want of coins.
  private static final BigInteger USUAL_GAS = BigInteger.valueOf(500_000);
  // EIP-7825: no transaction may use more.
  private static final BigInteger MAX_GAS = BigInteger.valueOf(16_777_216L);

  private final Web3j web3j;
  private final Signer key;
  private final long chainId;

  /** With a key that lies open in memory, as in tests and demonstrations. */
  public Sender(Web3j web3j, Credentials key) {
    this(
        web3j,
        new GuardedSigner(
            new PrivateKey(key.getEcKeyPair().getPrivateKey()), SigningPolicy.ofPerson()));
  }

  public Sender(Web3j web3j, Signer key) {
    this.web3j = web3j;
    this.key = key;
    this.chainId =
        answer("chain id", () -> web3j.ethChainId().send()).getChainId().longValueExact();
  }

  public String address() {
    return key.address().hex();
  }

  public long chainId() {
    return chainId;
  }

  public Web3j web3j() {
    return web3j;
  }

  /** For wrappers: reads as this account, refuses to send. */
  public ReadonlyTransactionManager reader() {
    return new ReadonlyTransactionManager(web3j, address());
  }

  /**
   * Sends one transaction and waits until it is mined.
   *
   * @throws DeploymentException when it would revert, reverted, or was not mined in three minutes
   */
  public TransactionReceipt send(Call call) {
    return sendAll(List.of(call)).getFirst();
  }

  /** Sends independent transactions one after the other, then waits for all of them. */
  public List<TransactionReceipt> sendAll(List<Call> calls) {
    var nonce =
        answer(
                "nonce",
                () ->
                    web3j
                        .ethGetTransactionCount(address(), DefaultBlockParameterName.PENDING)
                        .send())
            .getTransactionCount();
    var baseFee =
        answer(
                "latest block",
                () -> web3j.ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false).send())
            .getBlock()
            .getBaseFeePerGas();
    var fees = new Fees(baseFee, TIP, baseFee.shiftLeft(1).add(TIP));
    // All estimates come first: when one call cannot work nothing has been sent.
    var gas = calls.stream().map(call -> estimate(call, fees)).toList();
    var hashes = new ArrayList<String>();
    var signedBytes = new ArrayList<String>();
    for (int i = 0; i < calls.size(); i++) {
      var call = calls.get(i);
      var signed =
          key.sign(
              new Transactions.Request(
                  BigInteger.valueOf(chainId),
                  nonce.longValueExact() + i,
                  fees,
                  gas.get(i).longValueExact(),
                  Address.of(call.to()),
                  call.value(),
                  Bytes.of(call.data())));
      var raw = signed.raw().hex();
      signedBytes.add(raw);
      hashes.add(
          affording(
                  call,
                  gas.get(i),
                  fees,
                  () -> answer(call.what(), () -> web3j.ethSendRawTransaction(raw).send()))
              .getTransactionHash());
    }
    var receipts = new ArrayList<TransactionReceipt>();
    for (int i = 0; i < calls.size(); i++) {
      receipts.add(receipt(calls.get(i), hashes.get(i), signedBytes.get(i)));
    }
    return List.copyOf(receipts);
  }

  /** A node that finds the account too poor does not say which account, nor what it needs. */
  private <T> T affording(Call call, BigInteger gas, Fees fees, Supplier<T> send) {
    try {
      return send.get();
    } catch (DeploymentException e) {
      if (!POOR.matcher(String.valueOf(e.getMessage())).find()) {
        throw e;
      }
      var balance =
          answer(
                  "balance",
                  () -> web3j.ethGetBalance(address(), DefaultBlockParameterName.LATEST).send())
              .getBalance();
      throw new DeploymentException(
          "%s: account %s has too little on chain %d: %s wei, about %s wei are needed (%s gas at up to %s wei%s); send it coins"
              .formatted(
                  call.what(),
                  key.address().checksummed(),
                  chainId,
                  balance,
                  gas.multiply(fees.maxFee()).add(call.value()),
                  gas,
                  fees.maxFee(),
                  call.value().signum() == 0 ? "" : ", and " + call.value() + " wei to pay"));
    }
  }

  private BigInteger estimate(Call call, Fees fees) {
    var request =
        new Transaction(address(), null, null, null, call.to(), call.value(), call.data());
    var estimate =
        affording(
                call,
                USUAL_GAS,
                fees,
                () -> answer(call.what(), () -> web3j.ethEstimateGas(request).send()))
            .getAmountUsed();
    // A quarter more: what the call touches may change before it is mined.
    return estimate.add(estimate.shiftRight(2)).min(MAX_GAS);
  }

  private TransactionReceipt receipt(Call call, String hash, String raw) {
    var end = System.nanoTime() + RECEIPT_TIMEOUT.toNanos();
    var again = System.nanoTime() + SEND_AGAIN.toNanos();
    while (true) {
      var receipt =
          answer(call.what(), () -> web3j.ethGetTransactionReceipt(hash).send())
              .getTransactionReceipt();
      if (receipt.isPresent()) {
        if (!receipt.get().isStatusOK()) {
          throw new DeploymentException(
              "%s: transaction %s was mined in block %s and reverted; run it again to see why"
                  .formatted(call.what(), hash, receipt.get().getBlockNumber()));
        }
        return receipt.get();
      }
      if (System.nanoTime() > again) {
        sendAgain(raw);
        again = System.nanoTime() + SEND_AGAIN.toNanos();
      }
      if (System.nanoTime() > end) {
        throw new DeploymentException(
            "%s: transaction %s is not mined after %s; it may still be: look it up before you try again"
                .formatted(call.what(), hash, RECEIPT_TIMEOUT));
      }
      pause();
    }
  }

  /**
   * The same bytes once more: a node that had full blocks, or a base fee that rose with them, may
   * have dropped them. That it has them already, or that they were mined, is no failure.
   */
  private void sendAgain(String raw) {
    try {
      web3j.ethSendRawTransaction(raw).send();
    } catch (IOException e) {
      // The receipt is asked for again, which tells when the node stays silent.
    }
  }

  static void pause() {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DeploymentException("interrupted while waiting for the chain", e);
    }
  }

  interface Ask<T> {
    T ask() throws IOException;
  }

  /**
   * The node's answer; its errors and its silence become a {@link DeploymentException} that says
   * what was asked.
   */
  static <T extends Response<?>> T answer(String what, Ask<T> ask) {
    try {
      var response = ask.ask();
      if (response.hasError()) {
        var data = response.getError().getData();
        throw new DeploymentException(
            "%s: %s"
                .formatted(what, data == null ? response.getError().getMessage() : reason(data)));
      }
      return response;
    } catch (IOException e) {
      throw new DeploymentException(what + ": the node does not answer: " + e.getMessage(), e);
    }
  }

  /** What the contract says; the data as it is when that is not a revert's. */
  private static String reason(String data) {
    var hex = data.replace("\"", "");
    return hex.matches("0x([0-9a-fA-F]{2})*")
        ? RevertReason.decode(Numeric.hexStringToByteArray(hex))
        : data;
  }

  /** A read through a wrapper. */
  public interface Read<T> {
    T read() throws Exception;
  }

  /**
   * What a wrapper reads.
   *
   * @throws DeploymentException when it cannot be read
   */
  public static <T> T read(String what, Read<T> read) {
    try {
      return read.read();
    } catch (DeploymentException e) {
      throw e;
    } catch (Exception e) {
      throw new DeploymentException("reading %s: %s".formatted(what, e.getMessage()), e);
    }
  }
}
