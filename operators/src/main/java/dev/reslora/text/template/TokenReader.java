package dev.reslora.text.template;

import dev.reslora.text.template.Token.Kind;
import java.util.List;

/** A place in a row of tokens. */
final class TokenReader {

  private final List<Token> tokens;
  private int at;

  TokenReader(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekSecond() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = peek();
    at += token.kind() == Kind.END ? 0 : 1;
    return token;
  }

  boolean sees(Kind kind, String text) {
    return peek().is(kind, text);
  }

  /** Takes the token where it is there. */
  boolean took(Kind kind, String text) {
    boolean there = sees(kind, text);
    if (there) {
      at++;
    }
    return there;
  }

  boolean took(String operator) {
    return took(Kind.OPERATOR, operator);
  }

  boolean tookName(String name) {
    return took(Kind.NAME, name);
  }

  void expect(Kind kind, String text) throws TemplateException {
    if (!took(kind, text)) {
      throw peek().wrong("'" + text + "'");
    }
  }

  String name() throws TemplateException {
    if (peek().kind() != Kind.NAME) {
      throw peek().wrong("a name");
    }
    return next().text();
  }
}
