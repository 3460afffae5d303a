package org.mandate.cli.simulation;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.http.HttpService;

/**
 * A node that mines only when told to, and tells it so after each transaction: who waits for its
 * receipt has it at once, and blocks are the same each time.
 */
final class HandMined extends HttpService {
  private static final Set<String> SENDS = Set.of("eth_sendRawTransaction", "eth_sendTransaction");

  HandMined(String url) {
    super(url);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public <T extends Response> T send(Request request, Class<T> type) throws IOException {
    T answer = super.send(request, type);
    if (SENDS.contains(request.getMethod()) && !answer.hasError()) {
      super.send(
          new Request<>("evm_mine", List.of(), this, AnvilProcess.Answer.class),
          AnvilProcess.Answer.class);
    }
    return answer;
  }
}
