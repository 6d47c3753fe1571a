package dev.reslora.pipeline.local;

/**
 * What the newest version answered to a text that nobody had learned from.
 *
 * @param text the text
 * @param label its class
 * @param answer the class predicted
 */
public record DemoAnswer(String text, String label, String answer) {}
