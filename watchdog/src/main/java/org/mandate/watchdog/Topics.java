package org.mandate.watchdog;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mandate.chain.Hash;
import org.mandate.event.ContractEvents;

/**
 * The events that the examiners use, by who can cause them; nothing else is asked for. The first
 * indexed parameter of each event {@link #OF_AGENTS} is the agent's id.
 */
final class Topics {
  static final Hash TERMS_SET =
      Hash.keccak("TermsSet(uint256,(uint32,uint24,uint16,uint16,bool,bool),address)");
  static final Hash LIMIT_SET =
      Hash.keccak("LimitSet(uint256,address,(uint104,uint104,uint24),address)");
  static final Hash TEMPO_SET = Hash.keccak("TempoSet(uint256,(uint8,uint24,uint24),address)");
  static final Hash ASSET_CHAIN_SET =
      Hash.keccak("AssetChainSet(uint256,address,uint256,bool,address)");
  static final Hash RECIPIENT_SET =
      Hash.keccak("RecipientSet(uint256,uint256,address,bool,address)");
  static final Hash PERMISSION_SET =
      Hash.keccak("PermissionSet(uint256,uint256,address,bytes4,(uint8,uint8,uint8,bool),address)");
  static final Hash THRESHOLDS_SET =
      Hash.keccak("ThresholdsSet(uint256,address,(uint112,uint112,uint32,uint112),address)");
  static final Hash TRIPPED = Hash.keccak("Tripped(uint256,address,uint8,bytes32,uint256,uint256)");
  static final Hash THAWED = Hash.keccak("Thawed(uint256,address)");
  static final Hash CONSUMED = Hash.keccak("Consumed(uint256,bytes32,address,uint256)");
  static final Hash STOPPED = Hash.keccak("Stopped(uint8,uint256,address)");
  static final Hash RESTARTED = Hash.keccak("Restarted(uint8,uint256,address)");
  static final Hash WITHDRAWN = Hash.keccak("Withdrawn(address,address,uint256)");
  static final Hash STATUS_SET = Hash.keccak("StatusSet(uint256,uint8,address)");
  static final Hash RISK_LEVEL_SET = Hash.keccak("RiskLevelSet(uint256,uint8)");
  static final Hash WALLET_SET = Hash.keccak("AgentWalletSet(uint256,address,address)");

  /**
   * Of executor and account, and of home's registry: only for agents that governance admitted, by
   * their keys, by guardians and by who owns the funds, so that no stranger fills a block with
   * them.
   */
  static final Set<Hash> GOVERNED = governed();

  /**
   * Of home's account and registry: whoever registered an agent may tighten its mandate and unset
   * its key, as often as they pay for it.
   */
  static final Set<Hash> OF_AGENTS =
      Set.of(
          TERMS_SET,
          LIMIT_SET,
          TEMPO_SET,
          ASSET_CHAIN_SET,
          RECIPIENT_SET,
          TRIPPED,
          THAWED,
          RISK_LEVEL_SET,
          PERMISSION_SET,
          THRESHOLDS_SET,
          WALLET_SET);

  private Topics() {}

  private static Set<Hash> governed() {
    Set<Hash> all = new HashSet<>(List.of(CONSUMED, STATUS_SET, STOPPED, RESTARTED, WITHDRAWN));
    all.addAll(ContractEvents.executorTopics());
    all.addAll(ContractEvents.paymentTopics());
    all.addAll(ContractEvents.auditLogTopics());
    return Set.copyOf(all);
  }
}
