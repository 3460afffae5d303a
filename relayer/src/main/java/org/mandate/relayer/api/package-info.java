/** The REST API, health and metrics. */
package org.mandate.relayer.api;
