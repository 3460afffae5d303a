/**
 * Keys that others keep: a Web3Signer, AWS KMS, a Vault that seals a key file. None of them is
 * believed: what they sign must recover to the address that is configured.
 */
package org.mandate.signer.remote;
