package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Log;
import org.mandate.event.AuditEvent;
import org.mandate.event.GatewayEvent;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;

/** One log that matters to the watchdog, read. */
sealed interface Entry {
  Log log();

  /** A step in an intent's life. */
  record Step(IntentEvent event) implements Entry {
    @Override
    public Log log() {
      return event.log();
    }
  }

  /** What an executor says of an intent beside the steps of its life. */
  record Notice(IntentNotice notice) implements Entry {
    @Override
    public Log log() {
      return notice.log();
    }
  }

  /** A record, or a published batch. */
  record Audit(AuditEvent event) implements Entry {
    @Override
    public Log log() {
      return event.log();
    }
  }

  /**
   * Something that the account, or a rule, said of mandates and breakers, or the account of its
   * owner's calls.
   */
  record Policy(Log log) implements Entry {}

  /** The owner of the funds took some out of the account. */
  record Withdrawn(Log log, Address asset, BigInteger amount) implements Entry {}

  /** A message brought an order of home's governance. */
  record Order(Log log) implements Entry {}

  /** Somebody showed that home sent an order, as far as the contract can tell. */
  record OrderConfirmed(Log log) implements Entry {}

  /** A guardian vetoed an order. */
  record OrderVetoed(Log log) implements Entry {}

  /** The executor, or who carries out home's orders, takes no messages from a gateway any more. */
  record GatewayClosed(Log log) implements Entry {}

  /** A gateway handed a message over. */
  record Delivered(GatewayEvent.MessageDelivered event) implements Entry {
    @Override
    public Log log() {
      return event.log();
    }
  }

  /** Who attests from there on. */
  record RelayersSet(Log log, List<Address> relayers) implements Entry {
    public RelayersSet {
      relayers = List.copyOf(relayers);
    }
  }

  /** Somebody posted the hash of a block of home's. */
  record HashPosted(Log log) implements Entry {}

  /** Something that the registry said. */
  record Registry(Log log) implements Entry {}

  /**
   * A log of one of our contracts that cannot be read: a node lies, or this program is too old for
   * the contract.
   */
  record Unreadable(Log log, String reason) implements Entry {}
}
