/** Messages between chains and what relayers attest about them (ERC-7786, ERC-7930). */
package org.mandate.gateway;
