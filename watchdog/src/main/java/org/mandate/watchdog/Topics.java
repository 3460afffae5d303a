package org.mandate.watchdog;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.CallRules;
import org.mandate.contracts.CategoryRule;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.HoursRule;
import org.mandate.contracts.PolicyEngine;
import org.mandate.contracts.PostedHashes;
import org.mandate.contracts.PriceFeeds;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.contracts.ReputationRule;
import org.mandate.contracts.RuleBook;
import org.mandate.contracts.Tiers;
import org.mandate.event.ContractEvents;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;

/**
 * The events that the examiners use, by who can cause them; nothing else is asked for. The first
 * indexed parameter of each event {@link #OF_AGENTS} is the agent's id.
 */
final class Topics {
  static final Hash TERMS_SET = topic(PolicyEngine.TERMSSET_EVENT);
  static final Hash LIMIT_SET = topic(PolicyEngine.LIMITSET_EVENT);
  static final Hash ASSET_DROPPED = topic(PolicyEngine.ASSETDROPPED_EVENT);
  static final Hash TEMPO_SET = topic(PolicyEngine.TEMPOSET_EVENT);
  static final Hash ASSET_CHAIN_SET = topic(PolicyEngine.ASSETCHAINSET_EVENT);
  static final Hash RECIPIENT_SET = topic(PolicyEngine.RECIPIENTSET_EVENT);
  static final Hash TRIPPED = topic(PolicyEngine.TRIPPED_EVENT);
  static final Hash THAWED = topic(PolicyEngine.THAWED_EVENT);
  static final Hash CONSUMED = topic(PolicyEngine.CONSUMED_EVENT);
  static final Hash REFUNDED = topic(PolicyEngine.REFUNDED_EVENT);
  static final Hash STOPPED = topic(PolicyEngine.STOPPED_EVENT);
  static final Hash RESTARTED = topic(PolicyEngine.RESTARTED_EVENT);
  static final Hash PERMISSION_SET = topic(CallRules.PERMISSIONSET_EVENT);
  static final Hash THRESHOLDS_SET = topic(Tiers.THRESHOLDSSET_EVENT);
  static final Hash RULE_ADDED = topic(RuleBook.RULEADDED_EVENT);
  static final Hash RULE_REMOVED = topic(RuleBook.RULEREMOVED_EVENT);
  static final Hash HOURS_SET = topic(HoursRule.HOURSSET_EVENT);
  static final Hash CATEGORY_SET = topic(CategoryRule.CATEGORYSET_EVENT);
  static final Hash CATEGORY_LIMIT_SET = topic(CategoryRule.CATEGORYLIMITSET_EVENT);
  static final Hash REQUIREMENT_SET = topic(ReputationRule.REQUIREMENTSET_EVENT);
  static final Hash APPROVERS_SET = topic(Approvers.APPROVERSSET_EVENT);
  static final Hash DISAPPROVED = topic(Approvers.DISAPPROVED_EVENT);
  static final Hash FEED_SET = topic(PriceFeeds.FEEDSET_EVENT);
  static final Hash SEQUENCER_SET = topic(PriceFeeds.SEQUENCERSET_EVENT);
  static final Hash WITHDRAWN = topic(AgentVault.WITHDRAWN_EVENT);
  static final Hash OWNER_CALLED = topic(AgentVault.OWNERCALLED_EVENT);
  static final Hash APPROVAL_REVOKED = topic(AgentVault.APPROVALREVOKED_EVENT);
  static final Hash STATUS_SET = topic(AgentRegistry.STATUSSET_EVENT);
  static final Hash RISK_LEVEL_SET = topic(AgentRegistry.RISKLEVELSET_EVENT);
  static final Hash WALLET_SET = topic(AgentRegistry.AGENTWALLETSET_EVENT);

  static final Hash DISPATCHED = topic(HomeExecutor.INTENTDISPATCHED_EVENT);
  static final Hash RESENT = topic(HomeExecutor.INTENTRESENT_EVENT);
  static final Hash QUEUED = topic(DestinationExecutor.INTENTQUEUED_EVENT);

  static final Hash GATEWAY_SET = topic(DestinationExecutor.GATEWAYSET_EVENT);
  static final Hash RELAYERS_SET = topic(QuorumGateway.RELAYERSSET_EVENT);
  static final Hash DELIVERED = topic(QuorumGateway.MESSAGEDELIVERED_EVENT);
  static final Hash SENT = topic(QuorumGateway.MESSAGESENT_EVENT);
  static final Hash NUMBERED = topic(QuorumGateway.NONCEASSIGNED_EVENT);

  static final Hash HASH_POSTED = topic(PostedHashes.HASHPOSTED_EVENT);
  static final Hash ORDER_SENT = topic(RemoteGovernance.ORDERSENT_EVENT);
  static final Hash ORDER_CONFIRMED = topic(RemoteGovernance.ORDERCONFIRMED_EVENT);
  static final Hash ORDER_VETOED = topic(RemoteGovernance.ORDERVETOED_EVENT);
  static final Hash ORDER_RECEIVED = topic(RemoteGovernance.ORDERRECEIVED_EVENT);

  /**
   * What executors say beside the steps of intents' lives. Not what strangers cause for nothing:
   * that an element of their batch was refused, or that they reported once more.
   */
  private static final List<Hash> NOTICES =
      List.of(
          RESENT,
          topic(HomeExecutor.RESULTRECEIVED_EVENT),
          topic(HomeExecutor.RESULTDROPPED_EVENT),
          topic(DestinationExecutor.INTENTREFUTED_EVENT));

  /**
   * Of executor and account, and of home's registry and prices: only for agents that governance
   * admitted, by their keys, by guardians, by a quorum of relayers, by the oracle of home's blocks
   * and by who owns the funds, so that no stranger fills a block with them.
   */
  static final Set<Hash> GOVERNED = governed();

  /**
   * Of home's account, registry and rules: whoever registered an agent may change its key, and once
   * governance admitted it tighten its mandate, as often as they pay for it.
   */
  static final Set<Hash> OF_AGENTS =
      Set.of(
          TERMS_SET,
          LIMIT_SET,
          ASSET_DROPPED,
          TEMPO_SET,
          ASSET_CHAIN_SET,
          RECIPIENT_SET,
          TRIPPED,
          THAWED,
          RISK_LEVEL_SET,
          PERMISSION_SET,
          THRESHOLDS_SET,
          RULE_ADDED,
          RULE_REMOVED,
          HOURS_SET,
          CATEGORY_SET,
          CATEGORY_LIMIT_SET,
          REQUIREMENT_SET,
          APPROVERS_SET,
          WALLET_SET);

  private Topics() {}

  // As the contracts were compiled: a parameter more is another topic.
  private static Hash topic(Event event) {
    return Hash.of(EventEncoder.encode(event));
  }

  private static Set<Hash> governed() {
    Set<Hash> all =
        new HashSet<>(
            List.of(
                CONSUMED,
                REFUNDED,
                ORDER_RECEIVED,
                ORDER_CONFIRMED,
                ORDER_VETOED,
                HASH_POSTED,
                GATEWAY_SET,
                DELIVERED,
                RELAYERS_SET,
                STATUS_SET,
                STOPPED,
                RESTARTED,
                WITHDRAWN,
                OWNER_CALLED,
                APPROVAL_REVOKED,
                FEED_SET,
                SEQUENCER_SET));
    all.addAll(ContractEvents.executorTopics());
    all.addAll(NOTICES);
    all.addAll(ContractEvents.paymentTopics());
    all.addAll(ContractEvents.auditLogTopics());
    return Set.copyOf(all);
  }
}
