package dev.reslora.text.template;

import dev.reslora.text.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template's source into tokens, with the white space rules that transformers renders chat
 * templates with: a statement's line break goes ({@code trim_blocks}), so do blanks before a
 * statement that begins its line ({@code lstrip_blocks}), and one line break at the end.
 */
final class Lexer {

  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", ":", "|", "~",
          "+", "-", "*", "/", "%", "<", ">", "=");

  private static final Pattern NUMBER = Pattern.compile("[0-9_]+(\\.[0-9]+)?");
  private static final Pattern NAME = Pattern.compile("\\w+");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) throws TemplateException {
    String unix = source.replace("\r\n", "\n");
    Lexer lexer = new Lexer(unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix);
    lexer.run();
    return lexer.tokens;
  }

  private void run() throws TemplateException {
    boolean lineStarts = true;
    while (at < source.length()) {
      int open = nextTag();
      String data = source.substring(at, open);
      advance(open);
      if (open == source.length()) {
        data(data);
        break;
      }
      char kind = source.charAt(open + 1);
      char sign = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
      data(before(data, kind, sign, lineStarts));
      if (kind == '#') {
        lineStarts = comment();
      } else {
        advance(at + (sign == '-' || sign == '+' ? 3 : 2));
        String close = kind == '{' ? "}}" : "%}";
        add(Kind.OPEN, kind == '{' ? "{{" : "{%");
        lineStarts = inside(close);
      }
    }
    add(Kind.END, "");
  }

  private int nextTag() {
    for (int i = at; i + 1 < source.length(); i++) {
      char next = source.charAt(i + 1);
      if (source.charAt(i) == '{' && (next == '{' || next == '%' || next == '#')) {
        return i;
      }
    }
    return source.length();
  }

  private static String before(String data, char kind, char sign, boolean lineStarts) {
    if (sign == '-') {
      return data.stripTrailing();
    }
    int lineBegin = data.lastIndexOf('\n') + 1;
    boolean beginsLine = lineBegin > 0 || lineStarts;
    boolean strips = kind != '{' && sign != '+' && beginsLine;
    return strips && data.substring(lineBegin).isBlank() ? data.substring(0, lineBegin) : data;
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text);
    }
  }

  private boolean comment() throws TemplateException {
    int end = source.indexOf("#}", at + 2);
    if (end < 0) {
      throw new TemplateException("line " + line + ": a comment does not end");
    }
    boolean strips = source.charAt(end - 1) == '-';
    advance(end + 2);
    return afterTag(strips, true);
  }

  /** Up to the tag's end; whether a line starts after it. */
  private boolean inside(String close) throws TemplateException {
    int depth = 0;
    while (true) {
      skipBlanks();
      if (at >= source.length()) {
        throw new TemplateException("line " + line + ": a tag does not end, expected " + close);
      }
      boolean strips = source.startsWith("-" + close, at);
      boolean keeps = source.startsWith("+" + close, at);
      if (depth == 0 && (strips || keeps || source.startsWith(close, at))) {
        add(Kind.CLOSE, close);
        advance(at + (strips || keeps ? 3 : 2));
        return afterTag(strips, close.equals("%}") && !keeps);
      }
      depth += token();
    }
  }

  private boolean afterTag(boolean strips, boolean trims) {
    int begin = at;
    if (strips) {
      skipBlanks();
    } else if (trims && at < source.length() && source.charAt(at) == '\n') {
      advance(at + 1);
    }
    return at > begin && source.charAt(at - 1) == '\n';
  }

  /** Reads a token of an expression; how many braces it opens. */
  private int token() throws TemplateException {
    char first = source.charAt(at);
    if (first == '\'' || first == '"') {
      string(first);
      return 0;
    }
    if (Character.isDigit(first)) {
      word(Kind.NUMBER, NUMBER);
      return 0;
    }
    if (Character.isLetter(first) || first == '_') {
      word(Kind.NAME, NAME);
      return 0;
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        add(Kind.OPERATOR, operator);
        advance(at + operator.length());
        return operator.equals("{") ? 1 : operator.equals("}") ? -1 : 0;
      }
    }
    throw new TemplateException("line " + line + ": expected an expression, found '" + first + "'");
  }

  private void word(Kind kind, Pattern pattern) {
    Matcher matcher = pattern.matcher(source);
    matcher.region(at, source.length());
    if (matcher.lookingAt()) {
      add(kind, matcher.group());
      advance(matcher.end());
    }
  }

  private void string(char quote) throws TemplateException {
    StringBuilder text = new StringBuilder();
    int i = at + 1;
    while (i < source.length() && source.charAt(i) != quote) {
      char c = source.charAt(i);
      if (c == '\\' && i + 1 < source.length()) {
        i = escape(text, i + 1);
      } else {
        text.append(c);
        i++;
      }
    }
    if (i >= source.length()) {
      throw new TemplateException("line " + line + ": a string does not end");
    }
    add(Kind.STRING, text.toString());
    advance(i + 1);
  }

  private int escape(StringBuilder text, int i) {
    char c = source.charAt(i);
    int plain = "ntr\\'\"".indexOf(c);
    if (plain >= 0) {
      text.append("\n\t\r\\'\"".charAt(plain));
      return i + 1;
    }
    if (c == 'u' && source.substring(i + 1).matches("(?s)[0-9a-fA-F]{4}.*")) {
      text.append((char) Integer.parseInt(source.substring(i + 1, i + 5), 16));
      return i + 5;
    }
    text.append('\\').append(c);
    return i + 1;
  }

  private void skipBlanks() {
    while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
      advance(at + 1);
    }
  }

  private void advance(int to) {
    for (; at < to; at++) {
      line += source.charAt(at) == '\n' ? 1 : 0;
    }
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line));
  }
}
