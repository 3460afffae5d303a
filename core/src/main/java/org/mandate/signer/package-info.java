/**
 * Keys and what they sign: the signer port and its adapters, signatures, typed data (EIP-712),
 * transactions (EIP-1559).
 */
package org.mandate.signer;
