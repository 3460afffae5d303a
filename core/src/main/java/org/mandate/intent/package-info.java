/** What an agent asks for, and its signature. */
package org.mandate.intent;
