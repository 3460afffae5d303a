/** Real programs and nodes for the tests of every module. */
package org.mandate.testing;
