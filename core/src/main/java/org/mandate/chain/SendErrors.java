package org.mandate.chain;

/**
 * Tells errors of a transaction from errors of a node. Nodes agree on neither codes nor words:
 * these are the words of Geth, Reth, Erigon, Besu, Nethermind, OpenEthereum and Anvil. What is not
 * recognised says nothing about the transaction, and nothing about the node.
 */
final class SendErrors {
  private SendErrors() {}

  static SendOutcome classify(RpcError error, Hash transaction) {
    if (error.fault() == NodeException.Fault.BUSY) {
      return new SendOutcome.Unreachable(error.toString(), NodeException.Fault.BUSY);
    }
    if (error.says(
        "already known",
        "alreadyknown",
        "known transaction",
        "already imported",
        "already exists",
        "already in mempool")) {
      return new SendOutcome.AlreadyKnown(transaction);
    }
    if (error.says(
        "nonce too low",
        "nonce is too low",
        "nonce_too_low",
        "oldnonce",
        "nonce has already been used")) {
      return new SendOutcome.NonceTooLow();
    }
    if (error.says(
        "underpriced",
        "fee too low",
        "feetoolow",
        "less than block base fee",
        "lower than the current base fee",
        "gas price below",
        "gas price too low",
        "gas_price_too_low",
        "tip cap, minimum needed",
        "gas price is too low")) {
      return new SendOutcome.Underpriced(error.toString());
    }
    if (error.says(
        "insufficient funds",
        "insufficientfunds",
        "insufficient balance",
        "upfront cost",
        "upfront_cost")) {
      return new SendOutcome.InsufficientFunds(error.toString());
    }
    boolean final_ =
        error.code() == -32602
            || error.code() == -32003 && !error.says("pool", "nonce")
            || error.says(
                "intrinsic gas",
                "intrinsicgas",
                "exceeds block gas limit",
                "exceeds transaction gas limit",
                "gas limit exceeded",
                "gaslimitexceeded",
                "gas limit is too high",
                "gas limit too high",
                "exceeds the configured cap",
                "invalid sender",
                "invalid chain id",
                "invalid chainid",
                "chain id mismatch",
                "invalid signature",
                "invalid transaction",
                "marked the transaction as invalid",
                "not authorized to send",
                "higher than max fee per gas",
                "tip above fee cap",
                "transaction type not supported",
                "oversized data",
                "max initcode size exceeded",
                "rlp",
                "failed to decode",
                "decode error",
                "execution reverted");
    return final_
        ? new SendOutcome.Refused(error.toString())
        : new SendOutcome.Unreachable(error.toString(), error.fault());
  }
}
