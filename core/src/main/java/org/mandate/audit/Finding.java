package org.mandate.audit;

import java.math.BigInteger;
import java.time.Instant;
import org.mandate.audit.ChainEvidence.FinalBlock;
import org.mandate.chain.Hash;
import org.mandate.intent.IntentDomain;

/** Something that an audit found. */
public sealed interface Finding {
  BigInteger chainId();

  /** For people: what, where, and what was expected. */
  String words();

  /** Whether the verdict can't be "in order" with it. */
  default boolean fails() {
    return true;
  }

  /**
   * Whether it only says what is not known, so that more evidence may make it go away. It fails:
   * nobody can say "in order" of what was not seen.
   */
  default boolean isUnknown() {
    return false;
  }

  /** The kind, as a word for machines. */
  default String kind() {
    return getClass().getSimpleName();
  }

  /** What a blob is for. */
  sealed interface Subject {
    /** A record of the agent's chain. */
    record OfRecord(long index) implements Subject {
      @Override
      public String toString() {
        return "blob of record " + index;
      }
    }

    /** The batch of the records {@code [from, to)}. */
    record OfBatch(long from, long to) implements Subject {
      @Override
      public String toString() {
        return "manifest of records " + from + " to " + (to - 1);
      }
    }
  }

  /** The store does not have a blob. */
  record MissingBlob(BigInteger chainId, Subject subject, Cid cid) implements Finding {
    @Override
    public String words() {
      return "the " + subject + " is missing: " + cid;
    }
  }

  /** The store has other bytes under a blob's name. */
  record AlteredBlob(BigInteger chainId, Subject subject, Cid cid, String why) implements Finding {
    @Override
    public String words() {
      return "the " + subject + " was altered: " + why;
    }
  }

  /** The store did not answer: nothing is known about a blob. */
  record UnreadBlob(BigInteger chainId, Subject subject, Cid cid, String why) implements Finding {
    @Override
    public String words() {
      return "the " + subject + " could not be read (" + cid + "): " + why;
    }
  }

  /** A blob was published that is not of its schema. */
  record MalformedBlob(BigInteger chainId, Subject subject, Cid cid, String why)
      implements Finding {
    @Override
    public String words() {
      return "the " + subject + " is malformed (" + cid + "): " + why;
    }
  }

  /** A published blob says something else than the chain. */
  record FalseBlob(
      BigInteger chainId, Subject subject, Cid cid, String field, String says, String chainSays)
      implements Finding {
    @Override
    public String words() {
      return "the "
          + subject
          + " is false ("
          + cid
          + "): it says that "
          + field
          + " is "
          + says
          + ", the chain says "
          + chainSays;
    }
  }

  /** A batch's root on chain does not commit to the records and blobs of its manifest. */
  record WrongRoot(BigInteger chainId, long from, long to, Hash onChain, Hash computed)
      implements Finding {
    @Override
    public String words() {
      return "the root of records "
          + from
          + " to "
          + (to - 1)
          + " is "
          + onChain
          + " on chain; the records and blobs give "
          + computed;
    }
  }

  /** A batch does not begin where the one before it ended, or ends beyond the chain. */
  record WrongRange(BigInteger chainId, long from, long to, long expectedFrom, long count)
      implements Finding {
    @Override
    public String words() {
      return "a batch holds records "
          + from
          + " to "
          + (to - 1)
          + "; expected was one from "
          + expectedFrom
          + ", and the chain has "
          + count;
    }
  }

  /** The executor did something that its agent's chain does not have. */
  record Omitted(BigInteger chainId, long index, Action action, Hash intentId) implements Finding {
    @Override
    public String words() {
      return "the action "
          + action
          + " of intent "
          + intentId
          + " is not in the audit chain; it would be record "
          + index;
    }
  }

  /** The agent's chain has a record that no action of the executor explains. */
  record Unexplained(BigInteger chainId, long index, Action action, Hash intentId)
      implements Finding {
    @Override
    public String words() {
      return "record "
          + index
          + " ("
          + action
          + " of intent "
          + intentId
          + ") has no event of executor or account behind it";
    }
  }

  /** What the events give is not what the contract stores, or not what another event says. */
  record ChainMismatch(BigInteger chainId, String what, String expected, String found)
      implements Finding {
    @Override
    public String words() {
      return what + " is " + found + "; the events give " + expected;
    }
  }

  /** A chain that could hide something was not looked at. */
  record ChainNotAudited(BigInteger chainId, String why) implements Finding {
    @Override
    public String words() {
      return "chain " + chainId + " was not looked at: give --rpc for it; " + why;
    }

    @Override
    public boolean isUnknown() {
      return true;
    }
  }

  /** A chain that could hide something was left out, as whoever audits asked. */
  record ChainLeftOut(BigInteger chainId, String why) implements Finding {
    @Override
    public String words() {
      return "chain " + chainId + " was left out, as asked: what happened there is unknown; " + why;
    }

    @Override
    public boolean fails() {
      return false;
    }
  }

  /**
   * A destination executed what home never dispatched, or nothing keeps it from doing so.
   *
   * @param index of the record that shows it
   * @param why in what the message is not home's
   * @param outcome what became of it
   */
  record Forgery(BigInteger chainId, long index, Hash intentId, String why, String outcome)
      implements Finding {
    @Override
    public String words() {
      return "record " + index + ", intent " + intentId + ", is forged: " + why + "; " + outcome;
    }
  }

  /**
   * A message that home never dispatched was queued, and stopped. The trail tells the truth about
   * it, and it moved nothing; the relayers that signed it lied.
   */
  record StoppedForgery(BigInteger chainId, long index, Hash intentId, String why, String outcome)
      implements Finding {
    @Override
    public String words() {
      return "record "
          + index
          + ", intent "
          + intentId
          + ", is a forged message that was stopped: "
          + why
          + "; "
          + outcome;
    }

    @Override
    public boolean fails() {
      return false;
    }
  }

  /**
   * A destination queued or executed what home did not dispatch up to its final block, which is
   * older: home may have dispatched it since.
   */
  record DispatchUnknown(BigInteger chainId, long index, Hash intentId, Instant at, FinalBlock home)
      implements Finding {
    @Override
    public String words() {
      return "record "
          + index
          + ", intent "
          + intentId
          + ", is of "
          + at
          + "; home's final blocks end at "
          + home.number()
          + " of "
          + home.timestamp()
          + " and do not dispatch it: audit again when they have passed that time";
    }

    @Override
    public boolean isUnknown() {
      return true;
    }
  }

  /**
   * Home settled an intent otherwise than its destination's trail ends it: the relayers that
   * attested the result lied, and the budget that came back may be too much.
   *
   * @param said at home
   * @param shown by the destination
   */
  record FalseSettlement(BigInteger chainId, long index, Hash intentId, String said, String shown)
      implements Finding {
    @Override
    public String words() {
      return "record "
          + index
          + ", intent "
          + intentId
          + ", settles what is not so: "
          + said
          + "; its destination shows "
          + shown;
    }
  }

  /** Home settled an intent after the destination's final blocks end, which do not show its end. */
  record OutcomeUnknown(
      BigInteger chainId, long index, Hash intentId, Instant at, BigInteger destination)
      implements Finding {
    @Override
    public String words() {
      return "record "
          + index
          + ", intent "
          + intentId
          + ", is of "
          + at
          + "; the final blocks of chain "
          + destination
          + " end before: audit again when they have passed that time";
    }

    @Override
    public boolean isUnknown() {
      return true;
    }
  }

  /** The chains' evidence is not of one and the same system. */
  record OtherSystem(BigInteger chainId, IntentDomain expected, IntentDomain found)
      implements Finding {
    @Override
    public String words() {
      return "the evidence of chain "
          + chainId
          + " is of the executor "
          + found.executor()
          + " with home chain "
          + found.homeChainId()
          + "; the other chains are of the executor "
          + expected.executor()
          + " with home chain "
          + expected.homeChainId();
    }
  }

  /** Records that no batch holds yet. Relayers have until the policy's lag. */
  record Unpublished(BigInteger chainId, long from, long to) implements Finding {
    @Override
    public String words() {
      return "records " + from + " to " + (to - 1) + " are not published yet";
    }

    @Override
    public boolean fails() {
      return false;
    }
  }
}
