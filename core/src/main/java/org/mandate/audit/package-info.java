/**
 * The audit trail: what was done, provable to a stranger. Records are canonical JSON blobs
 * addressed by raw CIDv1, chained per agent on chain, and published in Merkle batches; {@link
 * org.mandate.audit.AuditVerifier} re-derives all of it from public data. Encodings:
 * docs/architecture.md, "The audit chain".
 */
package org.mandate.audit;
