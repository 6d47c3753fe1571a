package dev.reslora.text.template;

import dev.reslora.text.template.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Expressions, loosest binding first: if, or, and, not, comparison, sum, join, product, unary. */
final class ExpressionParser {

  private static final Expression NONE = scope -> Nothing.NONE;

  private final TokenReader tokens;

  ExpressionParser(TokenReader tokens) {
    this.tokens = tokens;
  }

  Expression expression() throws TemplateException {
    Expression value = or();
    while (tokens.tookName("if")) {
      Expression then = value;
      Expression condition = or();
      Expression otherwise = tokens.tookName("else") ? expression() : scope -> Nothing.UNDEFINED;
      value =
          scope ->
              Values.truth(condition.value(scope)) ? then.value(scope) : otherwise.value(scope);
    }
    return value;
  }

  /** What a loop goes over: an if after it is the loop's. */
  Expression or() throws TemplateException {
    Expression value = and();
    while (tokens.tookName("or")) {
      Expression left = value;
      Expression right = and();
      value =
          scope -> {
            Object first = left.value(scope);
            return Values.truth(first) ? first : right.value(scope);
          };
    }
    return value;
  }

  private Expression and() throws TemplateException {
    Expression value = not();
    while (tokens.tookName("and")) {
      Expression left = value;
      Expression right = not();
      value =
          scope -> {
            Object first = left.value(scope);
            return Values.truth(first) ? right.value(scope) : first;
          };
    }
    return value;
  }

  private Expression not() throws TemplateException {
    if (tokens.tookName("not")) {
      Expression operand = not();
      return scope -> !Values.truth(operand.value(scope));
    }
    return comparison();
  }

  /** A relation of two values. */
  private interface Relation {
    boolean holds(Object left, Object right) throws TemplateException;
  }

  private static Relation ordered(IntPredicate order) {
    return (left, right) -> order.test(Values.compare(left, right));
  }

  private static final Map<String, Relation> RELATIONS =
      Map.of(
          "==", Values::equal,
          "!=", (left, right) -> !Values.equal(left, right),
          "<", ordered(order -> order < 0),
          "<=", ordered(order -> order <= 0),
          ">", ordered(order -> order > 0),
          ">=", ordered(order -> order >= 0));

  private Expression comparison() throws TemplateException {
    Expression value = sum();
    for (Relation each = relation(); each != null; each = relation()) {
      Relation relation = each;
      Expression left = value;
      Expression right = sum();
      value = scope -> relation.holds(left.value(scope), right.value(scope));
    }
    return value;
  }

  /** Takes the sign of a relation; null where there is none. */
  private @Nullable Relation relation() {
    if (tokens.tookName("in")) {
      return (left, right) -> Values.contains(right, left);
    }
    if (tokens.sees(Kind.NAME, "not") && tokens.peekSecond().is(Kind.NAME, "in")) {
      tokens.next();
      tokens.next();
      return (left, right) -> !Values.contains(right, left);
    }
    Token sign = tokens.peek();
    Relation relation = sign.kind() == Kind.OPERATOR ? RELATIONS.get(sign.text()) : null;
    if (relation != null) {
      tokens.next();
    }
    return relation;
  }

  /** One level of operators, its operands, and the next level. */
  private interface Operand {
    Expression parse() throws TemplateException;
  }

  private Expression sum() throws TemplateException {
    return chain(List.of(Arithmetic.ADD, Arithmetic.SUBTRACT), this::join);
  }

  private Expression join() throws TemplateException {
    return chain(List.of(Arithmetic.JOIN), this::product);
  }

  private Expression product() throws TemplateException {
    return chain(
        List.of(Arithmetic.MULTIPLY, Arithmetic.DIVIDE, Arithmetic.REMAINDER), this::unary);
  }

  private Expression chain(List<Arithmetic> operators, Operand operand) throws TemplateException {
    Expression value = operand.parse();
    while (true) {
      Arithmetic found = null;
      for (Arithmetic operator : operators) {
        if (found == null && tokens.took(operator.sign())) {
          found = operator;
        }
      }
      if (found == null) {
        return value;
      }
      Arithmetic operator = found;
      Expression left = value;
      Expression right = operand.parse();
      value = scope -> operator.of(left.value(scope), right.value(scope));
    }
  }

  private Expression unary() throws TemplateException {
    if (tokens.took("-")) {
      Expression operand = unary();
      return scope -> Arithmetic.SUBTRACT.of(0L, operand.value(scope));
    }
    Expression value = primary();
    while (true) {
      if (tokens.took(".")) {
        String name = tokens.name();
        Expression of = value;
        value = scope -> Methods.attribute(of.value(scope), name);
      } else if (tokens.took("[")) {
        value = subscript(value);
      } else if (tokens.took("(")) {
        value = call(value);
      } else if (tokens.took("|")) {
        value = filter(value);
      } else if (tokens.tookName("is")) {
        value = condition(value);
      } else {
        return value;
      }
    }
  }

  private Expression primary() throws TemplateException {
    Token token = tokens.next();
    switch (token.kind()) {
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (tokens.peek().kind() == Kind.STRING) {
          text.append(tokens.next().text());
        }
        String whole = text.toString();
        return scope -> whole;
      }
      case NUMBER -> {
        String digits = token.text().replace("_", "");
        Object number =
            digits.contains(".") ? (Object) Double.valueOf(digits) : (Object) Long.valueOf(digits);
        return scope -> number;
      }
      case NAME -> {
        return name(token.text());
      }
      default -> {
        return grouped(token);
      }
    }
  }

  private static Expression name(String name) {
    return switch (name) {
      case "true", "True" -> scope -> true;
      case "false", "False" -> scope -> false;
      case "none", "None" -> NONE;
      default -> scope -> scope.get(name);
    };
  }

  private Expression grouped(Token open) throws TemplateException {
    return switch (open.text()) {
      case "(" -> parenthesised();
      case "[" -> list(listed("]"));
      case "{" -> map();
      default -> throw open.wrong("an expression");
    };
  }

  private Expression parenthesised() throws TemplateException {
    Expression first = expression();
    if (tokens.took(")")) {
      return first;
    }
    tokens.expect(Kind.OPERATOR, ",");
    List<Expression> all = new ArrayList<>(List.of(first));
    all.addAll(listed(")"));
    return list(all);
  }

  private static Expression list(List<Expression> items) {
    return new Arguments(items, Map.of())::values;
  }

  private List<Expression> listed(String close) throws TemplateException {
    List<Expression> items = new ArrayList<>();
    while (!tokens.took(close)) {
      items.add(expression());
      if (!tokens.sees(Kind.OPERATOR, close)) {
        tokens.expect(Kind.OPERATOR, ",");
      }
    }
    return items;
  }

  private Expression map() throws TemplateException {
    Map<Expression, Expression> entries = new LinkedHashMap<>();
    while (!tokens.took("}")) {
      Expression key = expression();
      tokens.expect(Kind.OPERATOR, ":");
      entries.put(key, expression());
      if (!tokens.sees(Kind.OPERATOR, "}")) {
        tokens.expect(Kind.OPERATOR, ",");
      }
    }
    return scope -> {
      Map<String, Object> values = new LinkedHashMap<>();
      for (Map.Entry<Expression, Expression> entry : entries.entrySet()) {
        values.put(Values.text(entry.getKey().value(scope)), entry.getValue().value(scope));
      }
      return values;
    };
  }

  private Expression subscript(Expression of) throws TemplateException {
    Expression begin = tokens.sees(Kind.OPERATOR, ":") ? NONE : expression();
    if (tokens.took("]")) {
      return scope -> Methods.item(of.value(scope), begin.value(scope));
    }
    tokens.expect(Kind.OPERATOR, ":");
    boolean open = tokens.sees(Kind.OPERATOR, ":") || tokens.sees(Kind.OPERATOR, "]");
    Expression end = open ? NONE : expression();
    Expression step = tokens.took(":") && !tokens.sees(Kind.OPERATOR, "]") ? expression() : NONE;
    tokens.expect(Kind.OPERATOR, "]");
    return scope ->
        Methods.slice(of.value(scope), begin.value(scope), end.value(scope), step.value(scope));
  }

  /** What stands between parentheses after a function or filter. */
  private record Arguments(List<Expression> inOrder, Map<String, Expression> named) {

    List<Object> values(Scope scope) throws TemplateException {
      List<Object> values = new ArrayList<>();
      for (Expression argument : inOrder) {
        values.add(argument.value(scope));
      }
      return values;
    }

    Map<String, Object> namedValues(Scope scope) throws TemplateException {
      Map<String, Object> values = new LinkedHashMap<>();
      for (Map.Entry<String, Expression> entry : named.entrySet()) {
        values.put(entry.getKey(), entry.getValue().value(scope));
      }
      return values;
    }
  }

  private Arguments arguments() throws TemplateException {
    Arguments arguments = new Arguments(new ArrayList<>(), new LinkedHashMap<>());
    while (!tokens.took(")")) {
      if (tokens.peek().kind() == Kind.NAME && tokens.peekSecond().is(Kind.OPERATOR, "=")) {
        String name = tokens.name();
        tokens.expect(Kind.OPERATOR, "=");
        arguments.named.put(name, expression());
      } else {
        arguments.inOrder.add(expression());
      }
      if (!tokens.sees(Kind.OPERATOR, ")")) {
        tokens.expect(Kind.OPERATOR, ",");
      }
    }
    return arguments;
  }

  private Expression call(Expression of) throws TemplateException {
    int line = tokens.peek().line();
    Arguments arguments = arguments();
    return scope -> {
      if (!(of.value(scope) instanceof Function function)) {
        throw new TemplateException(
            "line " + line + ": calls a function or method that is not known here");
      }
      return function.call(arguments.values(scope), arguments.namedValues(scope));
    };
  }

  private Expression filter(Expression of) throws TemplateException {
    Token token = tokens.peek();
    Filters.Filter filter =
        Filters.named(tokens.name()).orElseThrow(() -> token.wrong("a filter that is known here"));
    Arguments arguments = tokens.took("(") ? arguments() : new Arguments(List.of(), Map.of());
    return scope -> {
      if (!arguments.named.isEmpty()) {
        throw new TemplateException(
            "line %d: %s: expected no %s, which is not known here"
                .formatted(token.line(), token.text(), arguments.named.keySet()));
      }
      return filter.of(of.value(scope), arguments.values(scope));
    };
  }

  private Expression condition(Expression of) throws TemplateException {
    boolean wanted = !tokens.tookName("not");
    Token token = tokens.peek();
    Predicate<Object> condition =
        Conditions.named(tokens.name())
            .orElseThrow(() -> token.wrong("a condition that is known here"));
    return scope -> condition.test(of.value(scope)) == wanted;
  }
}
