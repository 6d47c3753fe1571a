package dev.reslora.text.template;

/**
 * A piece of a template's source.
 *
 * @param kind what it is
 * @param text itself; of a string what it stands for
 * @param line where it stands, from 1
 */
record Token(Kind kind, String text, int line) {

  /** Kinds of tokens. */
  enum Kind {
    /** Text outside of tags, white space already taken off. */
    DATA,
    /** Begin of an output or of a statement. */
    OPEN,
    /** Their end. */
    CLOSE,
    NAME,
    STRING,
    NUMBER,
    OPERATOR,
    END
  }

  boolean is(Kind wanted, String what) {
    return kind == wanted && text.equals(what);
  }

  TemplateException wrong(String expected) {
    String found = kind == Kind.END ? "the end" : "'" + text + "'";
    return new TemplateException("line " + line + ": expected " + expected + ", found " + found);
  }
}
