package org.mandate.audit;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mandate.intent.IntentDomain;

/**
 * Which chains an audit must look at: home, where every intent begins, each chain that home
 * dispatched one to, and each that home's policy registers, since a forger goes where home never
 * dispatched. A chain that is left out could hide any record, so its absence is a finding.
 */
final class Coverage {
  private Coverage() {}

  /**
   * @param leftOut the chains that whoever audits does not want to look at; home is none of them,
   *     since nothing can be told without it
   */
  static List<Finding> gaps(List<ChainEvidence> evidence, Set<BigInteger> leftOut) {
    List<Finding> gaps = new ArrayList<>();
    Set<BigInteger> audited =
        evidence.stream().map(ChainEvidence::chainId).collect(Collectors.toSet());
    Map<BigInteger, String> needed = new LinkedHashMap<>();
    for (ChainEvidence chain : evidence) {
      IntentDomain expected = evidence.getFirst().domain();
      if (!chain.domain().equals(expected)) {
        gaps.add(new Finding.OtherSystem(chain.chainId(), expected, chain.domain()));
      }
      needed.putIfAbsent(chain.domain().homeChainId(), "it is home: every intent begins there");
      for (AuditRecord record : chain.records()) {
        if (record.action() == Action.DISPATCHED) {
          record
              .intent()
              .ifPresentOrElse(
                  intent ->
                      needed.putIfAbsent(
                          intent.chainId(),
                          "record "
                              + record.index()
                              + " of chain "
                              + chain.chainId()
                              + " dispatched intent "
                              + record.intentId()
                              + " to it"),
                  () -> gaps.add(withoutIntent(chain, record)));
        }
      }
      for (BigInteger registered : chain.registeredChains()) {
        needed.putIfAbsent(
            registered, "home's policy registers it: a forged intent could have executed there");
      }
    }
    BigInteger home = evidence.getFirst().domain().homeChainId();
    needed.forEach(
        (chainId, why) -> {
          if (!audited.contains(chainId)) {
            gaps.add(
                leftOut.contains(chainId) && !chainId.equals(home)
                    ? new Finding.ChainLeftOut(chainId, why)
                    : new Finding.ChainNotAudited(chainId, why));
          }
        });
    return gaps;
  }

  /** The event of a dispatch shows its intent; who leaves it out hides where it went. */
  private static Finding withoutIntent(ChainEvidence chain, AuditRecord record) {
    return new Finding.ChainMismatch(
        chain.chainId(),
        "the intent that record " + record.index() + " dispatched",
        "the whole of it",
        "left out");
  }
}
