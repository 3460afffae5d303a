/** What home's vote orders on other chains. */
package org.mandate.cli.order;
