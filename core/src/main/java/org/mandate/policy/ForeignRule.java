package org.mandate.policy;

import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.web3j.abi.datatypes.generated.Uint8;

/** A rule that somebody else wrote: its answer is an input. */
public record ForeignRule(Address contract) implements BookRule {
  @Override
  public Answer judge(Intent intent, int riskLevel, long now, Answers answers) {
    Bytes question =
        Bytes.of(Abi.call("judge", IntentAbi.toContract(intent), new Uint8(riskLevel)));
    return Answer.of(answers.to(new Answers.Question(Answers.Asker.RULE_BOOK, contract, question)));
  }
}
