package org.mandate.watchdog;

import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.policy.Answers;

/**
 * What decides beside home's events, and only the chain knows.
 *
 * @param answers what other contracts answer
 * @param direct whether the transaction called the executor itself
 * @param input the transaction's call data
 * @param disapproved who took their approval of the intent back
 */
record Evidence(Answers answers, boolean direct, Bytes input, Set<Address> disapproved) {}
