package org.mandate.chain;

import java.util.List;

/**
 * A node's answer to {@code eth_getProof}: nodes of tries, from the roots down. Nothing in it is
 * verified, and what the node says that they show is left out.
 *
 * @param account from the state root to the account
 * @param storage from the account's storage root to the slot
 */
public record AccountProof(List<Bytes> account, List<Bytes> storage) {
  public AccountProof {
    account = List.copyOf(account);
    storage = List.copyOf(storage);
  }
}
