/**
 * Configuration: one YAML file per process, overridden by environment and flags, bound to a record.
 */
package org.mandate.config;
