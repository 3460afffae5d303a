/** What our contracts' logs say, as values. */
package org.mandate.event;
