/** What a block hash proves: headers, accounts and storage, verified off chain. */
package org.mandate.proof;
