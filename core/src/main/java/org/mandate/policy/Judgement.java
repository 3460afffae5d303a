package org.mandate.policy;

/**
 * A verdict and the mandate after it: counted when admitted, frozen when the refusal tripped, else
 * unchanged.
 */
public record Judgement(Verdict verdict, Mandate after) {}
