package org.mandate.deploy;

import java.util.List;
import java.util.Map;
import org.web3j.protocol.Web3jService;
import org.web3j.protocol.core.DefaultBlockParameter;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.methods.response.EthCall;

/**
 * Runs a constructor where its contract will stand or stands, without a transaction: {@code
 * eth_call} with state overrides, which the common node clients all support.
 */
public final class StateOverrideCall {
  private final Web3jService node;

  public StateOverrideCall(Web3jService node) {
    this.node = node;
  }

  /**
   * The code that {@code initCode} would leave at {@code address}, with the immutable values that
   * it has there.
   *
   * @param block at whose end it runs
   * @throws DeploymentException when the constructor refuses its arguments, with its reason
   */
  String construct(String address, String initCode, DefaultBlockParameter block) {
    var request =
        new Request<>(
            "eth_call",
            List.of(
                Map.of("to", address, "data", "0x"),
                block.getValue(),
                Map.of(address, Map.of("code", initCode, "state", Map.of()))),
            node,
            EthCall.class);
    return Sender.answer("constructor at " + address, request::send).getValue();
  }
}
