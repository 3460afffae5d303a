package org.mandate.cli.bench.recovery;

import java.math.BigInteger;
import java.net.URI;
import java.util.Optional;
import org.mandate.chain.Hash;
import org.mandate.cli.bench.recovery.Schedule.Kind;

/**
 * What a client asked for, whatever came of it: what no relayer answered may be executed as well.
 *
 * @param seed whose it is
 * @param accepted who said 202; empty: all refused it, or nobody answered
 * @param rival the other one of the same nonce, of which the chain takes one
 */
record Payment(
    long seed,
    Kind kind,
    Hash id,
    long chainId,
    BigInteger amount,
    Optional<URI> accepted,
    Optional<Hash> rival) {}
