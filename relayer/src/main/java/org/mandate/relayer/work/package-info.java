/** What intents, messages and audit records call for, step by step. */
package org.mandate.relayer.work;
