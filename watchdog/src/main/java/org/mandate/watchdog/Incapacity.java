package org.mandate.watchdog;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What keeps the watchdog from acting on one chain, as findings: one for each remedy and kind of
 * refusal, whatever numbers a node puts into its words. A new one for each block would drown what
 * else people have to know.
 */
final class Incapacity implements Enforcer.Trouble {
  private static final Logger LOG = LoggerFactory.getLogger(Incapacity.class);

  private final long chainId;
  private final Address account;
  private final Findings findings;
  private final Clock clock;

  /**
   * @param account whose transactions are sent
   */
  Incapacity(long chainId, Address account, Findings findings, Clock clock) {
    this.chainId = chainId;
    this.account = account;
    this.findings = findings;
    this.clock = clock;
  }

  @Override
  public void accept(String text) {
    accept(new Kind(Kind.ANY, "other"), text);
  }

  @Override
  public void accept(Kind kind, String text) {
    LOG.atError().addKeyValue("chain", chainId).log(text);
    findings.report(
        new Finding(
            prefix(kind.what()) + kind.refusal(),
            Check.SELF,
            Severity.CRITICAL,
            chainId,
            -1,
            Optional.empty(),
            Optional.empty(),
            "the watchdog can act on chain " + chainId,
            text,
            "See that account %s has the GUARDIAN role and enough native coin on chain %d, and that its nodes take transactions."
                .formatted(account, chainId),
            clock.instant(),
            Finding.Status.OPEN,
            List.of()));
  }

  // A transaction of ours that was mined says that the account can act; what another remedy meets
  // it does not say.
  @Override
  public void over(String what, boolean ours) {
    findings.withdrawIf(
        found ->
            found.id().startsWith(prefix(what)) || ours && found.id().startsWith(prefix(Kind.ANY)));
  }

  private String prefix(String what) {
    return "self:%d:%s:".formatted(chainId, what);
  }
}
