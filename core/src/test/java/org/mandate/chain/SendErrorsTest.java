package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        "-32000|max fee per gas less than block base fee: address 0x, maxFeePerGas: 1, baseFee: 7|Underpriced",
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
        "-32000|missing trie node|Unreachable",
        "0|no message|Unreachable"
      })
  void shouldTellWhoseFaultItIs(int code, String message, String outcome)
      throws ClassNotFoundException {
    assertInstanceOf(
        Class.forName(SendOutcome.class.getName() + "$" + outcome),
        SendErrors.classify(new RpcError(code, message, Optional.empty()), Hash.ZERO));
  }
}
