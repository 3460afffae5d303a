package org.mandate.chain;

import java.util.Optional;

/**
 * What a transaction asked for.
 *
 * @param to empty when it creates a contract
 */
public record Transaction(Hash hash, Address from, Optional<Address> to, Bytes input) {}
