package dev.reslora.text.template;

/** A template cannot be read, or refuses what it was given. */
public final class TemplateException extends Exception {

  public TemplateException(String message) {
    super(message);
  }
}
