package org.mandate.deploy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameter;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.methods.request.EthFilter;
import org.web3j.protocol.core.methods.response.EthLog;
import org.web3j.protocol.core.methods.response.Log;
import org.web3j.tx.Contract;
import org.web3j.tx.ReadonlyTransactionManager;

/**
 * A chain as one node shows it at one block, so that all that is read belongs together.
 *
 * @param timestamp the block's, unix seconds
 */
record Snapshot(Web3j web3j, BigInteger block, BigInteger timestamp) {
  /** Nodes refuse wider ranges. */
  private static final long BLOCKS = 10_000;

  private static final String NOBODY = "0x" + "0".repeat(40);

  static Snapshot latest(Web3j web3j) {
    var block =
        Sender.answer(
                "latest block",
                () -> web3j.ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false).send())
            .getBlock();
    return new Snapshot(web3j, block.getNumber(), block.getTimestamp());
  }

  /** For wrappers that are handed to {@link #at}. */
  ReadonlyTransactionManager reader() {
    return new ReadonlyTransactionManager(web3j, NOBODY);
  }

  /** Has a wrapper read at this block. */
  <C extends Contract> C at(C contract) {
    contract.setDefaultBlockParameter(DefaultBlockParameter.valueOf(block));
    return contract;
  }

  /** Hex; {@code 0x} where nothing stands. */
  String code(String address) {
    return Sender.answer(
            "code of " + address,
            () -> web3j.ethGetCode(address, DefaultBlockParameter.valueOf(block)).send())
        .getCode();
  }

  /** What a contract told since a block, in order. */
  List<Log> logs(long from, String address, List<Event> events) {
    var topics = events.stream().map(EventEncoder::encode).toArray(String[]::new);
    var last = block.longValueExact();
    var logs = new ArrayList<Log>();
    for (var first = from; first <= last; first += BLOCKS) {
      var filter =
          new EthFilter(number(first), number(Math.min(last, first + BLOCKS - 1)), address);
      filter.addOptionalTopics(topics);
      for (var result :
          Sender.answer("events of " + address, () -> web3j.ethGetLogs(filter).send()).getLogs()) {
        logs.add(((EthLog.LogObject) result).get());
      }
    }
    return List.copyOf(logs);
  }

  private static DefaultBlockParameter number(long block) {
    return DefaultBlockParameter.valueOf(BigInteger.valueOf(block));
  }
}
