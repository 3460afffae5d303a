package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mandate.chain.NodeException.Fault;

class SendErrorsTest {
  /** The words of nodes in use; Anvil's own are tested with Anvil. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-32000|already known|AlreadyKnown",
        "-32000|ALREADY_EXISTS: already known|AlreadyKnown",
        "-32010|AlreadyKnown|AlreadyKnown",
        "-32010|Transaction with the same hash was already imported.|AlreadyKnown",
        "-32000|Known transaction|AlreadyKnown",
        "-32000|nonce too low: next nonce 5, tx nonce 3|NonceTooLow",
        "-32001|Nonce too low|NonceTooLow",
        "-32000|OldNonce|NonceTooLow",
        "-32000|replacement transaction underpriced|Underpriced",
        "-32000|transaction underpriced: gas tip cap 0, minimum needed 1|Underpriced",
        "-32000|max fee per gas less than block base fee: address 0x, maxFeePerGas: 1, baseFee:"
            + " 7|Underpriced",
        "-32000|FeeTooLow, FeePerGas needs to be higher|Underpriced",
        "-32009|Gas price below configured minimum gas price|Underpriced",
        "-32000|insufficient funds for gas * price + value: balance 0, tx cost 1|InsufficientFunds",
        "-32004|Upfront cost exceeds account balance|InsufficientFunds",
        "-32000|intrinsic gas too low: gas 1, minimum needed 21000|Refused",
        "-32000|exceeds block gas limit|Refused",
        "-32000|invalid sender|Refused",
        "-32000|invalid chain id for signer: have 2 want 1|Refused",
        "-32000|max priority fee per gas higher than max fee per gas|Refused",
        "-32000|rlp: value size exceeds available input length|Refused",
        "-32602|Invalid params|Refused",
        "-32003|transaction gas limit too high|Refused",
        "-32000|txpool is full|Unreachable",
        "-32000|nonce too high|Unreachable",
        "-32603|Internal error|Unreachable",
        "-32005|limit exceeded|Unreachable",
        "-32005|Transaction gas limit exceeds block gas limit|Refused",
        "-32010|GasLimitExceeded, Gas limit: 5, gas limit of rejected tx: 9|Refused",
        "-32000|Plugin has marked the transaction as invalid|Refused",
        "-32000|missing trie node|Unreachable",
        "0|no message|Unreachable"
      })
  void shouldTellWhoseFaultItIs(int code, String message, String outcome)
      throws ClassNotFoundException {
    assertInstanceOf(
        Class.forName(SendOutcome.class.getName() + "$" + outcome),
        SendErrors.classify(new RpcError(code, message, Optional.empty()), Hash.ZERO));
  }

  /** Every word of every client about a transaction, with any code, in any company. */
  @Test
  void L10_noErrorOfATransactionCountsAgainstANode() {
    List<String> words =
        List.of(
            "nonce too low: next nonce 5, tx nonce 3",
            "nonce too high",
            "already known",
            "replacement transaction underpriced",
            "transaction underpriced: gas tip cap 0, minimum needed 1",
            "max fee per gas less than block base fee: address 0x, maxFeePerGas: 1, baseFee: 7",
            "insufficient funds for gas * price + value: balance 0, tx cost 1",
            "Upfront cost exceeds account balance",
            "intrinsic gas too low: gas 1, minimum needed 21000",
            "exceeds block gas limit",
            "gas limit exceeded",
            "tx fee (1.2 ether) exceeds the configured cap (1.0 ether)",
            "execution reverted: ExecutorRefused",
            "VM Exception while processing transaction: revert",
            "out of gas",
            "invalid opcode: INVALID",
            "txpool is full",
            "future transaction tries to replace pending",
            "in-flight transaction limit reached for delegated accounts",
            "transaction would cause overdraft",
            "transaction type not supported",
            "invalid sender",
            "Internal error: transaction nonce gap");
    Random random = new Random(5);
    for (int i = 0; i < 20_000; i++) {
      int code =
          switch (random.nextInt(4)) {
            case 0 -> 3;
            case 1 -> -32603;
            case 2 -> -32000 - random.nextInt(5); // not -32005, which is the limit of questions
            default -> -32010 - random.nextInt(10);
          };
      String message = words.get(random.nextInt(words.size()));
      if (random.nextBoolean()) message = message.toUpperCase(Locale.ROOT);
      if (random.nextBoolean()) message = "err: " + message + " (supplied gas 100000)";
      RpcError error = new RpcError(code, message, Optional.empty());
      assertEquals(Fault.NONE, error.fault(), error.toString());
      if (SendErrors.classify(error, Hash.ZERO) instanceof SendOutcome.Unreachable gone)
        assertEquals(Fault.NONE, gone.fault(), error.toString());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-32005|limit exceeded|BUSY",
        "-32005|Transaction gas limit exceeds block gas limit|NONE",
        "429|Your app has exceeded its compute units per second capacity|BUSY",
        "-32000|too many requests, please wait|BUSY",
        "-32000|request rate exceeded|BUSY",
        "-32005|query returned more than 10000 results|NONE",
        "-32000|block range is too wide|NONE",
        "-32603|Internal error|BROKEN",
        "-32601|the method eth_getProof does not exist/is not available|BROKEN",
        "-32000|header not found|NONE",
        "3|execution reverted|NONE"
      })
  void L10_whatSaysThatTheNodeHadEnoughOrFailedIsTheNodes(int code, String message, Fault fault) {
    RpcError error = new RpcError(code, message, Optional.empty());
    assertEquals(fault, error.fault());
  }
}
